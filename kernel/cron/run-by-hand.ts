import { M3Error } from '../errors.js'
import type { TenantId } from '../names.js'
import type { RegisteredJob, RunSummary, Target } from './contract.js'
import { findJob } from './find-job.js'
import { knownTenant } from './list-jobs.js'
import { jobsOfCatalog, jobsOfTenant, whyUnavailable } from './registry.js'
import { summaryOf } from './run-summary.js'
import { JobStore, type StoredJobs } from './store/job-store.js'
import { TENANT_TABLES } from './store/job-tables.js'
import { notProvisioned } from './target-failure.js'
import { runTenantJob, type TenantInWork } from './tick/run-job.js'
import type { TickParts } from './tick/tick-parts.js'

/** Runs a job now, due or not, and waits for its end. See `CronActions.run`. */
export async function runByHand(
  parts: TickParts,
  target: Target,
  module: string,
  name: string,
  now: Date,
): Promise<RunSummary> {
  if (target === 'catalog') {
    const job = findJob(jobsOfCatalog, target, module, name)
    throw unavailable(job, whyUnavailable(job) ?? 'it has nothing to do on the catalog')
  }
  const tenant = await knownTenant(parts, target)
  if (tenant.suspended) throw new M3Error('TENANT_SUSPENDED', `Tenant ${target} is suspended: its jobs do not run`)
  const closure = await parts.closureOf(tenant)
  const job = findJob(jobsOfTenant(closure, parts.jobsOf), target, module, name)
  const reason = whyUnavailable(job)
  if (reason !== undefined) throw unavailable(job, reason)
  const database = parts.engine.tenant(tenant)
  const store = new JobStore(database, TENANT_TABLES)
  try {
    const summary = await parts.slots.within(parts.closing, async () => {
      await parts.bringUp(tenant, database, closure.modules)
      return runNow(parts, { tenant, closure, store }, job, now)
    })
    if (summary) return summary
    throw new M3Error('SHUTTING_DOWN', 'The process is shutting down', { retryAfter: 5 })
  } finally {
    await database.close()
  }
}

async function runNow(parts: TickParts, inWork: TenantInWork, job: RegisteredJob, now: Date): Promise<RunSummary> {
  const { id } = inWork.tenant
  const state = await stateOf(parts, id, inWork.store, job, now)
  const wall = parts.clock.now()
  const ended = state.claimed ? undefined : await runTenantJob(parts, inWork, job, state, { now, wall })
  if (ended) return summaryOf(id, ended)
  throw new M3Error('JOB_RUNNING', `The job ${job.name} of ${job.module} is running for tenant ${id} already`)
}

async function stateOf(parts: TickParts, id: TenantId, store: JobStore, job: RegisteredJob, now: Date) {
  const stored = await readThere(parts, id, store, now)
  const known = stored.jobs.get(job.key)
  if (known) return known
  if (!stored.areKept) await store.create()
  await store.meet([job.key], now)
  const met = (await store.read(now)).jobs.get(job.key)
  if (!met) throw new Error(`The job ${job.key} was written and is not there`)
  return met
}

async function readThere({ engine }: TickParts, id: TenantId, store: JobStore, now: Date): Promise<StoredJobs> {
  try {
    return await store.read(now)
  } catch (error) {
    throw engine.isNotProvisioned(error) ? notProvisioned(id, error) : error
  }
}

function unavailable({ module, name }: RegisteredJob, reason: string): M3Error {
  return new M3Error('JOB_UNAVAILABLE', `The job ${name} of ${module} cannot be run: ${reason}`)
}
