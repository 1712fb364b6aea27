import { randomBytes } from 'node:crypto'
import type { Logger } from 'pino'
import type { LazyBackups } from './backups/lazy-backups.js'
import { assembleBackups } from './backups-assembly.js'
import {
  addTenant,
  type CatalogChanges,
  setRetention,
  setSuspended,
  subscribe,
  unsubscribe,
} from './catalog/changes.js'
import {
  type CatalogParts,
  migrateCatalog,
  planCatalog,
  pruneCatalog,
  requireCatalog,
  revertCatalog,
  runCatalogMode,
} from './catalog/migrate-catalog.js'
import { listTenants, readDependencies, readTenant, signatures, type TenantSummary } from './catalog/read.js'
import { removeTenant } from './catalog/remove-tenant.js'
import { loadCatalogSeeds } from './catalog/seeds.js'
import { catalogRules } from './catalog/tenant-rules.js'
import type { Config } from './config/config.js'
import type { CronSubstitutes } from './cron/cron.js'
import type { LazyCron } from './cron/lazy-cron.js'
import { assembleCron } from './cron-assembly.js'
import type { Engine } from './engines/contract.js'
import type { Withheld } from './engines/dump.js'
import { openEngine } from './engines/open-engine.js'
import type { Fault } from './errors.js'
import { createScopeBuilder } from './http/tenant-scope.js'
import { SchemaCache } from './migrations/declared/wanted-schema.js'
import type { RevertReport, RevertTarget } from './migrations/down.js'
import type { FleetEvent } from './migrations/fleet/fleet-events.js'
import type { FleetOptions } from './migrations/fleet/fleet-options.js'
import type { PlanReport } from './migrations/plan-report.js'
import type { PruneReport } from './migrations/prune/prune.js'
import type { MigrationMode, ModeReport } from './migrations/run-mode.js'
import type { TakenBackup } from './migrations/take-backup.js'
import { discover } from './modules/discover.js'
import { type ModuleGraph, type ModuleStatus, ModuleStore } from './modules/load.js'
import { LazyMqtt } from './mqtt/lazy-mqtt.js'
import type { TenantId } from './names.js'
import { ConnectionBudget } from './tenants/budget.js'
import { buildTenant, type TenantBuilderParts } from './tenants/build-tenant.js'
import type { PublisherOf, RouteSummary } from './tenants/contract.js'
import { Fleet } from './tenants/fleet.js'
import { planTenant, pruneTenant, revertTenant, runTenantMode } from './tenants/migrate-tenant.js'
import type { TenantFailure } from './tenants/refusals.js'
import { TenantRegistry } from './tenants/registry.js'

export interface KernelOptions {
  /** The app root, absolute. */
  readonly root: string
  readonly config: Config
  readonly log: Logger
  /** In place of the clock, the leases and the threads of cron jobs. */
  readonly cronSubstitutes?: CronSubstitutes
}

/** The kernel of one app root: what the server and every command stand on. */
export interface Kernel extends Omit<KernelOptions, 'cronSubstitutes'> {
  readonly engine: Engine
  readonly budget: ConnectionBudget
  readonly registry: TenantRegistry
  /**
   * Brings the catalog to its declaration, if `autoMigration` says so; else looks that it is there.
   * Throws CATALOG_REFUSED with every fault, DATABASE_UNAVAILABLE.
   */
  prepareCatalog(): Promise<void>
  /** Migrates or seeds one database; the report is ready for JSON. */
  runMode(target: 'catalog' | TenantId, mode: MigrationMode): Promise<DatabaseReport>
  /** What migrating a database would do; changes nothing. With `autoMigration` false it may be served all the same. */
  plan(target: 'catalog' | TenantId): Promise<PlanReport & OfTenant>
  /** Takes hand-written migrations back. Throws MIGRATION_REFUSED, MIGRATION_FAILED, LOCKED. */
  revert(target: 'catalog' | TenantId, to: RevertTarget): Promise<RevertReport & OfTenant>
  /** Drops tables of modules that are not loaded, or tells what it would drop. Throws MIGRATION_FAILED, LOCKED. */
  prune(target: 'catalog' | TenantId, confirmed: boolean): Promise<PruneReport & OfTenant>
  /**
   * Migrates all tenants, telling of each as it goes; options that are left out come from the configuration. The signal,
   * or whoever stops reading, ends it after the tenants in work. Throws LOCKED before the first event.
   */
  migrateAll(options: Partial<FleetOptions>, signal: AbortSignal): AsyncIterable<FleetEvent>
  /** Throws DATABASE_UNAVAILABLE if the catalog cannot be read. */
  pingCatalog(): Promise<void>
  /** By id; `most` of them at most. */
  listTenants(most: number): Promise<readonly TenantSummary[]>
  /** The routes of a tenant, which is built for it. Throws as the first request to the tenant would. */
  routesOf(id: TenantId): Promise<readonly RouteSummary[]>
  readonly catalogChanges: CatalogChanges
  readonly backups: LazyBackups
  /** Its scheduler begins with `start`. */
  readonly cron: LazyCron
  /** Its broker, if it runs one, begins with `start`; it connects then, or when something is published. */
  readonly mqtt: LazyMqtt
  /** Threads of jobs that cannot be ended: the process would wait for them at its end. */
  stuckThreads(): number
  /** Every module version; each is loaded to learn whether it can be. */
  moduleStatus(): Promise<ModuleReport>
  /** What depends on what, the catalog's dependencies included where there is a catalog. */
  moduleGraph(): Promise<ModuleGraph>
  /** Ends a migration of all tenants after those in work, within the time that a shutdown has; none begins any more. */
  closeFleet(): Promise<void>
  close(): Promise<void>
}

