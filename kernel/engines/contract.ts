import type { Sequelize } from 'sequelize'
import type { SqlResult, SqlValue } from '../contract/context.js'
import type { Ddl } from './ddl.js'
import type { LoadReport } from './dump.js'
import type { EngineKind } from './engine-kind.js'
import type { LiveSchema } from './live-schema.js'

/**
 * What a database engine is to the rest of the kernel. `mysql/` and `sqlite/` implement it; nothing above this floor
 * knows which one it talks to.
 */
export interface Engine {
  readonly kind: EngineKind
  readonly ddl: Ddl
  /** The master database, reached with the root connection (MySQL). Nothing is connected before its first use. */
  readonly catalog: Database
  /**
   * The tenant's own database, reached as the tenant's own user. Nothing is connected before its first use.
   * Each call gives a new pool: the caller closes it.
   */
  tenant(identity: TenantIdentity): Database
  /** What another thread needs to open the tenant's own database by `openTenant`, and nothing more. */
  connectionOf(identity: TenantIdentity): DatabaseConnection
  /**
   * Ends connections of the tenant that a thread has left at the server: what they run, and what they have locked.
   * By the tenant's own user. `sessions` are what `openTenant` told of.
   */
  cutOff(identity: TenantIdentity, sessions: readonly number[]): Promise<void>
  /** Creates the catalog's database if it is missing, and ends what a restore of it has left whose process died. */
  provisionCatalog(): Promise<void>
  /**
   * Creates or repairs the tenant's database, user, password and grants. Idempotent. Says what it did,
   * e.g. `['created the database first_tenant']`; nothing done is an empty list.
   */
  provision(identity: TenantIdentity): Promise<string[]>
  /** Whether there is a database of the tenant’s name, whoever may use it. */
  exists(identity: TenantIdentity): Promise<boolean>
  /**
   * Drops the database of a tenant, and its user: what a `provision` made for nothing. Throws LOCKED if somebody migrates it.
   */
  remove(identity: TenantIdentity): Promise<void>
  /** Whether an error of `tenant(…)` is one that `provision` may mend: no such database or user, another password. */
  isNotProvisioned(error: unknown): boolean
  /**
   * Whether the tenant’s user is shut out of its database (MySQL). If a restore whose process died has left it so, `provision`
   * ends that.
   */
  isShutOut(error: unknown): boolean
  /** What the database holds, the kernel's own tables (`m3saas_…`) left out. */
  introspect(session: Session): Promise<LiveSchema>
  /**
   * Runs `fn` on an empty database of its own that is gone afterwards, for the server's own words on what is declared.
   * On MySQL by the root connection, one at a time a catalog.
   */
  scratch<T>(fn: (session: Session) => Promise<T>): Promise<T>
  /**
   * Runs `fn`, which changes the schema by statements of `ddl`, in the way the engine needs. On SQLite: foreign keys not
   * enforced meanwhile, one transaction that is kept only if no more rows refer to nothing at its end than before, and the `staying` views
   * out of the way and back afterwards, for they would refuse a change of what they read. On MySQL each statement of DDL
   * commits by itself.
   */
  changeSchema<T>(session: Session, staying: readonly string[], fn: (session: Session) => Promise<T>): Promise<T>
  /** As `connectionOf`, for the catalog. On MySQL it holds the root login: for threads that run nothing but the kernel. */
  catalogConnection(): DatabaseConnection
  /**
   * Lends an empty database beside the target’s own, under the lock of the target’s database, and drops it afterwards,
   * whatever comes of it. The target’s database must be there. Waits `waitSeconds` for the lock, then throws LOCKED.
   */
  restore<T>(target: RestoreTarget, waitSeconds: number, fn: (staging: Staging) => Promise<T>): Promise<T>
  /**
   * Finishes, or takes back, what a restore left whose process died: afterwards the target’s database is the old one or the new
   * one, and its user is let in. Does nothing, at the cost of a query or a look, where there is nothing. Says what it did.
   * Part of `restore` and of `provision`. Throws LOCKED while another process restores.
   */
  recover(target: RestoreTarget): Promise<string[]>
  close(): Promise<void>
}

/** Whose database is restored. */
export type RestoreTarget = 'catalog' | TenantIdentity

/** An empty database beside a live one. */
export interface Staging {
  /** For the thread that loads it: a login that reaches this database and nothing else (MySQL), a file (SQLite). */
  readonly connection: DatabaseConnection
  /** Asks what was loaded. */
  select<R = Record<string, unknown>>(sql: string): Promise<R[]>
  /**
   * Puts what was loaded in the place of the live database: all of it at once, the former one kept beside until what
   * stands there is looked at, and put back if it is not what was loaded. On MySQL a tenant’s user is shut out meanwhile and its
   * connections are ended. Throws RESTORE_FAILED, the former database in its place.
   */
  swap(loaded: LoadReport, hooks: SwapHooks): Promise<void>
}

