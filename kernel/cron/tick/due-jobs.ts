import type { PagedTenant } from '../../catalog/tenant-pages.js'
import type { RegisteredJob } from '../contract.js'
import { summaryOf } from '../run-summary.js'
import type { JobStore, StoredJob } from '../store/job-store.js'
import { decide } from './decide.js'
import { claimedIn, keep, type Look, lookAt, needsDatabase } from './look.js'
import { runTenantJob, type TenantInWork } from './run-job.js'
import { type TickContext, tellFailure } from './tick-context.js'

/** Another process may have done meanwhile what waited for a slot for longer. */
const STALE_MS = 1000
/** How often a job is tried to get that changes between being read and being claimed. */
const MOST_CLAIMS = 5

/**
 * Runs the jobs of a tenant that a look has found due, one after another, in a slot; urgent is what a dead process has
 * left. What fails is told.
 */
export async function runDueJobs(
  context: TickContext,
  tenant: PagedTenant,
  store: JobStore,
  found: Look,
  isUrgent: boolean,
): Promise<void> {
  const { parts, time, ending } = context
  const since = parts.clock.elapsed()
  const work = async () => {
    const isStale = parts.clock.elapsed() - since > STALE_MS
    const look = isStale ? await lookAt(parts.engine, store, [...found.due, ...found.unseen], time) : found
    if (isStale && look.claimed.length > 0) context.awaitOthers(tenant, claimedIn(look))
    if (needsDatabase(look)) await runAll(context, tenant, store, look)
    else await keep(look, store, time.now)
  }
  try {
    await parts.slots.within(ending, work, isUrgent)
  } catch (error) {
    await tellFailure(context, tenant.id, error)
  }
}

async function runAll(context: TickContext, tenant: PagedTenant, store: JobStore, look: Look): Promise<void> {
  const inWork = await prepare(context, tenant, store)
  if (!inWork) return
  await keep(look, store, context.time.now)
  for (const job of look.due) {
    if (context.ending.aborted) return
    await runOne(context, tenant, inWork, job, look.stored.jobs.get(job.key))
  }
}

/** It was read some time ago. Undefined if it must not be touched: it was removed, changed or suspended meanwhile. */
async function prepare(
  { parts }: TickContext,
  tenant: PagedTenant,
  store: JobStore,
): Promise<TenantInWork | undefined> {
  const row = await parts.tenants.tenant(tenant.id)
  if (!row || row.suspended) return undefined
  if (row.name !== tenant.name || row.user !== tenant.user || row.secret !== tenant.secret) return undefined
  const closure = await parts.closureOf(row)
  await parts.bringUp(row, store.database, closure.modules)
  return { tenant: row, closure, store }
}

async function runOne(
  context: TickContext,
  tenant: PagedTenant,
  inWork: TenantInWork,
  job: RegisteredJob,
  known: StoredJob | undefined,
): Promise<void> {
  const { parts, time } = context
  let state = known ?? firstState(time.now)
  for (let claims = 0; claims < MOST_CLAIMS; claims++) {
    const ended = await runTenantJob(parts, inWork, job, state, time)
    if (ended) return context.emit({ event: 'run', ...summaryOf(tenant.id, ended) })
    // Somebody was faster: what is there to do now?
    const now = (await inWork.store.read(time.now)).jobs.get(job.key)
    if (!now) return
    const { what } = decide(job, now, time)
    if (what === 'leave') return context.awaitOthers(tenant, { jobs: [job], leaseLeft: now.leaseLeft })
    if (what !== 'run') return
    state = now
  }
}

/** Of a job whose row was written a moment ago. */
function firstState(now: Date): StoredJob {
  return { firstSeen: now, attempts: 0, revision: 0, claimed: false, leaseLeft: 0 }
}
