import type { SeedRow } from '../contract/define-seed.js'
import type { Database } from '../engines/contract.js'
import { type Fault, M3Error } from '../errors.js'
import type { TenantId } from '../names.js'
import { forgetTenant } from './fleet-state.js'
import type { CatalogSeeds } from './seeds.js'

/** What is left of a tenant that was removed: its database, and on MySQL its database user. */
export interface RemovedTenant {
  readonly name: string
  readonly user: string
}

/**
 * Takes a tenant and its subscriptions out of the catalog. Its database is left alone. Throws TENANT_UNKNOWN, and
 * CATALOG_REFUSED if a main seed would bring it back, or would refer to it in vain, when the catalog is next migrated.
 */
export async function removeTenant(catalog: Database, id: TenantId, seeds: CatalogSeeds): Promise<RemovedTenant> {
  const [row] = await catalog.select<RemovedTenant>('SELECT name, user FROM tenants WHERE id = ?', [id])
  if (!row) throw unknown(id)
  const faults = [...seeds.faults, ...seedFaults(id, seeds)]
  if (faults.length > 0) throw new M3Error('CATALOG_REFUSED', 'The catalog is left as it is', { faults })
  await catalog.session((session) => forgetTenant(session, id))
  await catalog.transaction(async () => {
    // An adopted catalog may have no foreign key that would do so.
    await catalog.run('DELETE FROM subscriptions WHERE tenant_id = ?', [id])
    const { affectedRows } = await catalog.run('DELETE FROM tenants WHERE id = ?', [id])
    if (affectedRows === 0) throw unknown(id)
  })
  return { name: row.name, user: row.user }
}

function unknown(id: TenantId): M3Error {
  return new M3Error('TENANT_UNKNOWN', `There is no tenant ${id}`)
}

/** The main seeds that name the tenant. Temporary ones are written only when they are asked for. Pure. */
function seedFaults(id: TenantId, { seeds }: CatalogSeeds): Fault[] {
  const isTenant: Record<string, (row: SeedRow) => boolean> = {
    tenants: (row) => row.id === id,
    subscriptions: (row) => row.tenant_id === id,
  }
  return seeds.flatMap(({ place, definition }) => {
    const { name } = definition.table
    const number = definition.main.filter(({ row }) => isTenant[name]?.(row)).length
    if (number === 0) return []
    const message =
      name === 'tenants'
        ? `has the tenant ${id} as a main seed, which would bring it back: remove it there first`
        : `subscribes the tenant ${id} by main seeds: remove them there first`
    return [{ path: place, message }]
  })
}
