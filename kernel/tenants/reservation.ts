import type { ConnectionGate, GatedPool } from '../engines/contract.js'
import { M3Error } from '../errors.js'

/** How often it is tried to get a place in the budget; each attempt waits as long as a request would. */
const ATTEMPTS = 12

/**
 * Keeps places in the budget for connections that are opened in another thread, where the budget cannot see them. One
 * reservation is made after another: two that were half made would wait for each other.
 */
export class Reservations {
  readonly #gate: ConnectionGate
  #last: Promise<unknown> = Promise.resolve()

  constructor(gate: ConnectionGate) {
    this.#gate = gate
  }

  /** Throws OVERLOADED if there was no place for a minute or so, and the signal's reason. */
  async within<T>(connections: number, signal: AbortSignal, fn: () => Promise<T>): Promise<T> {
    // Lends nothing to those who wait: its connections are never idle to this thread.
    const holder: GatedPool = { idleConnections: 0, releaseOne: () => false }
    const places: (() => void)[] = []
    const turn = this.#last.then(async () => {
      while (places.length < connections) places.push(await this.#admit(holder, signal))
    })
    // The next in turn begins whether this one worked or not; its caller hears of the failure.
    this.#last = turn.catch(() => undefined)
    try {
      await turn
      return await fn()
    } finally {
      for (const leave of places) leave()
      this.#gate.forget(holder)
    }
  }

  async #admit(holder: GatedPool, signal: AbortSignal): Promise<() => void> {
    for (let attempt = 1; ; attempt++) {
      signal.throwIfAborted()
      try {
        return await this.#gate.admit(holder, signal)
      } catch (error) {
        if (!(error instanceof M3Error && error.code === 'OVERLOADED') || attempt === ATTEMPTS) throw error
      }
    }
  }
}
