import type { TenantIdentity } from '../engines/contract.js'
import { M3Error } from '../errors.js'
import type { ModuleVersionName, TenantId } from '../names.js'
import { adoptSecret } from './adopt-secrets.js'
import { type CatalogReader, isSuspended, readSubscriptions, TENANT, type TenantRow } from './read.js'
import { isStoredSecret, storedSecret } from './secrets.js'
import { type CatalogRules, identityFaults } from './tenant-rules.js'

/** A tenant as one of many. */
export interface PagedTenant extends TenantIdentity {
  readonly id: TenantId
  /** It is migrated as any other, but its jobs do not run. */
  readonly suspended: boolean
  /** By name, then by version. */
  readonly subscriptions: readonly ModuleVersionName[]
  /** Why it cannot be used: its row is not valid. */
  readonly fault?: M3Error
}

/**
 * Tenants in the order of their ids, those behind `after` only, `limit` of them at most, in two queries. A plain password
 * is replaced in its row by its stored form, as `readTenant` does.
 */
export async function readTenantPage(
  catalog: CatalogReader,
  page: { readonly after: TenantId; readonly limit: number },
  rules: CatalogRules,
): Promise<PagedTenant[]> {
  // MySQL takes no number as the parameter of a LIMIT.
  const limit = Math.max(1, Math.trunc(page.limit))
  const rows = await catalog.select<TenantRow>(`${TENANT} WHERE id > ? ORDER BY id LIMIT ${limit}`, [page.after])
  const subscriptions = await readSubscriptions(
    catalog,
    rows.map(({ id }) => id),
  )
  const tenants: PagedTenant[] = []
  for (const row of rows) {
    const { id, name, user } = row
    const known = {
      id,
      name,
      user,
      secret: row.password,
      suspended: isSuspended(row),
      subscriptions: subscriptions.get(id) ?? [],
    }
    const faults = identityFaults({ ...row }, 'tenants', rules)
    if (faults.length > 0) {
      const message = "The catalog's row of the tenant is not valid"
      tenants.push({ ...known, fault: new M3Error('TENANT_UNAVAILABLE', message, { faults }) })
    } else if (isStoredSecret(row.password)) tenants.push(known)
    else if (await adoptSecret(catalog, row, rules)) {
      tenants.push({ ...known, secret: storedSecret(rules.dbSalt, user, row.password) })
    } else tenants.push({ ...known, fault: new M3Error('TENANT_UNAVAILABLE', 'The tenant is being changed') })
  }
  return tenants
}
