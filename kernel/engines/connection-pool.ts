import { M3Error } from '../errors.js'
import type { ConnectionGate, GatedPool } from './contract.js'
import type { DriverConnection } from './driver.js'

export interface PoolLimits {
  readonly connections: number
  readonly waitSeconds: number
  readonly idleSeconds: number
}

interface Waiter {
  readonly timer: NodeJS.Timeout
  resolve(connection: DriverConnection): void
  reject(error: unknown): void
}

/** A connection being opened; while it waits at the gate it can be called off. */
interface Opening {
  readonly controller: AbortController
  admitted: boolean
}

interface Idle {
  readonly connection: DriverConnection
  /** On the clock of `performance.now()`. */
  readonly since: number
}

/** A server may have let go of a connection that was idle for longer; it is asked before anything depends on it. */
const PING_AFTER_MS = 1000

/**
 * The connections of one database: none while idle, and no more than the gate admits. Its own, not a library's, because
 * it shares one budget with the pools of all other tenants: it gives way when asked, withdraws from the queue when a
 * connection of its own came free, and hands a connection over when another tenant waits too long.
 */
export class ConnectionPool implements GatedPool {
  /** The one used last is used next; the first one has been idle longest. */
  readonly #idle: Idle[] = []
  readonly #inUse = new Set<DriverConnection>()
  readonly #leaves = new WeakMap<DriverConnection, () => void>()
  readonly #waiters: Waiter[] = []
  readonly #opening = new Set<Opening>()
  readonly #closing = new Set<Promise<void>>()
  #reaper: NodeJS.Timeout | undefined
  #emptied: (() => void) | undefined
  #closed = false

  constructor(
    readonly open: () => Promise<DriverConnection>,
    readonly gate: ConnectionGate,
    readonly limits: PoolLimits,
  ) {}

  get idleConnections(): number {
    return this.#idle.length
  }

  /** Throws OVERLOADED if none comes free in time, and whatever opening one throws. */
  async acquire(): Promise<DriverConnection> {
    for (;;) {
      if (this.#closed) throw closedError()
      const idle = this.#idle.pop()
      if (!idle) return this.#wait()
      const { connection, since } = idle
      this.#inUse.add(connection)
      const isStale = connection.ping && performance.now() - since > PING_AFTER_MS
      if (connection.reusable && (!isStale || (await connection.ping?.()))) return connection
      await this.#discard(connection)
    }
  }

  /** Gives a connection back. Of one that was given back already, this is not the holder's to do: nothing happens. */
  release(connection: DriverConnection): void {
    if (!this.#inUse.has(connection)) return
    if (!connection.reusable || this.#closed || this.gate.shouldYield(this)) {
      void this.#discard(connection)
      return
    }
    const waiter = this.#waiters.shift()
    if (waiter) {
      this.#callOffSurplus()
      waiter.resolve(connection)
      return
    }
    this.#inUse.delete(connection)
    this.#rest(connection)
  }

  /** Gives a connection back that nobody must get any more. */
  discard(connection: DriverConnection): void {
    if (this.#inUse.has(connection)) void this.#discard(connection)
  }

  releaseOne(): boolean {
    const longest = this.#idle.shift()
    if (longest) void this.#discard(longest.connection)
    return longest !== undefined
  }

  /** Resolves once the connections that are idle now are closed. */
  async releaseIdle(): Promise<void> {
    while (this.releaseOne());
    await Promise.all(this.#closing)
  }

  /** Refuses all that wait, waits `seconds` for the connections in use, then cuts them off. */
  async close(seconds: number): Promise<void> {
    this.#closed = true
    clearTimeout(this.#reaper)
    for (const waiter of this.#waiters.splice(0)) {
      clearTimeout(waiter.timer)
      waiter.reject(closedError())
    }
    this.#callOffSurplus()
    await this.releaseIdle()
    if (this.#inUse.size + this.#opening.size > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, seconds * 1000)
        this.#emptied = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    for (const connection of this.#inUse) void this.#discard(connection)
    await Promise.all(this.#closing)
    this.gate.forget(this)
  }

  #wait(): Promise<DriverConnection> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        timer: setTimeout(() => {
          this.#waiters.splice(this.#waiters.indexOf(waiter), 1)
          this.#callOffSurplus()
          reject(this.#refusal())
        }, this.limits.waitSeconds * 1000),
        resolve: (connection) => {
          clearTimeout(waiter.timer)
          resolve(connection)
        },
        reject: (error) => {
          clearTimeout(waiter.timer)
          reject(error)
        },
      }
      this.#waiters.push(waiter)
      this.#grow()
    })
  }

  /** Opens as many connections as are waited for and the limit allows. */
  #grow(): void {
    const size = () => this.#inUse.size + this.#idle.length + this.#opening.size
    while (!this.#closed && this.#opening.size < this.#waiters.length && size() < this.limits.connections) {
      const opening: Opening = { controller: new AbortController(), admitted: false }
      this.#opening.add(opening)
      void this.#openOne(opening)
    }
  }

  async #openOne(opening: Opening): Promise<void> {
    try {
      const leave = await this.gate.admit(this, opening.controller.signal)
      opening.admitted = true
      try {
        const connection = await this.open()
        this.#leaves.set(connection, leave)
        this.#opening.delete(opening)
        this.#arrive(connection)
      } catch (error) {
        leave()
        throw error
      }
    } catch (error) {
      const wasCalledOff = !this.#opening.delete(opening)
      if (!wasCalledOff) this.#waiters.shift()?.reject(error)
      this.#grow()
      this.#noteEmpty()
    }
  }

