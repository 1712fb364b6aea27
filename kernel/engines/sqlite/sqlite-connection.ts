import { setImmediate as nextTurn } from 'node:timers/promises'
import type { DatabaseSyncInstance } from '@photostructure/sqlite'
import type { SqlResult, SqlValue } from '../../contract/context.js'
import type { DriverConnection } from '../driver.js'
import { retryBusy } from './busy-retry.js'
import type { Guard } from './guard.js'
import type { HandleCloser } from './handle-closer.js'
import { SequelizeHandle } from './sequelize-handle.js'
import { hasFirstSettings } from './settings.js'
import { isBusy, translate } from './sqlite-errors.js'
import { type BoundParameters, type Outcome, type Prepared, type Row, refuseNul, Statements } from './statements.js'
import { toBoundList } from './values.js'

/** Reading rows hands the event loop back this often. */
const SLICE_MILLIS = 10

export interface ConnectionParts {
  readonly name: string
  readonly database: DatabaseSyncInstance
  readonly guard: Guard
  readonly closer: HandleCloser
  /** How long a busy database is tried again. */
  readonly waitSeconds: number
  /** False once the file was removed or another one put in its place. */
  readonly isCurrent: () => boolean
}

/** One open SQLite handle. Its calls run one after another, for they may wait and hand the event loop back. */
export class SqliteConnection implements DriverConnection {
  readonly raw: SequelizeHandle
  readonly #parts: ConnectionParts
  readonly #database: DatabaseSyncInstance
  readonly #guard: Guard
  readonly #statements: Statements
  #last: Promise<unknown> = Promise.resolve()
  #broken = false

  constructor(parts: ConnectionParts) {
    this.#parts = parts
    this.#database = parts.database
    this.#guard = parts.guard
    this.#statements = new Statements(parts.database, parts.guard)
    this.raw = new SequelizeHandle(this, parts.name)
  }

  get reusable(): boolean {
    return (
      !this.#broken &&
      this.#database.isOpen &&
      !this.#database.isTransaction &&
      this.#parts.isCurrent() &&
      this.#settingsAreBack()
    )
  }

  /** Asked of SQLite, for a setting that is set within a transaction may stay as it is. */
  #settingsAreBack(): boolean {
    if (this.#guard.settingsChanged) this.#guard.settingsChanged = !hasFirstSettings(this.#database)
    return !this.#guard.settingsChanged
  }

  async select<R>(sql: string, parameters: readonly SqlValue[]): Promise<R[]> {
    const { rows } = await this.perform(sql, toBoundList(parameters))
    return rows as R[]
  }

  async run(sql: string, parameters: readonly SqlValue[]): Promise<SqlResult> {
    const { prepared, changes, lastId } = await this.perform(sql, toBoundList(parameters))
    return { affectedRows: changes, insertId: prepared.numbers && changes > 0 ? lastId : null }
  }

  execute(sql: string): Promise<void> {
    return this.#inTurn(() => {
      refuseNul(sql)
      this.#guard.trusted = true
      try {
        this.#database.exec(sql)
      } finally {
        this.#guard.trusted = false
      }
    })
  }

  /** Runs one statement, whether it gives rows or not. */
  perform(sql: string, parameters: BoundParameters): Promise<Outcome> {
    return this.#inTurn(() => {
      const prepared = this.#statements.prepare(sql)
      const bound = Array.isArray(parameters) ? parameters : [parameters]
      return prepared.hasRows ? this.#read(prepared, bound) : this.#write(prepared, bound)
    })
  }

  close(): Promise<void> {
    return this.#inTurn(() => this.#parts.closer.close(this.#database, this.#statements))
  }

  #write(prepared: Prepared, bound: readonly unknown[]): Outcome {
    const { changes, lastInsertRowid } = prepared.statement.run(...bound)
    // SQLite counts the changes of the last statement that made any, which this one need not be.
    return { rows: [], changes: prepared.writes ? Number(changes) : 0, lastId: toId(lastInsertRowid), prepared }
  }

  /** A statement that writes and gives rows (RETURNING) has written them all when the first one comes. */
  async #read(prepared: Prepared, bound: readonly unknown[]): Promise<Outcome> {
    const rows: Row[] = []
    const { compilations } = this.#guard
    let sliceEnd = performance.now() + SLICE_MILLIS
    for (const values of prepared.statement.iterate(...bound)) {
      if (rows.length === 0 && this.#guard.compilations !== compilations) this.#statements.refresh(prepared)
      rows.push(prepared.read(values as readonly unknown[]))
      if (rows.length % 64 === 0 && performance.now() > sliceEnd) {
        await nextTurn()
        sliceEnd = performance.now() + SLICE_MILLIS
      }
    }
    if (!prepared.writes) return { rows, changes: 0, lastId: 0, prepared }
    const last = this.#database.prepare('SELECT changes() AS changes, last_insert_rowid() AS id')
    last.setReadBigInts(true)
    const { changes, id } = last.get() as { changes: bigint; id: bigint }
    return { rows, changes: Number(changes), lastId: toId(id), prepared }
  }

  #inTurn<T>(work: () => T | Promise<T>): Promise<T> {
    const turn = this.#last.then(() => this.#attempt(work))
    // The next in turn starts whether this one worked or not; its caller hears of the failure.
    this.#last = turn.catch(() => undefined)
    return turn
  }

  async #attempt<T>(work: () => T | Promise<T>): Promise<T> {
    const { name, waitSeconds } = this.#parts
    try {
      return await retryBusy(work, waitSeconds, (error) => isBusy(error, this.#database.isTransaction))
    } catch (thrown) {
      const { error, broken } = translate(thrown, name, this.#guard.refused)
      if (broken) this.#broken = true
      throw error
    }
  }
}

function toId(id: number | bigint): number | string {
  const number = Number(id)
  return Number.isSafeInteger(number) ? number : String(id)
}
