import type { Clock } from './clock.js'
import { missedTick, nextTick } from './due/daily-tick.js'

export interface SchedulerParts {
  readonly clock: Clock
  /** The local time of the daily tick: `07:30`. */
  readonly at: string
  readonly timeZone: string
  /** Between 0 and 1. */
  random(): number
  /** Looks at all jobs. */
  daily(): void
  /** Looks at those of minutes and hours. */
  minutely(): void
}

const MINUTE = 60_000
/** A daily tick that passed before the start is made up for so much later: a server begins by serving. */
const MAKE_UP_MS = MINUTE
/** Processes that are started together do not tick together. */
const JITTER_MS = 10_000

/**
 * Says when it is time for a tick. It wakes at each whole minute and looks at the clock: one that was set, or a machine that
 * slept, makes a tick late by no more than that.
 */
export class Scheduler {
  readonly #parts: SchedulerParts
  #lastWake: Date
  #cancelWake = () => {}
  #cancelMakeUp = () => {}

  constructor(parts: SchedulerParts) {
    this.#parts = parts
    this.#lastWake = parts.clock.now()
  }

  start(): void {
    const { clock, at, timeZone, random, daily } = this.#parts
    this.#lastWake = clock.now()
    if (missedTick(at, timeZone, this.#lastWake)) {
      this.#cancelMakeUp = clock.after(MAKE_UP_MS + random() * JITTER_MS, daily)
    }
    this.#sleep()
  }

  stop(): void {
    this.#cancelWake()
    this.#cancelMakeUp()
  }

  #sleep(): void {
    const { clock } = this.#parts
    const left = MINUTE - (clock.now().getTime() % MINUTE)
    this.#cancelWake = clock.after(left, () => this.#wake())
  }

  #wake(): void {
    const { clock, at, timeZone, daily, minutely } = this.#parts
    const now = clock.now()
    // A clock that was set back may stand at the daily tick now.
    const since = this.#lastWake <= now ? this.#lastWake : new Date(now.getTime() - MINUTE)
    this.#lastWake = now
    this.#sleep()
    if (nextTick(at, timeZone, since) <= now) {
      this.#cancelMakeUp()
      daily()
    } else minutely()
  }
}
