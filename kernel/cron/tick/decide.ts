import type { JobState, RegisteredJob } from '../contract.js'
import { isDue, isShort, lastRunSetBack } from '../due/due.js'

/** When a tick is. */
export interface TickTime {
  /** The moment that it is for, which may be a rehearsed one. */
  readonly now: Date
  /** That of the wall. */
  readonly wall: Date
  readonly timeZone: string
  /** Jobs of minutes and hours alone. */
  readonly shortOnly: boolean
}

/** What there is to do with a job. */
export type Decision =
  /** It is due and nobody has it. */
  | { readonly what: 'run' }
  /** It is due and somebody has it. */
  | { readonly what: 'leave' }
  /** Its last run lies in the future: it counts as of now. */
  | { readonly what: 'setBack'; readonly lastRun: Date }
  /** It is seen for the first time and not due yet. */
  | { readonly what: 'meet' }
  | { readonly what: 'nothing' }

const NOTHING = { what: 'nothing' } as const

/** `state` is undefined of a job that was never seen. */
export function decide(job: RegisteredJob, state: JobState | undefined, time: TickTime): Decision {
  const { now, wall, timeZone, shortOnly } = time
  if (shortOnly && !isShort(job.schedule)) return NOTHING
  if (!state) return isDue(job.schedule, { firstSeen: now }, now, timeZone) ? { what: 'run' } : { what: 'meet' }
  if (isDue(job.schedule, state, now, timeZone)) return { what: state.claimed ? 'leave' : 'run' }
  // A rehearsal for a day that is past must not undo what was run since.
  const lastRun = lastRunSetBack(state.lastRun, later(wall, now))
  return lastRun && !state.claimed ? { what: 'setBack', lastRun } : NOTHING
}

function later(a: Date, b: Date): Date {
  return new Date(Math.max(a.getTime(), b.getTime()))
}
