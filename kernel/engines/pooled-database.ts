import { AsyncLocalStorage } from 'node:async_hooks'
import type { Sequelize } from 'sequelize'
import type { SqlResult, SqlValue } from '../contract/context.js'
import { M3Error } from '../errors.js'
import { ConnectionPool, type PoolLimits } from './connection-pool.js'
import type { ConnectionGate, Database, LockPurpose, Session } from './contract.js'
import type { Driver, DriverConnection } from './driver.js'
import type { EngineKind } from './engine-kind.js'
import { HeldConnection } from './held-connection.js'

const CLOSE_SECONDS = 10

/** A database behind a small pool that it shares with its Sequelize, and with the transaction of whoever calls. */
export class PooledDatabase implements Database {
  readonly name: string
  readonly engine: EngineKind
  readonly #driver: Driver
  readonly #pool: ConnectionPool
  readonly #ambient = new AsyncLocalStorage<HeldConnection>()
  #sequelize: Sequelize | undefined

  constructor(driver: Driver, gate: ConnectionGate, limits: PoolLimits) {
    this.name = driver.database
    this.engine = driver.engine
    this.#driver = driver
    this.#pool = new ConnectionPool(() => driver.connect(), gate, limits)
  }

  select<R>(sql: string, parameters: readonly SqlValue[] = []): Promise<R[]> {
    return this.#with((connection) => connection.select<R>(sql, parameters))
  }

  run(sql: string, parameters: readonly SqlValue[] = []): Promise<SqlResult> {
    return this.#with((connection) => connection.run(sql, parameters))
  }

  transaction<T>(fn: () => Promise<T>): Promise<T> {
    const begun = (held: HeldConnection) => held.transaction((inner) => this.#ambient.run(inner, fn))
    const outer = this.#held()
    return outer ? begun(outer) : this.session(begun)
  }

  session<T>(fn: (session: HeldConnection) => Promise<T>): Promise<T> {
    return this.#ambient.exit(() => this.#with((connection) => fn(new HeldConnection(connection, this.#driver.begin))))
  }

  locked<T>(waitSeconds: number, fn: (session: Session) => Promise<T>, purpose: LockPurpose = 'migrate'): Promise<T> {
    return this.session(async (held) => {
      const unlock = await this.#driver.lock(held.connection, waitSeconds, purpose)
      try {
        return await fn(held)
      } finally {
        // What `fn` threw says more than a failed unlock, and a connection that is closed lets go of its lock.
        await unlock().catch(() => this.#pool.discard(held.connection))
      }
    })
  }

  sequelize(): Sequelize {
    this.#sequelize ??= this.#attach(this.#driver.createSequelize())
    return this.#sequelize
  }

  releaseIdle(): Promise<void> {
    return this.#pool.releaseIdle()
  }

  close(seconds = CLOSE_SECONDS): Promise<void> {
    return this.#pool.close(seconds)
  }

  /** What a transaction left running after its end goes to the pool: its connection is another caller's by now. */
  #held(): HeldConnection | undefined {
    const held = this.#ambient.getStore()
    return held?.ended ? undefined : held
  }

  async #with<T>(fn: (connection: DriverConnection) => Promise<T>): Promise<T> {
    const held = this.#held()
    if (held) return held.use(fn)
    const connection = await this.#pool.acquire()
    try {
      return await fn(connection)
    } finally {
      this.#pool.release(connection)
    }
  }

  /** Lets Sequelize draw from this pool, so that models, `sql` and transactions share connections and one budget. */
  #attach(sequelize: Sequelize): Sequelize {
    const manager = sequelize.connectionManager as unknown as {
      getConnection(): Promise<object>
      releaseConnection(raw: object): void
      close(): Promise<void>
    }
    /** By what Sequelize was lent: how it is given back, once for each time that it was lent. */
    const lent = new WeakMap<object, (() => void)[]>()
    manager.getConnection = async () => {
      const held = this.#held()
      held?.borrow()
      const connection = held?.connection ?? (await this.#pool.acquire())
      const giveBack = held ? () => held.giveBack() : () => this.#pool.release(connection)
      // A transaction's connection may be out more than once.
      const known = lent.get(connection.raw)
      if (known) known.push(giveBack)
      else lent.set(connection.raw, [giveBack])
      return connection.raw
    }
    manager.releaseConnection = (raw) => lent.get(raw)?.pop()?.()
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
