import { M3Error } from '../errors.js'
import type { TenantId } from '../names.js'
import { type BringUpParts, bringUp } from './bring-up.js'
import type { BuildScope, BuiltTenant, PublisherOf } from './contract.js'
import { knownTenant } from './migrate-tenant.js'
import { Tenant } from './tenant.js'

export interface TenantBuilderParts extends BringUpParts {
  readonly buildScope: BuildScope
  readonly publisherOf: PublisherOf
}

/** Catalog row → modules in order → connection → migration → scope. Leaves nothing open when it fails. */
export async function buildTenant(parts: TenantBuilderParts, id: TenantId): Promise<BuiltTenant> {
  const row = await knownTenant(parts, id)
  if (row.suspended) throw new M3Error('TENANT_SUSPENDED', `Tenant ${id} is suspended`)
  const closure = await parts.closureOf(row)
  const database = parts.engine.tenant(row)
  try {
    await bringUp(parts, row, database, closure.modules)
    const mqtt = parts.publisherOf({ id, name: row.name })
    const tenant = new Tenant({ id, name: row.name, database, lengths: parts.lengths, mqtt, ...closure })
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