  #arrive(connection: DriverConnection): void {
    this.#inUse.add(connection)
    const waiter = this.#waiters.shift()
    if (waiter) waiter.resolve(connection)
    else this.release(connection)
  }

  #rest(connection: DriverConnection): void {
    this.#idle.push({ connection, since: performance.now() })
    if (this.#reaper === undefined) this.#reap()
    this.gate.idle(this)
  }

  /** Closes what was idle for too long, and comes back while anything is idle. */
  #reap(): void {
    const longest = this.limits.idleSeconds * 1000
    while (this.#idle[0] && performance.now() - this.#idle[0].since >= longest) this.releaseOne()
    const next = this.#idle[0]
    this.#reaper = next && setTimeout(() => this.#reap(), Math.max(1, next.since + longest - performance.now()))
    this.#reaper?.unref()
  }

  #discard(connection: DriverConnection): Promise<void> {
    this.#inUse.delete(connection)
    const closing = connection
      .close()
      // A connection that cannot even be closed is given up; its place in the budget is not.
      .catch(() => undefined)
      .then(() => {
        this.#closing.delete(closing)
        // Only now: a closing connection still counts at the server.
        this.#leaves.get(connection)?.()
        this.#grow()
        this.#noteEmpty()
      })
    this.#closing.add(closing)
    return closing
  }

  /** A connection of our own came free, or whoever waited has gone: what still waits at the gate is not needed. */
  #callOffSurplus(): void {
    if (this.#opening.size === 0) return
    for (const opening of [...this.#opening].reverse()) {
      if (this.#opening.size <= this.#waiters.length) return
      if (opening.admitted) continue
      this.#opening.delete(opening)
      opening.controller.abort()
    }
  }

  #noteEmpty(): void {
    if (this.#inUse.size + this.#opening.size === 0) this.#emptied?.()
  }

  #refusal(): M3Error {
    return new M3Error('OVERLOADED', 'No database connection came free in time; try again', {
      retryAfter: Math.ceil(this.limits.waitSeconds),
    })
  }
}

function closedError(): M3Error {
  return new M3Error('DATABASE_UNAVAILABLE', 'The database is closed', { retryAfter: 1 })
}
