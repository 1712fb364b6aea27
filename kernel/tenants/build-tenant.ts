import type { CatalogTenant } from '../catalog/read.js'
import type { CustomLengths } from '../config/config.js'
import type { ModuleDefinition } from '../contract/define-module.js'
import type { Database, Engine } from '../engines/contract.js'
import { M3Error } from '../errors.js'
import { declareSchema } from '../migrations/declared-schema.js'
import { type MigrateOptions, migrate, type PendingReport, reportPending } from '../migrations/migrate.js'
import { type MigrationMode, type ModeReport, runMode } from '../migrations/run-mode.js'
import type { ModuleClosure } from '../modules/load.js'
import type { TenantId } from '../names.js'
import type { BuildScope, BuiltTenant } from './contract.js'
import { Tenant } from './tenant.js'

export interface TenantBuilderParts {
  readonly engine: Engine
  readonly lengths: CustomLengths
  readonly autoMigration: boolean
  readonly forceMainSeeds: boolean
  /** The tenant with its subscriptions and signature, or undefined. */
  readTenant(id: TenantId): Promise<CatalogTenant | undefined>
  /** The modules it needs, dependencies first. Throws TENANT_UNAVAILABLE with the reasons. */
  closureOf(tenant: CatalogTenant): Promise<ModuleClosure>
  readonly buildScope: BuildScope
}

/** How long a build waits for a migration of the same tenant in another process, in seconds. */
const WAIT_SECONDS = 60

/** Catalog row → modules in order → connection → migration → scope. Leaves nothing open when it fails. */
export async function buildTenant(parts: TenantBuilderParts, id: TenantId): Promise<BuiltTenant> {
  const row = await known(parts, id)
  const closure = await parts.closureOf(row)
  const database = parts.engine.tenant(row)
  try {
    if (parts.autoMigration) await migrateAtBuild(parts, row, database, closure.modules)
    const tenant = new Tenant({ id, name: row.name, database, lengths: parts.lengths, ...closure })
    const scope = await parts.buildScope(tenant)
    return {
      id,
      name: row.name,
      signature: row.signature,
      scope,
      close: async (seconds) => {
        await scope.close()
        await database.close(seconds)
      },
    }
  } catch (error) {
    await database.close()
    throw error
  }
}

/** Migrates or seeds one tenant on request, its database, user and grants made or repaired first. */
export async function runTenantMode(
  parts: TenantBuilderParts,
  id: TenantId,
  mode: MigrationMode,
): Promise<ModeReport & { readonly tenant: TenantId; readonly provisioned: readonly string[] }> {
  const row = await known(parts, id)
  const declared = declareSchema((await parts.closureOf(row)).modules, parts.lengths)
  const provisioned = await parts.engine.provision(row)
  const database = parts.engine.tenant(row)
  try {
    const report = await runMode(database, parts.engine, declared, mode, optionsOf(parts, 0))
    return { tenant: id, provisioned, ...report }
  } finally {
    await database.close()
  }
}

/** What a migration of a tenant's database would run. Throws TENANT_UNKNOWN, TENANT_UNAVAILABLE. */
export async function pendingInTenant(
  parts: Pick<TenantBuilderParts, 'engine' | 'lengths' | 'readTenant' | 'closureOf'>,
  id: TenantId,
): Promise<PendingReport & { readonly tenant: TenantId }> {
  const row = await known(parts, id)
  const declared = declareSchema((await parts.closureOf(row)).modules, parts.lengths)
  const database = parts.engine.tenant(row)
  try {
    return { tenant: id, ...(await reportPending(database, parts.engine, declared)) }
  } finally {
    await database.close()
  }
}

async function known(parts: Pick<TenantBuilderParts, 'readTenant'>, id: TenantId): Promise<CatalogTenant> {
  const row = await parts.readTenant(id)
  if (!row) throw new M3Error('TENANT_UNKNOWN', `There is no tenant ${id}`)
  return row
}

async function migrateAtBuild(
  parts: TenantBuilderParts,
  row: CatalogTenant,
  database: Database,
  modules: readonly ModuleDefinition[],
): Promise<void> {
  const declared = declareSchema(modules, parts.lengths)
  const options = optionsOf(parts, WAIT_SECONDS)
  try {
    await migrate(database, parts.engine, declared, options)
  } catch (error) {
    // A new tenant has no database yet, and a changed dbSalt gives its user another password.
    if (!parts.engine.isNotProvisioned(error)) throw error
    await parts.engine.provision(row)
    await migrate(database, parts.engine, declared, options)
  }
}

function optionsOf(parts: TenantBuilderParts, waitSeconds: number): MigrateOptions {
  return { waitSeconds, forceMainSeeds: parts.forceMainSeeds }
}
