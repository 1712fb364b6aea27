import type { CatalogTenant } from '../../catalog/read.js'
import type { PagedTenant } from '../../catalog/tenant-pages.js'
import type { ModuleDefinition } from '../../contract/define-module.js'
import type { Database, Engine } from '../../engines/contract.js'
import type { CatalogDependencies } from '../../modules/graph.js'
import type { TenantId } from '../../names.js'
import type { Reservations } from '../../tenants/reservation.js'
import type { Clock } from '../clock.js'
import type { RegisteredJob, RunJob, Target } from '../contract.js'
import type { JobsOfModule } from '../registry.js'
import type { Lease } from './claim-keeper.js'
import type { ClosureOf } from './closures.js'
import type { Shares } from './shares.js'
import type { Slots } from './slots.js'

/** What is read of the catalog. */
export interface TenantSource {
  /** The tenants behind an id in the order of their ids, a page of them; empty at the end. */
  page(after: TenantId): Promise<readonly PagedTenant[]>
  /** Of all tenants the highest id, 0 if there is none. */
  highestId(): Promise<TenantId>
  dependencies(): Promise<CatalogDependencies>
  tenant(id: TenantId): Promise<CatalogTenant | undefined>
}

/** What all ticks of a process, and the jobs that are run by hand, have in common. */
export interface TickParts {
  readonly engine: Engine
  readonly tenants: TenantSource
  readonly closureOf: ClosureOf
  readonly jobsOf: JobsOfModule
  /** The kernel's own: those of the catalog, and of each tenant besides the jobs of its modules. */
  readonly ownJobs: readonly RegisteredJob[]
  /** Migrates the database of a tenant as its first request would, if so configured. */
  bringUp(tenant: CatalogTenant, database: Database, modules: readonly ModuleDefinition[]): Promise<void>
  readonly autoMigration: boolean
  readonly runJob: RunJob
  readonly clock: Clock
  readonly lease: Lease
  readonly timeZone: string
  readonly keepDays: number
  readonly shares: Shares
  /** Databases being looked at, and jobs that run, of the whole process. */
  readonly looks: Slots
  readonly slots: Slots
  readonly reservations: Reservations
  /** Databases that a tick of this process has to do with: another one leaves them alone. */
  readonly inWork: Set<Target>
  /** Jobs of other processes that are waited for: `12 notes@v1/purge`. */
  readonly watched: Set<string>
  /** No job begins any more. */
  readonly closing: AbortSignal
  /** What runs is ended. */
  readonly stop: AbortSignal
  /** Told of what nobody foresaw. */
  unforeseen(error: unknown, target: Target): void
}
