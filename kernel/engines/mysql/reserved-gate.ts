import type { ConnectionGate, GatedPool } from '../contract.js'

/**
 * Keeps what the budget gave at first for the pool behind it: the catalog is asked while tenants use up the rest,
 * and must not wait for them. It counts like any other, and nothing is kept before the pool's first connection.
 */
export class ReservedGate implements ConnectionGate {
  readonly #gate: ConnectionGate
  readonly #connections: number
  readonly #spare: (() => void)[] = []
  #reserved: Promise<void> | undefined
  /** Stands before the gate for the pool, whose idle connections are not to be lent. */
  readonly #holder: GatedPool = { idleConnections: 0, releaseOne: () => false }

  constructor(gate: ConnectionGate, connections: number) {
    this.#gate = gate
    this.#connections = connections
  }

  async admit(): Promise<() => void> {
    this.#reserved ??= this.#reserve()
    await this.#reserved
    // The pool opens no more than were reserved for it.
    const place = this.#spare.pop() ?? (await this.#gate.admit(this.#holder))
    let left = false
    return () => {
      if (!left) this.#spare.push(place)
      left = true
    }
  }

  idle(): void {}

  shouldYield(): boolean {
    return false
  }

  forget(): void {
    for (const leave of this.#spare.splice(0)) leave()
    this.#reserved = undefined
    this.#gate.forget(this.#holder)
  }

  async #reserve(): Promise<void> {
    try {
      while (this.#spare.length < this.#connections) this.#spare.push(await this.#gate.admit(this.#holder))
    } catch (error) {
      this.forget()
      throw error
    }
  }
}
