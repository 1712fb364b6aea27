import { LRUCache } from 'lru-cache'

const MOST_WRONG = 10
const WINDOW_MS = 60_000
const MOST_ADDRESSES = 10_000

/** Counts wrong secrets by whom they come from, an address say: ten within a minute, then none is looked at until that minute is over. */
export class GuessLimit {
  readonly #wrong: LRUCache<string, number>
  readonly #most: number

  constructor(clock: { now(): number } = performance, most = MOST_WRONG) {
    this.#most = most
    this.#wrong = new LRUCache<string, number>({
      max: MOST_ADDRESSES,
      ttl: WINDOW_MS,
      ttlResolution: 0,
      noUpdateTTL: true,
      perf: clock,
    })
  }

  /** 0 if it may try. */
  secondsToWait(whom: string): number {
    if ((this.#wrong.get(whom) ?? 0) < this.#most) return 0
    return Math.max(1, Math.ceil(this.#wrong.getRemainingTTL(whom) / 1000))
  }

  wrong(whom: string): void {
    this.#wrong.set(whom, (this.#wrong.get(whom) ?? 0) + 1)
  }
}
