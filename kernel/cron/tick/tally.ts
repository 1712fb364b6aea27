import type { CronEvent, CronSummaryEvent } from '../contract.js'

/** What has come of a tick so far. */
export type Tally = Pick<CronSummaryEvent, 'databases' | 'due' | 'done' | 'failed' | 'left' | 'failures'>

export const NOTHING_YET: Tally = { databases: 0, due: 0, done: 0, failed: 0, left: 0, failures: 0 }

export function add(tally: Tally, event: CronEvent): Tally {
  switch (event.event) {
    case 'run':
      return event.outcome === 'done' ? { ...tally, done: tally.done + 1 } : { ...tally, failed: tally.failed + 1 }
    case 'left':
      return { ...tally, left: tally.left + 1 }
    case 'failure':
      return { ...tally, failures: tally.failures + 1 }
    default:
      return tally
  }
}
