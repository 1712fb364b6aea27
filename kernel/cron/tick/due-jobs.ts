import type { RegisteredJob } from '../contract.js'
import { summaryOf } from '../run-summary.js'
import type { JobStore, StoredJob } from '../store/job-store.js'
import { decide } from './decide.js'
import { claimedIn, keep, type Look, lookAt, needsDatabase } from './look.js'
import type { Place, PlaceInWork } from './place.js'
import { runJobAt } from './run-job.js'
import { type TickContext, tellFailure } from './tick-context.js'

/** Another process may have done meanwhile what waited for a slot for longer. */
const STALE_MS = 1000
/** How often a job is tried to get that changes between being read and being claimed. */
const MOST_CLAIMS = 5

/**
 * Runs the jobs of a database that a look has found due, one after another, in a slot; urgent is what a dead process has
 * left. What fails is told.
 */
export async function runDueJobs(
  context: TickContext,
  place: Place,
  store: JobStore,
  found: Look,
  isUrgent: boolean,
): Promise<void> {
  const { parts, time, ending } = context
  const since = parts.clock.elapsed()
  const work = async () => {
    const isStale = parts.clock.elapsed() - since > STALE_MS
    const look = isStale ? await lookAt(parts.engine, store, [...found.due, ...found.unseen], time) : found
    if (isStale && look.claimed.length > 0) context.awaitOthers(place, claimedIn(look))
    if (needsDatabase(look)) await runAll(context, place, store, look)
    else await keep(look, store, time.now)
  }
  try {
    await parts.slots.within(ending, work, isUrgent)
  } catch (error) {
    await tellFailure(context, place.target, error)
  }
}

async function runAll(context: TickContext, place: Place, store: JobStore, look: Look): Promise<void> {
  const inWork = await place.prepare(store)
  if (!inWork) return
  await keep(look, store, context.time.now)
  for (const job of look.due) {
    if (context.ending.aborted) return
    await runOne(context, place, inWork, job, look.stored.jobs.get(job.key))
  }
}

async function runOne(
  context: TickContext,
  place: Place,
  inWork: PlaceInWork,
  job: RegisteredJob,
  known: StoredJob | undefined,
): Promise<void> {
  const { parts, time } = context
  let state = known ?? firstState(time.now)
  for (let claims = 0; claims < MOST_CLAIMS; claims++) {
    const ended = await runJobAt(parts, inWork, job, state, time)
    if (ended) return context.emit({ event: 'run', ...summaryOf(place.target, ended) })
    // Somebody was faster: what is there to do now?
    const now = (await inWork.store.read(time.now)).jobs.get(job.key)
    if (!now) return
    const { what } = decide(job, now, time)
    if (what === 'leave') return context.awaitOthers(place, { jobs: [job], leaseLeft: now.leaseLeft })
    if (what !== 'run') return
    state = now
  }
}

/** Of a job whose row was written a moment ago. */
function firstState(now: Date): StoredJob {
  return { firstSeen: now, attempts: 0, revision: 0, claimed: false, leaseLeft: 0 }
}
