/** So many at a time, the others in the order in which they came; those that are urgent before all others. */
export class Slots {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(count: number) {
    this.#free = count
  }

  /** Runs `fn` in a slot, unless the signal says so before one is free: then it gives undefined and `fn` is not run. */
  async within<T>(signal: AbortSignal, fn: () => Promise<T>, isUrgent = false): Promise<T | undefined> {
    if (!(await this.#take(signal, isUrgent))) return undefined
    try {
      return await fn()
    } finally {
      this.#leave()
    }
  }

  #take(signal: AbortSignal, isUrgent: boolean): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false)
    if (this.#free > 0) {
      this.#free--
      return Promise.resolve(true)
    }
    return new Promise((resolve) => {
      const enter = () => {
        signal.removeEventListener('abort', giveUp)
        resolve(true)
      }
      const giveUp = () => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1)
        resolve(false)
      }
      signal.addEventListener('abort', giveUp, { once: true })
      if (isUrgent) this.#waiting.unshift(enter)
      else this.#waiting.push(enter)
    })
  }

  /** The slot goes to the next in line without ever being free. */
  #leave(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#free++
  }
}
