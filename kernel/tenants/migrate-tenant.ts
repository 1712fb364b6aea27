import type { CatalogTenant } from '../catalog/read.js'
import type { CustomLengths } from '../config/config.js'
import type { Database, Engine } from '../engines/contract.js'
import { M3Error } from '../errors.js'
import { type DeclaredSchema, declareSchema } from '../migrations/declared/declared-schema.js'
import { type RevertReport, type RevertTarget, revertMigrations } from '../migrations/down.js'
import type { MigrateOptions } from '../migrations/migrate.js'
import { type PlanReport, reportPlan } from '../migrations/plan-report.js'
import type { PlanningOptions } from '../migrations/prepare.js'
import { type PruneReport, prune } from '../migrations/prune/prune.js'
import { type MigrationMode, type ModeReport, runMode } from '../migrations/run-mode.js'
import type { TakenBackup } from '../migrations/take-backup.js'
import type { ModuleClosure } from '../modules/load.js'
import type { TenantId } from '../names.js'

export interface MigrationParts {
  readonly engine: Engine
  readonly lengths: CustomLengths
  readonly forceMainSeeds: boolean
  readonly migrations: Omit<PlanningOptions, 'takeBackup'>
  /** Backs up a database whose lock is held, before values of it can be lost. */
  backupOf(target: TenantId): Promise<TakenBackup>
  /** The tenant with its subscriptions and signature, or undefined. */
  readTenant(id: TenantId): Promise<CatalogTenant | undefined>
  /** The modules it needs, dependencies first. Throws TENANT_UNAVAILABLE with the reasons. */
  closureOf(tenant: Pick<CatalogTenant, 'subscriptions' | 'dependencies'>): Promise<ModuleClosure>
}

/** Migrates or seeds one tenant on request, its database, user and grants made or repaired first. */
export async function runTenantMode(
  parts: MigrationParts,
  id: TenantId,
  mode: MigrationMode,
): Promise<ModeReport & { readonly tenant: TenantId; readonly provisioned: readonly string[] }> {
  const row = await knownTenant(parts, id)
  const declared = await declaredBy(parts, row)
  const provisioned = await parts.engine.provision(row)
  return withDatabase(parts, row, async (database) => {
    const report = await runMode(database, parts.engine, declared, mode, optionsOf(parts, id, 0))
    return { tenant: id, provisioned, ...report }
  })
}

/** What a migration of a tenant's database would do. Throws TENANT_UNKNOWN, TENANT_UNAVAILABLE. */
export async function planTenant(
  parts: MigrationParts,
  id: TenantId,
): Promise<PlanReport & { readonly tenant: TenantId }> {
  const row = await knownTenant(parts, id)
  const declared = await declaredBy(parts, row)
  return withDatabase(parts, row, async (database) => {
    return { tenant: id, ...(await reportPlan(database, parts.engine, declared, optionsOf(parts, id, 0))) }
  })
}

/** Reverts hand-written migrations of a tenant's database. Throws as `revertMigrations`, and TENANT_UNKNOWN. */
export async function revertTenant(
  parts: MigrationParts,
  id: TenantId,
  to: RevertTarget,
): Promise<RevertReport & { readonly tenant: TenantId }> {
  const row = await knownTenant(parts, id)
  const declared = await declaredBy(parts, row)
  return withDatabase(parts, row, async (database) => {
    return { tenant: id, ...(await revertMigrations(database, parts.engine, declared, to, { waitSeconds: 0 })) }
  })
}

/** Prunes a tenant's database, or tells what pruning would drop. Throws as `prune`, TENANT_UNKNOWN, TENANT_UNAVAILABLE. */
export async function pruneTenant(
  parts: MigrationParts,
  id: TenantId,
  confirmed: boolean,
): Promise<PruneReport & { readonly tenant: TenantId }> {
  const declare = async () => declaredBy(parts, await knownTenant(parts, id))
  return withDatabase(parts, await knownTenant(parts, id), async (database) => {
    return { tenant: id, ...(await prune(database, parts.engine, declare, confirmed, optionsOf(parts, id, 0))) }
  })
}

export async function knownTenant(parts: Pick<MigrationParts, 'readTenant'>, id: TenantId): Promise<CatalogTenant> {
  const row = await parts.readTenant(id)
  if (!row) throw new M3Error('TENANT_UNKNOWN', `There is no tenant ${id}`)
  return row
}

export function optionsOf(
  { forceMainSeeds, migrations, backupOf }: Pick<MigrationParts, 'forceMainSeeds' | 'migrations' | 'backupOf'>,
  id: TenantId,
  waitSeconds: number,
): MigrateOptions {
  return { waitSeconds, forceMainSeeds, ...migrations, takeBackup: () => backupOf(id) }
}

async function declaredBy(parts: MigrationParts, row: CatalogTenant): Promise<DeclaredSchema> {
  return declareSchema((await parts.closureOf(row)).modules, parts.lengths)
}

async function withDatabase<T>(
  { engine }: MigrationParts,
  row: CatalogTenant,
  use: (database: Database) => Promise<T>,
): Promise<T> {
  const database = engine.tenant(row)
  try {
    return await use(database)
  } finally {
    await database.close()
  }
}
