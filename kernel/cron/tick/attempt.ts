import { messageOf } from '../../errors.js'
import { type Clock, pause } from '../clock.js'
import type { JobResult, RegisteredJob, RunOutcome, RunRecord } from '../contract.js'
import { retryAt } from '../due/due.js'
import type { ClaimedRun, JobStore, RunEnd, StoredJob } from '../store/job-store.js'
import { keepClaim, type Lease } from './claim-keeper.js'

export interface AttemptParts {
  readonly store: JobStore
  readonly clock: Clock
  readonly lease: Lease
  /** The moment that the job runs for, and that of the wall at which the tick began. */
  readonly tick: Date
  readonly wall: Date
  /** Ends what runs. */
  readonly stop: AbortSignal
}

/** A run that has come to its end. */
export type EndedRun = RunRecord & { readonly outcome: RunOutcome; readonly ended: Date }

const AGAIN_MS = 1000
const LOST = {
  outcome: 'lost',
  error: 'it was ended: its claim on the job was gone, or the database could not be told that it goes on',
} as const

/**
 * Claims a job, runs it and records what came of it. Undefined if another has it, or had it since `known` was read.
 * The claim is kept alive for as long as the job runs; when it is lost, the job is ended at once.
 */
export async function attemptJob(
  parts: AttemptParts,
  job: RegisteredJob,
  known: StoredJob,
  run: (attempt: number, signal: AbortSignal) => Promise<JobResult>,
): Promise<EndedRun | undefined> {
  const { store, clock, lease, tick, stop } = parts
  const claimed = await store.claim(job.key, known, { tick, started: clock.now(), leaseMs: lease.ms })
  if (!claimed) return undefined
  const ending = new AbortController()
  const end = () => ending.abort()
  // Not AbortSignal.any: a signal that lives as long as the process would keep a trace of every run.
  stop.addEventListener('abort', end)
  if (stop.aborted) end()
  const keeper = keepClaim({
    clock,
    lease,
    extend: () => store.extend(claimed, lease.ms),
    onLost: end,
    endsUnheard: store.database.engine !== 'sqlite',
  })
  try {
    const result = await run(claimed.attempt, ending.signal)
    const recorded = await record(parts, claimed, job, result, () => keeper.lost)
    return { ...claimed, ...recorded }
  } finally {
    stop.removeEventListener('abort', end)
    await keeper.stop()
  }
}

/** Tries for as long as the claim may hold: a database that was away for a moment must not have a job run twice. */
async function record(
  { store, clock, lease, tick, wall, stop }: AttemptParts,
  claimed: ClaimedRun,
  job: RegisteredJob,
  result: JobResult,
  isLost: () => boolean,
): Promise<Pick<EndedRun, 'outcome' | 'ended' | 'error'>> {
  const ended = clock.now()
  // As late after the tick that it is for as it is after the tick that there was.
  const moment = new Date(tick.getTime() + Math.max(0, ended.getTime() - wall.getTime()))
  const retry = result.outcome === 'stopped' ? undefined : retryAt(job.schedule, claimed.attempt, moment)
  // One that is done counts as such if its claim turns out to be there after all.
  const told = isLost() && result.outcome !== 'done' ? LOST : result
  const end: RunEnd = {
    outcome: told.outcome,
    ended,
    ...(told.error === undefined ? {} : { error: told.error }),
    ...(retry ? { retryAt: retry } : {}),
  }
  const last = clock.elapsed() + lease.ms
  for (;;) {
    const isLast = isLost() || stop.aborted || clock.elapsed() > last
    try {
      const outcome = await store.finish(claimed, end)
      return { ended, outcome, ...(end.error === undefined ? {} : { error: end.error }) }
    } catch (error) {
      const message = `it ended as ${result.outcome}, which could not be recorded: ${messageOf(error)}`
      if (isLast) return { ended, outcome: 'lost', error: message }
      await pause(clock, AGAIN_MS, stop)
    }
  }
}