/** What was done to one database; `provisioned` what its engine did for a tenant before. */
export type DatabaseReport = ModeReport & OfTenant & { readonly provisioned?: readonly string[] }

interface OfTenant {
  /** Absent for the catalog. */
  readonly tenant?: TenantId
}

export interface ModuleReport {
  readonly versions: readonly ModuleStatus[]
  /** Folders and packages that look like modules and are none. */
  readonly faults: readonly Fault[]
  /** Tenants that this process could not build when they were called last, and why. */
  readonly tenants: readonly TenantFailure[]
}

/** A config file of the original may have none, and works as it is. */
const WITHOUT_SALT =
  'dbSalt is empty: the passwords of the tenants’ database users are derived without a secret; whoever reads the ' +
  'catalog can derive them too. Set dbSalt: each of these users gets its new password when its tenant is next migrated'

/** Puts the rooms together. Opens no connection and imports no module yet. */
export async function assembleKernel({ root, config, log, cronSubstitutes }: KernelOptions): Promise<Kernel> {
  const { limits } = config
  if (config.tenants.database && config.dbSalt === '') log.warn(WITHOUT_SALT)
  const lengths = config.tenants.customLengths
  const budget = new ConnectionBudget(limits.connections, limits.connectionWaitSeconds)
  const [engine, discovery] = await Promise.all([openEngine(root, config, budget), discover(root)])
  for (const { path: place, message } of discovery.faults) log.warn({ place }, `${place} ${message}`)
  for (const [module, reason] of discovery.unavailable) log.error({ module }, `${module} is unavailable: ${reason}`)
  const store = new ModuleStore(discovery, {
    importSeconds: limits.moduleSeconds,
    onCronFault: (module, { path: job, message: reason }) =>
      job === ''
        ? log.error({ module, reason }, `${module} has no cron jobs: ${reason}`)
        : log.error({ module, job, reason }, `the cron job ${job} of ${module} is left out: ${reason}`),
  })
  const { catalog } = engine
  const rules = catalogRules(config, catalog.name)
  const forceMainSeeds = config.alwaysForceMainSeeds
  const migrations = { destructive: config.migrations.destructive, schemas: new SchemaCache() }
  const { isProvided } = store
  const backupOf = async (target: 'catalog' | TenantId, withheld: Withheld = {}): Promise<TakenBackup> => {
    const { signal } = new AbortController()
    const { name, bytes, rows, ms } = await backups.create(target, { reason: 'migration', withheld, signal })
    return { name, bytes, rows, ms }
  }
  const backUp = (withheld: Withheld) => backupOf('catalog', withheld)
  const catalogParts: CatalogParts = { engine, root, rules, lengths, forceMainSeeds, migrations, isProvided, backUp }
  const mqtt = new LazyMqtt({ root, config: config.mqtt, log })
  const publisherOf: PublisherOf = (tenant) => mqtt.of(tenant)
  const tenantParts: TenantBuilderParts = {
    engine,
    lengths,
    forceMainSeeds,
    migrations,
    backupOf,
    autoMigration: config.autoMigration,
    readTenant: (id) => readTenant(catalog, id, rules),
    closureOf: (tenant) => store.closure(tenant.subscriptions, tenant.dependencies),
    publisherOf,
    buildScope: createScopeBuilder({ config, log, registerSeconds: limits.moduleSeconds }),
  }
  const registry = new TenantRegistry({
    log,
    limits,
    pollSeconds: config.catalog.pollSeconds,
    build: (id) => buildTenant(tenantParts, id),
    signatures: (ids) => signatures(catalog, ids),
  })
  const fleet = new Fleet({
    ...tenantParts,
    rules,
    connections: limits.connections,
    unforeseen: (error, { id }) => log.error({ err: error, tenant: id }, `the migration of tenant ${id} failed`),
  })
  const catalogChanges: CatalogChanges = {
    add: (input) => addTenant(catalog, { password: randomBytes(32).toString('base64url'), ...input }, rules),
    remove: async (id) => removeTenant(catalog, id, await loadCatalogSeeds(root)),
    subscribe: (id, module) => subscribe(catalog, id, module, store),
    unsubscribe: (id, module) => unsubscribe(catalog, id, module),
    suspend: (id) => setSuspended(catalog, id, true),
    resume: (id) => setSuspended(catalog, id, false),
    retain: (id, rule) => setRetention(catalog, id, rule),
  }
  const backups = assembleBackups({
    ...{ root, config, log, engine, rules, tenantParts },
    gate: budget,
    changes: catalogChanges,
    async refresh(restored) {
      if (restored !== 'catalog') await registry.forgive(restored)
      await registry.refresh()
    },
  })
  const { cron, stuckThreads } = assembleCron({
    ...{ root, config, log, engine, discovery, store, rules, tenantParts },
    gate: budget,
    publisherOf,
    backUp: (target, signal) => backups.create(target, { reason: 'job', signal }),
    ...(cronSubstitutes ? { substitutes: cronSubstitutes } : {}),
  })
  return {
    root,
    config,
    log,
    engine,
    budget,
    registry,
    backups,
    cron,
    mqtt,
    stuckThreads,
    async prepareCatalog() {
      if (config.autoMigration) await migrateCatalog(catalogParts)
      else await requireCatalog(engine)
    },
    async runMode(target, mode) {
      return target === 'catalog' ? runCatalogMode(catalogParts, mode) : runTenantMode(tenantParts, target, mode)
    },
    async plan(target) {
      return target === 'catalog' ? planCatalog(catalogParts) : planTenant(tenantParts, target)
    },
    async revert(target, to) {
      return target === 'catalog' ? revertCatalog(catalogParts, to) : revertTenant(tenantParts, target, to)
    },
    async prune(target, confirmed) {
      return target === 'catalog' ? pruneCatalog(catalogParts, confirmed) : pruneTenant(tenantParts, target, confirmed)
    },
    migrateAll(options, signal) {
      return fleet.migrateAll({ ...config.migrations.fleet, restart: false, ...options }, signal)
    },
    async pingCatalog() {
      await catalog.select('SELECT 1')
    },
    listTenants: (most) => listTenants(catalog, { limit: most }),
    async routesOf(id) {
      await registry.build(id)
      const prefix = config.sub_directory === '' ? '' : `/${config.sub_directory}`
      const routes = registry.live(id)?.scope.routes ?? []
      return routes.map(({ method, path: route }) => ({ method, path: `${prefix}/${id}${route}` }))
    },
    catalogChanges,
    async moduleStatus() {
      await store.graph(new Map())
      return { versions: store.status(), faults: discovery.faults, tenants: registry.failures() }
    },
    moduleGraph: async () => store.graph(await readDependencies(catalog)),
    closeFleet: () => fleet.close(config.http.shutdownSeconds),
    async close() {
      const { shutdownSeconds } = config.http
      const began = performance.now()
      await cron.close(shutdownSeconds)
      await fleet.close(shutdownSeconds)
      await backups.close()
      await registry.close(shutdownSeconds)
      await mqtt.close(flushSeconds(shutdownSeconds, began))
      await engine.close()
    },
  }
}

/** What is left, of the seconds that a shutdown has, for messages: half a second at least. `began` is of `performance.now`. */
export function flushSeconds(shutdownSeconds: number, began: number): number {
  return Math.max(0.5, shutdownSeconds - (performance.now() - began) / 1000)
}
