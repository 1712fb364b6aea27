import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../kernel/cron/clock.js'

interface Timer {
  readonly at: number
  readonly fn: () => void
}

/** Stands still until it is told to move. */
export class FakeClock implements Clock {
  #elapsed = 0
  #now: number
  readonly #timers = new Set<Timer>()

  constructor(now: string | Date = '2026-06-10T12:00:00Z') {
    this.#now = new Date(now).getTime()
  }

  now(): Date {
    return new Date(this.#now)
  }

  elapsed(): number {
    return this.#elapsed
  }

  after(ms: number, fn: () => void): () => void {
    const timer = { at: this.#elapsed + ms, fn }
    this.#timers.add(timer)
    return () => void this.#timers.delete(timer)
  }

  /** Timers that have not gone off. */
  get timers(): number {
    return this.#timers.size
  }

  /** The clock on the wall is set; no time passes. */
  set(now: string): void {
    this.#now = new Date(now).getTime()
  }

  /** Time passes: timers go off one after another, each at its moment. */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsed + ms
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#timers.delete(next)
      this.#move(next.at)
      next.fn()
      await nextTurn()
    }
    this.#move(end)
  }

  #next(end: number): Timer | undefined {
    return [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
  }

  #move(to: number): void {
    const by = Math.max(0, to - this.#elapsed)
    this.#now += by
    this.#elapsed += by
  }
}
