import type { Fault } from '../errors.js'

export const REPEATS = ['minute', 'hour', 'day', 'week', 'month', 'year'] as const
export type Repeat = (typeof REPEATS)[number]

/** When a job is due, as declared: calendar dates in the configured time zone, but for minutes and hours. */
export interface Schedule {
  readonly repeat: Repeat
  /** Units between two runs, 1 or more. */
  readonly every: number
  /** 1 to 31, with `month` and `year`; beyond the end of a month it is the month's last day. */
  readonly day?: number
  /** 1 to 12, with `year`. */
  readonly month?: number
}

/** What is wrong with a schedule as an author wrote it; empty if nothing is. */
export function scheduleFaults(_given: Readonly<Record<string, unknown>>): Fault[] {
  throw new Error('not there yet')
}