export interface SwapHooks {
  /** When nobody reaches the database any more (MySQL, a tenant’s), or right before the swap. */
  shutOut?(): Promise<void>
  /** When the new database stands in its place; on MySQL a tenant’s user is not let in before it resolves. */
  placed(): Promise<void>
  /** Told the name of each step before it is taken. */
  step?(name: string): void
}

/** Who a tenant is to its engine. `secret` is the stored form of its password, never the plain one. */
export interface TenantIdentity {
  readonly name: string
  readonly user: string
  readonly secret: string
}

/** A tenant's own connection as plain data that may cross to a thread. It holds the tenant's derived password (MySQL). */
export type DatabaseConnection = MysqlDatabaseConnection | SqliteDatabaseConnection

export interface MysqlDatabaseConnection {
  readonly kind: 'mysql'
  readonly database: string
  readonly login: { readonly host: string; readonly port: number; readonly user: string; readonly password: string }
  readonly collation: string
  /** Of opening a connection, in milliseconds. */
  readonly timeout: number
  readonly limits: DatabaseConnectionLimits
}

export interface SqliteDatabaseConnection {
  readonly kind: 'sqlite'
  readonly database: string
  /** Absolute. */
  readonly file: string
  /** What a file that is loaded is to have, in bytes: that of the database whose place it takes. */
  readonly pageSize?: number
  readonly limits: DatabaseConnectionLimits
}

export interface DatabaseConnectionLimits {
  readonly connections: number
  readonly waitSeconds: number
  readonly idleSeconds: number
}

/** Told before and after each call into native code that a thread must not be terminated in. */
export interface WithinNative {
  /** Does not return once the thread is to end. */
  enter(): void
  leave(): void
}

/** One database and its pool. Every failure to reach it is DATABASE_UNAVAILABLE; other errors are the driver's own. */
export interface Database {
  readonly name: string
  readonly engine: EngineKind
  /** `?` stands for each parameter. Inside `transaction` this runs on its connection. */
  select<R = Record<string, unknown>>(sql: string, parameters?: readonly SqlValue[]): Promise<R[]>
  run(sql: string, parameters?: readonly SqlValue[]): Promise<SqlResult>
  /** All that `fn` does on this database, Sequelize included, is one transaction; nested calls are savepoints. */
  transaction<T>(fn: () => Promise<T>): Promise<T>
  /** One connection for as long as `fn` runs. */
  session<T>(fn: (session: Session) => Promise<T>): Promise<T>
  /**
   * Runs `fn` while holding this database's only lock of the purpose, on a connection of its own. Waits `waitSeconds`
   * for another holder, in this process or any other, then throws LOCKED. A holder that dies frees it.
   */
  locked<T>(waitSeconds: number, fn: (session: Session) => Promise<T>, purpose?: LockPurpose): Promise<T>
  /** Sequelize on this pool, made at the first call (loading the library takes a tenth of a second). */
  sequelize(): Sequelize
  /** Closes the idle connections now. The pool stays usable. */
  releaseIdle(): Promise<void>
  /**
   * Closes all; connections in use are waited for, `seconds` (10 by default) at most, then cut off.
   * Further calls throw DATABASE_UNAVAILABLE.
   */
  close(seconds?: number): Promise<void>
}

/** `migrate` (the default): who changes this database. `fleet`, on the catalog: who migrates all tenants. */
export type LockPurpose = 'migrate' | 'fleet'

/** A connection held for a while. Calls run one after another. */
export interface Session {
  select<R = Record<string, unknown>>(sql: string, parameters?: readonly SqlValue[]): Promise<R[]>
  run(sql: string, parameters?: readonly SqlValue[]): Promise<SqlResult>
  /**
   * The rows of a statement that is asked once, which spares its server to prepare it. For what the kernel keeps and the
   * server tells: MySQL gives six digits of a FLOAT so.
   */
  ask<R = Record<string, unknown>>(sql: string): Promise<R[]>
  /** One statement without parameters and without a result, DDL above all. */
  execute(sql: string): Promise<void>
  /**
   * Commits if `fn` returns, rolls back if it throws. A transaction of `inner` is a savepoint; one of this session waits
   * for its end. MySQL commits at any DDL.
   */
  transaction<T>(fn: (inner: Session) => Promise<T>): Promise<T>
}

/** Lends connections out of one budget for the whole process. The engines ask it before they connect. */
export interface ConnectionGate {
  /**
   * Resolves when `pool` may open one more connection; throws OVERLOADED when none came free in time, and the signal's
   * reason when it is called off while it waits.
   * The returned function gives the connection back to the budget; calling it twice does nothing.
   */
  admit(pool: GatedPool, signal?: AbortSignal): Promise<() => void>
  /** A connection of the pool has become idle: whoever waits may have it closed and open one of its own. */
  idle(pool: GatedPool): void
  /** Whether a pool whose callers queue up must close a connection for the sake of another pool that waits too long. */
  shouldYield(pool: GatedPool): boolean
  /** The pool will not ask again. */
  forget(pool: GatedPool): void
}

/** A pool as the gate sees it. */
export interface GatedPool {
  readonly idleConnections: number
  /** Closes the connection that has been idle longest; false if there was none. */
  releaseOne(): boolean
}
