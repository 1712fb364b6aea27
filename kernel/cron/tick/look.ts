import type { Engine } from '../../engines/contract.js'
import type { RegisteredJob } from '../contract.js'
import type { JobStore, StoredJob, StoredJobs } from '../store/job-store.js'
import { type Decision, decide, type TickTime } from './decide.js'
import type { Claimed } from './tick-context.js'

/** What a look at a database has found: what there is to do. */
export interface Look {
  /** Why nothing is known: the database was never made, or does not let its user in. */
  readonly missing?: { readonly cause: unknown }
  readonly stored: StoredJobs
  readonly due: readonly RegisteredJob[]
  /** Due, and somebody has them. */
  readonly claimed: readonly { readonly job: RegisteredJob; readonly leaseLeft: number }[]
  readonly unseen: readonly RegisteredJob[]
  readonly setBack: readonly { readonly job: RegisteredJob; readonly state: StoredJob; readonly lastRun: Date }[]
}

const NONE: StoredJobs = { areKept: false, jobs: new Map() }

/** One statement. Where there is no database yet, nothing is known. */
export async function lookAt(
  engine: Pick<Engine, 'isNotProvisioned' | 'isShutOut'>,
  store: JobStore,
  jobs: readonly RegisteredJob[],
  time: TickTime,
): Promise<Look> {
  let stored = NONE
  let missing: Look['missing']
  try {
    stored = await store.read(time.now)
  } catch (error) {
    if (!engine.isNotProvisioned(error) && !engine.isShutOut(error)) throw error
    missing = { cause: error }
  }
  const decided = jobs
    .map((job) => ({ job, state: stored.jobs.get(job.key) }))
    .map(({ job, state }) => {
      return { job, state, decision: decide(job, state, time) }
    })
  const those = (what: Decision['what']) =>
    decided.filter(({ decision }) => decision.what === what).map(({ job }) => job)
  return {
    ...(missing ? { missing } : {}),
    stored,
    due: those('run'),
    claimed: decided.flatMap(({ job, state, decision }) =>
      decision.what === 'leave' ? { job, leaseLeft: state?.leaseLeft ?? 0 } : [],
    ),
    unseen: those('meet'),
    setBack: decided.flatMap(({ job, state, decision }) =>
      state && decision.what === 'setBack' ? { job, state, lastRun: decision.lastRun } : [],
    ),
  }
}

/** Whether the database has to be made before anything of this can be kept. */
export function needsDatabase({ missing, due, unseen }: Look): boolean {
  return due.length > 0 || (missing !== undefined && unseen.length > 0)
}

/** Writes what the look calls for, but for the runs. */
export async function keep({ stored, due, unseen, setBack }: Look, store: JobStore, now: Date): Promise<void> {
  const fresh = [...due, ...unseen].filter(({ key }) => !stored.jobs.has(key)).map(({ key }) => key)
  if (fresh.length > 0) {
    if (!stored.areKept) await store.create()
    await store.meet(fresh, now)
  }
  for (const { job, state, lastRun } of setBack) await store.setBack(job.key, state, lastRun)
}

export function claimedIn({ claimed }: Look): Claimed {
  return { jobs: claimed.map(({ job }) => job), leaseLeft: Math.max(...claimed.map(({ leaseLeft }) => leaseLeft)) }
}
