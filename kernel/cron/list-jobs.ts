import type { Database } from '../engines/contract.js'
import { M3Error } from '../errors.js'
import { compareModuleVersions } from '../modules/graph.js'
import { formatModuleVersion, type ModuleVersionName, type TenantId } from '../names.js'
import type { JobSummary, JobsReport, RegisteredJob, RunRecord, RunSummary, Target, TargetFailure } from './contract.js'
import { isDue, nextDue } from './due/due.js'
import { jobsOfTenant, leftOutOf } from './registry.js'
import { summaryOf } from './run-summary.js'
import { JobStore, type StoredJob } from './store/job-store.js'
import { CATALOG_TABLES, type JobTables, TENANT_TABLES } from './store/job-tables.js'
import { RunHistory } from './store/run-history.js'
import { failureOf } from './target-failure.js'
import type { TickParts } from './tick/tick-parts.js'

interface Known {
  readonly states: ReadonlyMap<string, StoredJob>
  readonly latest: ReadonlyMap<string, RunRecord>
}

const NOTHING: Known = { states: new Map(), latest: new Map() }

/** The jobs of one database, or of all in the order of their tenants. Writes nothing. */
export async function listJobs(parts: TickParts, target: Target | undefined, now: Date): Promise<JobsReport> {
  const { timeZone, jobsOf } = parts
  const modules = new Set<ModuleVersionName>()
  const leftOut = () => [...modules].sort(compareModuleVersions).flatMap((module) => leftOutOf(module, jobsOf))
  if (target !== undefined) {
    const jobs = await jobsAt(parts, target, now, modules)
    return { timeZone, jobs, leftOut: leftOut(), failures: [] }
  }
  const jobs = [...(await jobsAt(parts, 'catalog', now, modules))]
  const failures: TargetFailure[] = []
  let last: TenantId | undefined = 0
  while (last !== undefined) {
    const page = await parts.tenants.page(last)
    const listed = await Promise.all(page.map(({ id }) => settledAt(parts, id, now, modules)))
    for (const each of listed) {
      if ('code' in each) failures.push(each)
      else jobs.push(...each)
    }
    last = page.at(-1)?.id
  }
  return { timeZone, jobs, leftOut: leftOut(), failures }
}

/** The history of one database, the newest runs first. */
export function listRuns(
  parts: TickParts,
  target: Target,
  filter: { readonly job?: string; readonly most: number },
): Promise<readonly RunSummary[]> {
  return onDatabase(parts, target, async (database, tables) => {
    const runs = await unlessMissing(parts, () => new RunHistory(database, tables).newest(filter), [])
    return runs.map((run) => summaryOf(target, run))
  })
}

async function settledAt(
  parts: TickParts,
  id: TenantId,
  now: Date,
  modules: Set<ModuleVersionName>,
): Promise<readonly JobSummary[] | TargetFailure> {
  try {
    return (await parts.looks.within(parts.closing, () => jobsAt(parts, id, now, modules))) ?? []
  } catch (error) {
    const failure = failureOf(id, error)
    if (failure.code === 'INTERNAL') parts.unforeseen(error, id)
    return failure
  }
}

/** Adds to `modules` those of the database. */
async function jobsAt(
  parts: TickParts,
  target: Target,
  now: Date,
  modules: Set<ModuleVersionName>,
): Promise<readonly JobSummary[]> {
  const jobs = await registeredJobs(parts, target, modules)
  return onDatabase(parts, target, async (database, tables) => {
    const known = await unlessMissing(parts, () => readAll(database, tables, now), NOTHING)
    return jobs.map((job) => jobSummary(target, job, known, now, parts.timeZone))
  })
}

/** Throws TENANT_UNKNOWN, TENANT_UNAVAILABLE. */
async function registeredJobs(
  parts: TickParts,
  target: Target,
  modules: Set<ModuleVersionName>,
): Promise<readonly RegisteredJob[]> {
  if (target === 'catalog') return parts.ownJobs
  const row = await knownTenant(parts, target)
  const closure = await parts.closureOf(row)
  for (const { name, version } of closure.modules) modules.add(formatModuleVersion(name, version))
  return jobsOfTenant(closure, parts.jobsOf, parts.ownJobs)
}

export async function knownTenant({ tenants }: Pick<TickParts, 'tenants'>, id: TenantId) {
  const row = await tenants.tenant(id)
  if (!row) throw new M3Error('TENANT_UNKNOWN', `There is no tenant ${id}`)
  return row
}

async function readAll(database: Database, tables: JobTables, now: Date): Promise<Known> {
  const { jobs: states } = await new JobStore(database, tables).read(now)
  return { states, latest: await new RunHistory(database, tables).latest() }
}

async function onDatabase<T>(
  parts: TickParts,
  target: Target,
  use: (database: Database, tables: JobTables) => Promise<T>,
): Promise<T> {
  if (target === 'catalog') return use(parts.engine.catalog, CATALOG_TABLES)
  const database = parts.engine.tenant(await knownTenant(parts, target))
  try {
    return await use(database, TENANT_TABLES)
  } finally {
    await database.close()
  }
}

/** Of a tenant whose database was never made nothing is known. */
async function unlessMissing<T>({ engine }: TickParts, read: () => Promise<T>, nothing: T): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (engine.isNotProvisioned(error)) return nothing
    throw error
  }
}

function jobSummary(target: Target, job: RegisteredJob, known: Known, now: Date, timeZone: string): JobSummary {
  const { key, module, name, schedule } = job
  const state = known.states.get(key)
  const last = known.latest.get(key)
  const history = state ?? { firstSeen: now }
  return {
    target,
    module,
    job: name,
    schedule,
    nextDue: nextDue(schedule, history, now, timeZone),
    due: isDue(schedule, history, now, timeZone),
    running: state?.claimed ?? false,
    ...(state?.lastRun ? { lastRun: state.lastRun.toISOString() } : {}),
    ...(last ? { last: summaryOf(target, last) } : {}),
  }
}
