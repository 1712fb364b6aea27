import { LRUCache } from 'lru-cache'
import { FleetState } from '../catalog/fleet-state.js'
import { type CatalogReader, readDependencies, TENANT, type TenantRow } from '../catalog/read.js'
import { type PagedTenant, readTenantPage } from '../catalog/tenant-pages.js'
import type { CatalogRules } from '../catalog/tenant-rules.js'
import type { Session } from '../engines/contract.js'
import { M3Error } from '../errors.js'
import { type DeclaredSchema, declareSchema } from '../migrations/declared/declared-schema.js'
import { runFleet } from '../migrations/fleet/fleet.js'
import type { FleetEvent } from '../migrations/fleet/fleet-events.js'
import type { FleetOptions } from '../migrations/fleet/fleet-options.js'
import { eventsOf } from './event-channel.js'
import type { MigrationParts } from './migrate-tenant.js'
import { prepareTenant } from './prepared-tenant.js'

export interface FleetBuilderParts extends Omit<MigrationParts, 'readTenant'> {
  readonly rules: CatalogRules
  /** Connections that the process may have open at a time. */
  readonly connections: number
  unforeseen(error: unknown, tenant: PagedTenant): void
}

/** Tenants that are read at a time. */
const PAGE = 256
/** Sets of module versions whose declaration is kept; tenants with the same subscriptions are declared once. */
const MOST_DECLARATIONS = 64
/** Left free of the budget: two for the catalog, one to provision and to compare by. */
const SPARE_CONNECTIONS = 3

/** Migrates all tenants: one such run a catalog at a time. */
export class Fleet {
  readonly #parts: FleetBuilderParts
  readonly #closing = new AbortController()
  readonly #running = new Set<Promise<void>>()
  #closed: Promise<void> | undefined

  constructor(parts: FleetBuilderParts) {
    this.#parts = parts
  }

  /**
   * Tells of each tenant as it goes; see `runFleet`. Before the first event it throws LOCKED, at once, if another run has
   * the catalog. Whoever stops reading, or the signal, ends it after the tenants in work.
   */
  migrateAll(options: FleetOptions, signal: AbortSignal): AsyncIterable<FleetEvent> {
    const { catalog } = this.#parts.engine
    return eventsOf<FleetEvent>(
      (emit, leaving) => {
        const run = catalog.locked(0, (session) => this.#run(session, options, emit, leaving), 'fleet')
        const settled = run.then(
          () => {},
          () => {},
        )
        this.#running.add(settled)
        settled.finally(() => this.#running.delete(settled))
        return run
      },
      AbortSignal.any([signal, this.#closing.signal]),
    )
  }

  /** Ends what runs after the tenants in work, and waits for that, `seconds` at most from the first call on. */
  close(seconds: number): Promise<void> {
    this.#closed ??= this.#close(seconds)
    return this.#closed
  }

  async #close(seconds: number): Promise<void> {
    this.#closing.abort()
    if (this.#running.size === 0) return
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, seconds * 1000)
    })
    await Promise.race([Promise.all(this.#running), late])
    clearTimeout(timer)
    // What goes on all the same is as good as killed: nobody waits for the connection that it has.
    if (this.#running.size > 0) await this.#parts.engine.catalog.close(0)
  }

  async #run(
    session: Session,
    options: FleetOptions,
    emit: (event: FleetEvent) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const parts = this.#parts
    const declare = await this.#declarations(session)
    await runFleet<PagedTenant>(
      {
        page: (after) => readTenantPage(session, { after, limit: PAGE }, parts.rules),
        prepare: async (tenant) => {
          if (tenant.fault) throw tenant.fault
          return prepareTenant(parts, tenant, await declare(tenant), () => refuseIfGone(session, tenant))
        },
        state: await FleetState.open(session, options.restart),
        forcesSeeds: parts.forceMainSeeds,
        unforeseen: (error, tenant) => parts.unforeseen(error, tenant),
        now: () => performance.now(),
      },
      { ...options, parallel: Math.min(options.parallel, Math.max(1, parts.connections - SPARE_CONNECTIONS)) },
      emit,
      signal,
    )
  }

  /** What tenants declare, kept by their subscriptions for one run. */
  async #declarations(session: Session): Promise<(tenant: PagedTenant) => Promise<DeclaredSchema>> {
    const { closureOf, lengths } = this.#parts
    const dependencies = await readDependencies(session)
    const kept = new LRUCache<string, Promise<DeclaredSchema>>({ max: MOST_DECLARATIONS })
    return ({ subscriptions }) => {
      const key = subscriptions.join(' ')
      const known = kept.get(key)
      if (known) return known
      const declared = closureOf({ subscriptions, dependencies }).then(({ modules }) => declareSchema(modules, lengths))
      kept.set(key, declared)
      return declared
    }
  }
}

/** Tenants are read some time before their turn: the database of one that was removed meanwhile must not come back. */
async function refuseIfGone(catalog: CatalogReader, { id, name, user }: PagedTenant): Promise<void> {
  const [row] = await catalog.select<TenantRow>(`${TENANT} WHERE id = ?`, [id])
  if (row?.name === name && row.user === user) return
  throw new M3Error('TENANT_UNKNOWN', 'The tenant was removed from the catalog, or renamed, while the run went on')
}
