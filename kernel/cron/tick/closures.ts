import { LRUCache } from 'lru-cache'
import type { CatalogTenant } from '../../catalog/read.js'
import type { PagedTenant } from '../../catalog/tenant-pages.js'
import type { CatalogDependencies } from '../../modules/graph.js'
import type { ModuleClosure } from '../../modules/load.js'
import type { RegisteredJob } from '../contract.js'
import { type JobsOfModule, jobsOfTenant } from '../registry.js'

export type ClosureOf = (tenant: Pick<CatalogTenant, 'subscriptions' | 'dependencies'>) => Promise<ModuleClosure>

/** Sets of module versions whose jobs are kept; tenants with the same subscriptions have the same. */
const MOST_KEPT = 64

/** The jobs of tenants by their subscriptions, each found out once a tick. */
export class JobsBySubscriptions {
  readonly #kept = new LRUCache<string, Promise<readonly RegisteredJob[]>>({ max: MOST_KEPT })

  constructor(
    readonly dependencies: CatalogDependencies,
    readonly closureOf: ClosureOf,
    readonly jobsOf: JobsOfModule,
    readonly ownJobs: readonly RegisteredJob[],
  ) {}

  /** Throws TENANT_UNAVAILABLE with the reasons. */
  of({ subscriptions }: Pick<PagedTenant, 'subscriptions'>): Promise<readonly RegisteredJob[]> {
    const key = subscriptions.join(' ')
    const known = this.#kept.get(key)
    if (known) return known
    const { dependencies } = this
    const jobs = this.closureOf({ subscriptions, dependencies }).then((closure) =>
      jobsOfTenant(closure, this.jobsOf, this.ownJobs),
    )
    // Whoever asked hears of the failure.
    jobs.catch(() => undefined)
    this.#kept.set(key, jobs)
    return jobs
  }
}
