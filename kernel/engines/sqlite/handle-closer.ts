import { setImmediate as nextTurn } from 'node:timers/promises'
import type { DatabaseSyncInstance } from '@photostructure/sqlite'
import { collectGarbage } from '../collect-garbage.js'
import type { Statements } from './statements.js'

/** At three descriptors a handle this stays far below the usual limit of 1,024. */
const MOST_LINGERING = 64

/**
 * Closes handles. Closing does not end compiled statements in version 1 of the driver, the last one for Node 20, and
 * offers no other way to: SQLite then keeps the handle and its three file descriptors until the statements are
 * garbage collected (https://sqlite.org/c3ref/close.html). V8 sees small objects there and takes its time: of 3,000
 * handles opened and closed in a row, 2,100 were still open. So they are counted, and beyond a number the garbage is
 * collected at once (15 to 30 ms).
 */
export class HandleCloser {
  #lingering = 0
  #collection: Promise<void> | undefined
  readonly #collected = new FinalizationRegistry<null>(() => {
    this.#lingering--
  })

  async close(database: DatabaseSyncInstance, statements: Statements): Promise<void> {
    try {
      database.setAuthorizer(null)
      // A handle that lingers keeps neither its locks nor anything that is not in the file itself.
      if (database.isTransaction) database.exec('ROLLBACK')
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    } catch {
      // The file may be gone or damaged; what is in the log stays there for the next one who opens it.
    }
    database.close()
    this.#lingering++
    this.#collected.register(statements, null)
    if (this.#lingering < MOST_LINGERING) return
    this.#collection ??= this.#collect()
    await this.#collection
  }

  async #collect(): Promise<void> {
    // SQLite closes the handles, and the registry counts, in turns of their own.
    await nextTurn()
    collectGarbage()
    await nextTurn()
    this.#collection = undefined
  }
}
