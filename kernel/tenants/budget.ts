import type { ConnectionGate, GatedPool } from '../engines/contract.js'
import { M3Error } from '../errors.js'

/** How long a waiter leaves busy pools alone before one of them must hand a connection over, in milliseconds. */
const PATIENCE_MS = 100

interface Waiter {
  readonly pool: GatedPool
  readonly since: number
  readonly timer: NodeJS.Timeout
  admit(): void
}

/**
 * One budget of database connections for the whole process. Used up, the least recently used idle pool gives way;
 * with none idle, whoever asks waits, first come first served, and is refused after `waitSeconds`.
 */
export class ConnectionBudget implements ConnectionGate {
  #open = 0
  /** In the order of last use: the first gives way first. */
  readonly #pools = new Set<GatedPool>()
  readonly #waiters: Waiter[] = []

  constructor(
    readonly size: number,
    readonly waitSeconds: number,
  ) {}

  /** Connections open or being opened at this moment. */
  get open(): number {
    return this.#open
  }

  admit(pool: GatedPool, signal?: AbortSignal): Promise<() => void> {
    this.#touch(pool)
    if (this.#open < this.size && this.#waiters.length === 0) {
      this.#open++
      return Promise.resolve(this.#leave())
    }
    return new Promise((resolve, reject) => {
      const leaveQueue = (reason: unknown) => {
        clearTimeout(waiter.timer)
        signal?.removeEventListener('abort', callOff)
        const place = this.#waiters.indexOf(waiter)
        if (place >= 0) this.#waiters.splice(place, 1)
        reject(reason)
      }
      const callOff = () => leaveQueue(signal?.reason)
      const waiter: Waiter = {
        pool,
        since: performance.now(),
        timer: setTimeout(() => leaveQueue(this.#refusal()), this.waitSeconds * 1000),
        admit: () => {
          clearTimeout(waiter.timer)
          signal?.removeEventListener('abort', callOff)
          resolve(this.#leave())
        },
      }
      signal?.addEventListener('abort', callOff)
      this.#waiters.push(waiter)
      this.#reclaim()
    })
  }

  idle(pool: GatedPool): void {
    this.#touch(pool)
    if (this.#waiters.length > 0) pool.releaseOne()
  }

  shouldYield(pool: GatedPool): boolean {
    const first = this.#waiters[0]
    return first !== undefined && first.pool !== pool && performance.now() - first.since > PATIENCE_MS
  }

  forget(pool: GatedPool): void {
    this.#pools.delete(pool)
  }

  #touch(pool: GatedPool): void {
    this.#pools.delete(pool)
    this.#pools.add(pool)
  }

  #reclaim(): void {
    for (const pool of this.#pools) {
      if (pool.idleConnections > 0 && pool.releaseOne()) return
    }
  }

  #leave(): () => void {
    let left = false
    return () => {
      if (left) return
      left = true
      const next = this.#waiters.shift()
      // The place goes to the next in line without ever being free: nobody can step in between.
      if (next) next.admit()
      else this.#open--
    }
  }

  #refusal(): M3Error {
    return new M3Error('OVERLOADED', `All ${this.size} database connections are in use; try again`, {
      retryAfter: Math.ceil(this.waitSeconds),
    })
  }
}
