import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate } from 'node:timers/promises'
import type { Sequelize } from 'sequelize'
import { Pool, TimeoutError } from 'sequelize-pool'
import type { SqlResult, SqlValue } from '../contract/context.js'
import { M3Error } from '../errors.js'
import type { ConnectionGate, Database, EngineKind, GatedPool, Session } from './contract.js'
import type { Driver, DriverConnection } from './driver.js'
import { HeldConnection } from './held-connection.js'

export interface PoolLimits {
  readonly connections: number
  readonly waitSeconds: number
  readonly idleSeconds: number
}

const PING_AFTER_MILLISECONDS = 1000

/**
 * Having destroyed a connection, the pool opens one for whoever waits in its next tick, though one is being opened for
 * them already. Who asks it after that tick gets one connection, not two.
 */
const poolHasSettled = () => setImmediate()

/** A database behind a small pool that holds nothing while idle and opens connections only as the gate admits them. */
export class PooledDatabase implements Database, GatedPool {
  readonly name: string
  readonly engine: EngineKind
  readonly #driver: Driver
  readonly #gate: ConnectionGate
  readonly #waitSeconds: number
  readonly #pool: Pool<DriverConnection>
  readonly #leaves = new WeakMap<DriverConnection, () => void>()
  readonly #idleSince = new WeakMap<DriverConnection, number>()
  readonly #ambient = new AsyncLocalStorage<HeldConnection>()
  #sequelize: Sequelize | undefined
  #closed = false

  constructor(driver: Driver, gate: ConnectionGate, limits: PoolLimits) {
    this.name = driver.database
    this.engine = driver.engine
    this.#driver = driver
    this.#gate = gate
    this.#waitSeconds = limits.waitSeconds
    this.#pool = new Pool<DriverConnection>({
      name: driver.database,
      min: 0,
      max: limits.connections,
      acquireTimeoutMillis: limits.waitSeconds * 1000,
      idleTimeoutMillis: limits.idleSeconds * 1000,
      create: () => this.#connect(),
      destroy: (connection) => this.#disconnect(connection),
      validate: (connection) => connection.usable,
    })
  }

  select<R>(sql: string, parameters: readonly SqlValue[] = []): Promise<R[]> {
    return this.#with((connection) => connection.select<R>(sql, parameters))
  }

  run(sql: string, parameters: readonly SqlValue[] = []): Promise<SqlResult> {
    return this.#with((connection) => connection.run(sql, parameters))
  }

  async transaction<T>(fn: () => Promise<T>): Promise<T> {
    const outer = this.#held()
    if (outer) return outer.transaction((inner) => this.#ambient.run(inner, fn))
    return this.#with((connection) =>
      new HeldConnection(connection, this.#driver.begin).transaction((held) => this.#ambient.run(held, fn)),
    )
  }

  session<T>(fn: (session: Session) => Promise<T>): Promise<T> {
    return this.#with((connection) => fn(new HeldConnection(connection, this.#driver.begin)))
  }

  locked<T>(waitSeconds: number, fn: (session: Session) => Promise<T>): Promise<T> {
    return this.#ambient.exit(() =>
      this.#with(async (connection) => {
        const unlock = await this.#driver.lock(connection, waitSeconds)
        try {
          return await fn(new HeldConnection(connection, this.#driver.begin))
        } finally {
          await unlock()
        }
      }),
    )
  }

  sequelize(): Sequelize {
    this.#sequelize ??= this.#attach(this.#driver.createSequelize())
    return this.#sequelize
  }

  get idleConnections(): number {
    return this.#pool.available
  }

  releaseOne(): boolean {
    if (this.#pool.available === 0) return false
    void this.releaseIdle()
    return true
  }

  async releaseIdle(): Promise<void> {
    await this.#pool.destroyAllNow()
    await poolHasSettled()
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#pool.drain()
    await this.#pool.destroyAllNow()
    this.#gate.forget(this)
  }

  /** What a transaction left running after its end goes back to the pool: its connection is another caller's by now. */
  #held(): HeldConnection | undefined {
    const held = this.#ambient.getStore()
    return held?.ended ? undefined : held
  }

  async #with<T>(fn: (connection: DriverConnection) => Promise<T>): Promise<T> {
    const held = this.#held()
    if (held) return fn(held.connection)
    const connection = await this.#acquire()
    try {
      return await fn(connection)
    } finally {
      this.#release(connection)
    }
  }

  async #acquire(): Promise<DriverConnection> {
    if (this.#closed) throw new M3Error('DATABASE_UNAVAILABLE', 'The database is closed', { retryAfter: 1 })
    try {
      const connection = await this.#pool.acquire()
      if (await this.#answers(connection)) return connection
      await this.#pool.destroy(connection)
      await poolHasSettled()
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error
      throw new M3Error('OVERLOADED', 'No database connection came free in time; try again', {
        retryAfter: Math.ceil(this.#waitSeconds),
        cause: error,
      })
    }
    return this.#acquire()
  }

  /** A server may have let go of an idle connection unnoticed; once a statement is under way, that cannot be mended. */
  #answers(connection: DriverConnection): boolean | Promise<boolean> {
    const idleSince = this.#idleSince.get(connection)
    if (!connection.ping || idleSince === undefined || Date.now() - idleSince < PING_AFTER_MILLISECONDS) return true
    return connection.ping()
  }

  #release(connection: DriverConnection): void {
    if (!connection.usable || this.#gate.shouldYield(this)) {
      void this.#pool.destroy(connection)
      return
    }
    this.#idleSince.set(connection, Date.now())
    this.#pool.release(connection)
    if (this.#pool.available > 0) this.#gate.idle(this)
  }

  async #connect(): Promise<DriverConnection> {
    const leave = await this.#gate.admit(this)
    try {
      const connection = await this.#driver.connect()
      this.#leaves.set(connection, leave)
      return connection
    } catch (error) {
      leave()
      throw error
    }
  }

  async #disconnect(connection: DriverConnection): Promise<void> {
    try {
      await connection.close()
    } finally {
      // Only now: a closing connection still counts at the server.
      this.#leaves.get(connection)?.()
    }
  }

  /** Lets Sequelize draw from this pool, so that models, `sql` and transactions share connections and one budget. */
  #attach(sequelize: Sequelize): Sequelize {
    const connections = new WeakMap<object, DriverConnection>()
    const manager = sequelize.connectionManager as unknown as {
      getConnection(): Promise<object>
      releaseConnection(raw: object): void
      close(): Promise<void>
    }
    manager.getConnection = async () => {
      const connection = this.#held()?.connection ?? (await this.#acquire())
      connections.set(connection.raw, connection)
      return connection.raw
    }
    manager.releaseConnection = (raw) => {
      const connection = connections.get(raw)
      if (connection && this.#held()?.connection !== connection) this.#release(connection)
    }
    manager.close = async () => {}
    sequelize.transaction = (() => {
      throw new M3Error(
        'MODULE_INVALID',
        'Use the transaction(fn) of the module context: it covers models and sql alike',
      )
    }) as typeof sequelize.transaction
    return sequelize
  }
}
