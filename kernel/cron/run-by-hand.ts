import { M3Error } from '../errors.js'
import type { RegisteredJob, RunSummary, Target } from './contract.js'
import { findJob } from './find-job.js'
import { knownTenant } from './list-jobs.js'
import { jobsOfTenant } from './registry.js'
import { summaryOf } from './run-summary.js'
import { JobStore, type StoredJobs } from './store/job-store.js'
import { TENANT_TABLES } from './store/job-tables.js'
import { notProvisioned } from './target-failure.js'
import { catalogPlace, inTenant, type PlaceInWork } from './tick/place.js'
import { runJobAt } from './tick/run-job.js'
import type { TickParts } from './tick/tick-parts.js'

/** Runs a job now, due or not, and waits for its end. See `CronActions.run`. */
export async function runByHand(
  parts: TickParts,
  target: Target,
  module: string,
  name: string,
  now: Date,
): Promise<RunSummary> {
  if (target === 'catalog') return onCatalog(parts, module, name, now)
  const tenant = await knownTenant(parts, target)
  if (tenant.suspended) throw new M3Error('TENANT_SUSPENDED', `Tenant ${target} is suspended: its jobs do not run`)
  const closure = await parts.closureOf(tenant)
  const job = findJob(jobsOfTenant(closure, parts.jobsOf, parts.ownJobs), target, module, name)
  const store = new JobStore(parts.engine.tenant(tenant), TENANT_TABLES)
  try {
    return await inTurn(parts, async () => runNow(parts, await inTenant(parts, tenant, store), job, now))
  } finally {
    await store.database.close()
  }
}

async function onCatalog(parts: TickParts, module: string, name: string, now: Date): Promise<RunSummary> {
  const job = findJob(parts.ownJobs, 'catalog', module, name)
  const place = catalogPlace(parts)
  return inTurn(parts, async () => runNow(parts, await place.prepare(place.open()), job, now))
}

async function inTurn(parts: TickParts, work: () => Promise<RunSummary>): Promise<RunSummary> {
  const summary = await parts.slots.within(parts.closing, work)
  if (summary) return summary
  throw new M3Error('SHUTTING_DOWN', 'The process is shutting down', { retryAfter: 5 })
}

async function runNow(parts: TickParts, place: PlaceInWork, job: RegisteredJob, now: Date): Promise<RunSummary> {
  const { target, store } = place
  const state = await stateOf(parts, target, store, job, now)
  const wall = parts.clock.now()
  const ended = state.claimed ? undefined : await runJobAt(parts, place, job, state, { now, wall })
  if (ended) return summaryOf(target, ended)
  throw new M3Error('JOB_RUNNING', `The job ${job.name} of ${job.module} is running for ${whose(target)} already`)
}

async function stateOf(parts: TickParts, target: Target, store: JobStore, job: RegisteredJob, now: Date) {
  const stored = await readThere(parts, target, store, now)
  const known = stored.jobs.get(job.key)
  if (known) return known
  if (!stored.areKept) await store.create()
  await store.meet([job.key], now)
  const met = (await store.read(now)).jobs.get(job.key)
  if (!met) throw new Error(`The job ${job.key} was written and is not there`)
  return met
}

async function readThere({ engine }: TickParts, target: Target, store: JobStore, now: Date): Promise<StoredJobs> {
  try {
    return await store.read(now)
  } catch (error) {
    throw engine.isNotProvisioned(error) ? notProvisioned(target, error) : error
  }
}

function whose(target: Target): string {
  return target === 'catalog' ? 'the catalog' : `tenant ${target}`
}
