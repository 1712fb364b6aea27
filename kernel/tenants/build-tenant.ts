import type { CatalogTenant } from '../catalog/read.js'
import type { ModuleDefinition } from '../contract/define-module.js'
import type { Database } from '../engines/contract.js'
import { M3Error } from '../errors.js'
import { declareSchema } from '../migrations/declared/declared-schema.js'
import { migrate } from '../migrations/migrate.js'
import type { TenantId } from '../names.js'
import type { BuildScope, BuiltTenant } from './contract.js'
import { knownTenant, type MigrationParts, optionsOf } from './migrate-tenant.js'
import { Tenant } from './tenant.js'

export interface TenantBuilderParts extends MigrationParts {
  readonly autoMigration: boolean
  readonly buildScope: BuildScope
}

/** How long a build waits for a migration of the same tenant in another process, in seconds. */
const WAIT_SECONDS = 60

/** Catalog row → modules in order → connection → migration → scope. Leaves nothing open when it fails. */
export async function buildTenant(parts: TenantBuilderParts, id: TenantId): Promise<BuiltTenant> {
  const row = await knownTenant(parts, id)
  if (row.suspended) throw new M3Error('TENANT_SUSPENDED', `Tenant ${id} is suspended`)
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

async function migrateAtBuild(
  parts: TenantBuilderParts,
  row: CatalogTenant,
  database: Database,
  modules: readonly ModuleDefinition[],
): Promise<void> {
  const declared = declareSchema(modules, parts.lengths)
  const options = { ...optionsOf(parts, WAIT_SECONDS), automatic: true }
  try {
    await migrate(database, parts.engine, declared, options)
  } catch (error) {
    // A new tenant has no database yet, and a changed dbSalt gives its user another password.
    if (!parts.engine.isNotProvisioned(error)) throw error
    await parts.engine.provision(row)
    await migrate(database, parts.engine, declared, options)
  }
}
