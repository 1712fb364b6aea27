import type { Sequelize } from 'sequelize'
import type { SqlResult, SqlValue } from '../contract/context.js'
import { M3Error } from '../errors.js'
import type { LockPurpose } from './contract.js'
import type { EngineKind } from './engine-kind.js'

/** One open connection of a driver, as the pool handles it. */
export interface DriverConnection {
  /** What Sequelize is handed: an mysql2 connection, or an object with the interface of `sqlite3`. */
  readonly raw: object
  /** Whether another caller may have it next: not broken, no transaction left open, settings as they were at first. */
  readonly reusable: boolean
  /** The number by which its server knows it, for `Engine.cutOff`. Absent where there is no server. */
  readonly session?: number | undefined
  select<R>(sql: string, parameters: readonly SqlValue[]): Promise<R[]>
  run(sql: string, parameters: readonly SqlValue[]): Promise<SqlResult>
  execute(sql: string): Promise<void>
  /** For `Session.ask`. Absent where that makes no difference. */
  query?<R>(sql: string): Promise<R[]>
  /**
   * Whether it still answers; the pool asks after it was idle for a while, before anything depends on it.
   * Absent where a connection cannot go stale. Does not throw.
   */
  ping?(): Promise<boolean>
  close(): Promise<void>
}

/** How one engine opens and locks one database. */
export interface Driver {
  readonly database: string
  readonly engine: EngineKind
  /** The statement that opens a transaction. */
  readonly begin: string
  /** Throws DATABASE_UNAVAILABLE if the database cannot be reached; it may throw the driver's error if it refuses. */
  connect(): Promise<DriverConnection>
  /** Takes the database's lock for this connection; throws LOCKED after `waitSeconds`. Returns its release. */
  lock(connection: DriverConnection, waitSeconds: number, purpose: LockPurpose): Promise<() => Promise<void>>
  /** A Sequelize of the right dialect; the pool gives it its connections, so it needs no address and no password. */
  createSequelize(): Sequelize
}

/** What a driver throws if it does not get a lock in time. */
export function lockedError(database: string, purpose: LockPurpose, cause?: unknown): M3Error {
  const holder =
    purpose === 'fleet'
      ? 'Another migration of all tenants is running'
      : `Another migration of the database ${database} is running`
  return new M3Error('LOCKED', `${holder}; try again when it is done`, { retryAfter: 5, cause })
}
