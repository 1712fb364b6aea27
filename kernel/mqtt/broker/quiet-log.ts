import type { FastifyBaseLogger } from 'fastify'
import { LRUCache } from 'lru-cache'

export type BrokerLog = Pick<FastifyBaseLogger, 'debug' | 'info' | 'warn' | 'error'>

const ONCE_IN_MS = 60_000
const MOST_KEYS = 1000

/** Tells what clients make happen once a minute, however often they do: who can connect must not be able to fill a disk. */
export class QuietLog {
  readonly #log: BrokerLog
  readonly #told: LRUCache<string, { unsaid: number }>

  constructor(log: BrokerLog, clock: { now(): number } = performance) {
    this.#log = log
    this.#told = new LRUCache({ max: MOST_KEYS, ttl: ONCE_IN_MS, ttlResolution: 0, perf: clock, allowStale: true })
  }

  /** `key`: what counts as the same. */
  warn(key: string, details: object, message: string): void {
    const before = this.#told.peek(key, { allowStale: true })
    if (before && this.#told.getRemainingTTL(key) > 0) {
      before.unsaid++
      return
    }
    this.#told.set(key, { unsaid: 0 })
    this.#log.warn(before && before.unsaid > 0 ? { ...details, unsaid: before.unsaid } : details, message)
  }
}
