import type { PagedTenant } from '../../catalog/tenant-pages.js'
import type { JobResult, RegisteredJob, Target } from '../contract.js'
import { JobStore } from '../store/job-store.js'
import { CATALOG_TABLES, TENANT_TABLES } from '../store/job-tables.js'
import type { TickParts } from './tick-parts.js'

/** A database that has jobs: the catalog's, or a tenant's as it was read some time ago. */
export interface Place {
  readonly target: Target
  open(): JobStore
  /** Lets go of what `open` gave. */
  close(store: JobStore): Promise<void>
  /**
   * Makes it ready for its jobs. Undefined if it must not be touched: a tenant that was removed, changed or suspended
   * meanwhile.
   */
  prepare(store: JobStore): Promise<PlaceInWork | undefined>
}

export interface CatalogPlace extends Place {
  prepare(store: JobStore): Promise<PlaceInWork>
}

/** What jobs are run in. */
export interface PlaceInWork {
  readonly target: Target
  readonly store: JobStore
  /** In a thread of its own. */
  runModuleJob(job: RegisteredJob, attempt: number, now: Date, signal: AbortSignal): Promise<JobResult>
}

/** The catalog has no modules, so it has the kernel's own jobs alone. */
export function catalogPlace({ engine }: Pick<TickParts, 'engine'>): CatalogPlace {
  return {
    target: 'catalog',
    open: () => new JobStore(engine.catalog, CATALOG_TABLES),
    close: async () => {},
    async prepare(store) {
      // Its migration makes the table of jobs, and not that of their runs.
      await store.create()
      return {
        target: 'catalog',
        store,
        runModuleJob: ({ key }) => Promise.reject(new Error(`the catalog has no module that has the job ${key}`)),
      }
    },
  }
}

export function tenantPlace(parts: TickParts, tenant: PagedTenant): Place {
  return {
    target: tenant.id,
    open: () => new JobStore(parts.engine.tenant(tenant), TENANT_TABLES),
    close: ({ database }) => database.close(),
    async prepare(store) {
      const row = await parts.tenants.tenant(tenant.id)
      if (!row || row.suspended) return undefined
      if (row.name !== tenant.name || row.user !== tenant.user || row.secret !== tenant.secret) return undefined
      return inTenant(parts, row, store)
    },
  }
}

/** Its database is brought to what its modules declare. Throws TENANT_UNAVAILABLE. */
export async function inTenant(
  parts: TickParts,
  tenant: Parameters<TickParts['bringUp']>[0],
  store: JobStore,
): Promise<PlaceInWork> {
  const closure = await parts.closureOf(tenant)
  await parts.bringUp(tenant, store.database, closure.modules)
  return {
    target: tenant.id,
    store,
    async runModuleJob({ key, module, definition }, attempt, now, signal) {
      if (!definition || module === 'kernel') throw new Error(`${key} is no job of a module`)
      const connections = parts.shares.connectionsPerJob
      return parts.runJob({ tenant, closure, module, definition, attempt, now, connections }, signal)
    },
  }
}
