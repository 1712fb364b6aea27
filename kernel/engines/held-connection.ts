import type { SqlResult, SqlValue } from '../contract/context.js'
import type { Session } from './contract.js'
import type { DriverConnection } from './driver.js'

/** A connection in one caller's hands, with transactions that nest by savepoint. */
export class HeldConnection implements Session {
  /** Siblings at one depth run one after another: two savepoints at once would undo each other's work. */
  #last: Promise<unknown> = Promise.resolve()

  /** The transaction it stands for is over. */
  ended = false

  constructor(
    readonly connection: DriverConnection,
    readonly begin: string,
    readonly depth = 0,
  ) {}

  select<R>(sql: string, parameters: readonly SqlValue[] = []): Promise<R[]> {
    return this.connection.select<R>(sql, parameters)
  }

  run(sql: string, parameters: readonly SqlValue[] = []): Promise<SqlResult> {
    return this.connection.run(sql, parameters)
  }

  execute(sql: string): Promise<void> {
    return this.connection.execute(sql)
  }

  transaction<T>(fn: (held: HeldConnection) => Promise<T>): Promise<T> {
    const turn = this.#last.then(() => this.#transact(fn))
    // The next in turn starts whether this one worked or not; its caller hears of the failure.
    this.#last = turn.catch(() => undefined)
    return turn
  }

  async #transact<T>(fn: (held: HeldConnection) => Promise<T>): Promise<T> {
    const savepoint = `m3saas_${this.depth}`
    const [open, commit, undo] =
      this.depth === 0
        ? [this.begin, 'COMMIT', 'ROLLBACK']
        : [`SAVEPOINT ${savepoint}`, `RELEASE SAVEPOINT ${savepoint}`, `ROLLBACK TO SAVEPOINT ${savepoint}`]
    await this.connection.execute(open)
    try {
      const inner = new HeldConnection(this.connection, this.begin, this.depth + 1)
      const result = await fn(inner).finally(() => {
        inner.ended = true
      })
      await this.connection.execute(commit)
      return result
    } catch (error) {
      try {
        await this.connection.execute(undo)
      } catch {
        // A broken connection has rolled back by itself, and a database may have done so already.
        // The error that led here says more than the one of the rollback.
      }
      throw error
    }
  }
}
