/** How a tenant came through: it had nothing to do, or was not begun; it was migrated; it failed. */
export type Passage = 'idle' | 'well' | 'badly'

/**
 * Lets tenants be migrated one after another, in their order, until so many have come through well, and then all at
 * once. The first that fails before closes it. Tenants with nothing to do pass by: they would prove nothing.
 */
export class CanaryGate {
  #left: number
  #failed = false
  /** The first tenant that is not through. */
  #turn = 0
  readonly #through = new Set<number>()
  readonly #waiting = new Map<number, (open: boolean) => void>()

  constructor(canaries: number) {
    this.#left = canaries
  }

  /** A canary did not come through well. */
  get failed(): boolean {
    return this.#failed
  }

  /** `place`: 0 for the first tenant of the run, and so on. Says whether it may go on. Each that enters must leave. */
  enter(place: number): Promise<boolean> {
    return new Promise((resolve) => {
      this.#waiting.set(place, resolve)
      this.#admit()
    })
  }

  leave(place: number, passage: Passage): void {
    if (this.#left > 0 && passage === 'badly') this.#failed = true
    if (this.#left > 0 && passage === 'well') this.#left--
    this.#through.add(place)
    while (this.#through.delete(this.#turn)) this.#turn++
    this.#admit()
  }

  #admit(): void {
    for (const [place, resolve] of this.#waiting) {
      if (!this.#failed && this.#left > 0 && place !== this.#turn) continue
      this.#waiting.delete(place)
      resolve(!this.#failed)
    }
  }
}
