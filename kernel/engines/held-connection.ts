import type { SqlResult, SqlValue } from '../contract/context.js'
import type { Session } from './contract.js'
import type { DriverConnection } from './driver.js'

/** A connection in one caller's hands, with transactions that nest by savepoint. */
export class HeldConnection implements Session {
  /** Siblings at one depth run one after another: two savepoints at once would undo each other's work. */
  #last: Promise<unknown> = Promise.resolve()
  /** Uses of the connection that have begun and not ended. */
  #uses = 0
  #settled: (() => void) | undefined
  #ended = false

  constructor(
    readonly connection: DriverConnection,
    readonly begin: string,
    readonly depth = 0,
  ) {}

  /** The transaction it stands for is over: the connection is another caller's by now. */
  get ended(): boolean {
    return this.#ended
  }

  select<R>(sql: string, parameters: readonly SqlValue[] = []): Promise<R[]> {
    return this.use((connection) => connection.select<R>(sql, parameters))
  }

  run(sql: string, parameters: readonly SqlValue[] = []): Promise<SqlResult> {
    return this.use((connection) => connection.run(sql, parameters))
  }

  ask<R>(sql: string): Promise<R[]> {
    return this.use((connection) => connection.query?.<R>(sql) ?? connection.select<R>(sql, []))
  }

  execute(sql: string): Promise<void> {
    return this.use((connection) => connection.execute(sql))
  }

  async use<T>(fn: (connection: DriverConnection) => Promise<T>): Promise<T> {
    this.borrow()
    try {
      return await fn(this.connection)
    } finally {
      this.giveBack()
    }
  }

  /** For users that take the connection and give it back by separate calls. */
  borrow(): void {
    this.#uses++
  }

  giveBack(): void {
    this.#uses--
    if (this.#uses === 0) this.#settled?.()
  }

  async transaction<T>(fn: (held: HeldConnection) => Promise<T>): Promise<T> {
    const turn = this.#last.then(() => this.use(() => this.#transact(fn)))
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
    const inner = new HeldConnection(this.connection, this.begin, this.depth + 1)
    try {
      const result = await inner.#run(fn)
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

  /** Statements that `fn` began and did not wait for are part of the transaction too: it ends after them. */
  async #run<T>(fn: (held: HeldConnection) => Promise<T>): Promise<T> {
    try {
      return await fn(this)
    } finally {
      if (this.#uses > 0) {
        await new Promise<void>((resolve) => {
          this.#settled = resolve
        })
      }
      this.#ended = true
    }
  }
}
