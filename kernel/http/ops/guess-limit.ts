import { LRUCache } from 'lru-cache'

const MOST_WRONG = 10
const WINDOW_MS = 60_000
const MOST_ADDRESSES = 10_000

/** Counts wrong tokens by address: ten within a minute, then none is looked at until that minute is over. */
export class GuessLimit {
  readonly #wrong: LRUCache<string, number>

  constructor(clock: { now(): number } = performance) {
    this.#wrong = new LRUCache<string, number>({
      max: MOST_ADDRESSES,
      ttl: WINDOW_MS,
      ttlResolution: 0,
      noUpdateTTL: true,
      perf: clock,
    })
  }

  /** 0 if the address may try. */
  secondsToWait(address: string): number {
    if ((this.#wrong.get(address) ?? 0) < MOST_WRONG) return 0
    return Math.max(1, Math.ceil(this.#wrong.getRemainingTTL(address) / 1000))
  }

  wrong(address: string): void {
    this.#wrong.set(address, (this.#wrong.get(address) ?? 0) + 1)
  }
}
