import type { JobResult, RegisteredJob } from '../contract.js'
import type { StoredJob } from '../store/job-store.js'
import { RunHistory } from '../store/run-history.js'
import { attemptJob, type EndedRun } from './attempt.js'
import type { PlaceInWork } from './place.js'
import type { TickParts } from './tick-parts.js'

/** The moment that jobs run for, and that of the wall at which the tick began. */
export interface TickMoment {
  readonly now: Date
  readonly wall: Date
}

/** Runs a job of a database. Undefined if another has it, or had it since `known` was read. */
export async function runJobAt(
  parts: TickParts,
  place: PlaceInWork,
  job: RegisteredJob,
  known: StoredJob,
  { now, wall }: TickMoment,
): Promise<EndedRun | undefined> {
  const { clock, lease, stop, keepDays, shares } = parts
  const { target, store } = place
  // What the kernel's own need they take from the budget themselves.
  const connections = job.run ? 0 : shares.connectionsPerJob
  const run = (attempt: number, signal: AbortSignal): Promise<JobResult> =>
    job.run ? job.run(target, signal) : place.runModuleJob(job, attempt, now, signal)
  const ended = await parts.reservations.within(connections, stop, () =>
    attemptJob({ store, clock, lease, tick: now, wall, stop }, job, known, run),
  )
  // The history is kept short; the run stands whether that works or not, and the next one tries again.
  if (ended) {
    await new RunHistory(store.database, store.tables)
      .forget(keepDays, ended.ended)
      .catch((error: unknown) => parts.unforeseen(error, target))
  }
  return ended
}
