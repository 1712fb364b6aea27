import type { CatalogTenant } from '../catalog/read.js'
import type { CustomLengths } from '../config/config.js'
import type { ModuleDefinition } from '../contract/define-module.js'
import type { Database, Engine } from '../engines/contract.js'
import { M3Error } from '../errors.js'
import { declareSchema } from '../migrations/declared-schema.js'
import { type Mode, runMode } from '../migrations/run-mode.js'
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
    if (parts.autoMigration) await migrated(parts, row, database, closure.modules, 'migrate', WAIT_SECONDS, false)
    const tenant = new Tenant({ id, name: row.name, database, lengths: parts.lengths, ...closure })
    const scope = await parts.buildScope(tenant)
    return {
      id,
      name: row.name,
      signature: row.signature,
      scope,
      close: async () => {
        await scope.close()
        await database.close()
      },
    }
  } catch (error) {
    await database.close()
    throw error
  }
}

/** Migrates or seeds one tenant on request, its database, user and grants made or repaired first. */
export async function runTenantMode(parts: TenantBuilderParts, id: TenantId, mode: Mode): Promise<object> {
  const row = await known(parts, id)
  const closure = await parts.closureOf(row)
  const database = parts.engine.tenant(row)
  try {
    return await migrated(parts, row, database, closure.modules, mode, 0, true)
  } finally {
    await database.close()
  }
}

async function known(parts: TenantBuilderParts, id: TenantId): Promise<CatalogTenant> {
  const row = await parts.readTenant(id)
  if (!row) throw new M3Error('TENANT_UNKNOWN', `There is no tenant ${id}`)
  return row
}

async function migrated(
  parts: TenantBuilderParts,
  row: CatalogTenant,
  database: Database,
  modules: readonly ModuleDefinition[],
  mode: Mode,
  waitSeconds: number,
  repair: boolean,
): Promise<object> {
  const declared = declareSchema(modules, parts.lengths)
  const run = () =>
    runMode(database, parts.engine, declared, mode, { waitSeconds, forceMainSeeds: parts.forceMainSeeds })
  const provisioned = repair ? await parts.engine.provision(row) : []
  try {
    return { ...(await run()), provisioned }
  } catch (error) {
    // A new tenant has no database yet, and a changed dbSalt gives its user another password.
    if (repair || !parts.engine.isNotProvisioned(error)) throw error
    const made = await parts.engine.provision(row)
    return { ...(await run()), provisioned: made }
  }
}
