import type { CatalogTenant } from '../../catalog/read.js'
import type { ModuleClosure } from '../../modules/load.js'
import type { JobResult, RegisteredJob } from '../contract.js'
import { whyUnavailable } from '../registry.js'
import type { JobStore, StoredJob } from '../store/job-store.js'
import { RunHistory } from '../store/run-history.js'
import { attemptJob, type EndedRun } from './attempt.js'
import type { TickParts } from './tick-parts.js'

export interface TenantInWork {
  readonly tenant: CatalogTenant
  readonly closure: ModuleClosure
  readonly store: JobStore
}

/** The moment that jobs run for, and that of the wall at which the tick began. */
export interface TickMoment {
  readonly now: Date
  readonly wall: Date
}

/** Runs a job of a tenant in a thread of its own. Undefined if another has it, or had it since `known` was read. */
export async function runTenantJob(
  parts: TickParts,
  { tenant, closure, store }: TenantInWork,
  job: RegisteredJob,
  known: StoredJob,
  { now, wall }: TickMoment,
): Promise<EndedRun | undefined> {
  const { clock, lease, stop, keepDays, shares } = parts
  const { definition, module } = job
  const reason = whyUnavailable(job)
  if (reason !== undefined || !definition || module === 'kernel') throw new Error(`${job.key} cannot be run: ${reason}`)
  const connections = shares.connectionsPerJob
  const run = (attempt: number, signal: AbortSignal): Promise<JobResult> =>
    parts.runJob({ tenant, closure, module, definition, attempt, now, connections }, signal)
  const ended = await parts.reservations.within(connections, stop, () =>
    attemptJob({ store, clock, lease, tick: now, wall, stop }, job, known, run),
  )
  // The history is kept short; the run stands whether that works or not, and the next one tries again.
  if (ended) {
    await new RunHistory(store.database, store.tables)
      .forget(keepDays, ended.ended)
      .catch((error: unknown) => parts.unforeseen(error, tenant.id))
  }
  return ended
}
