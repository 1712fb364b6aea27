import { highestTenantId, readDependencies, readSubscribed, readTenant } from '../catalog/read.js'
import { readTenantPage } from '../catalog/tenant-pages.js'
import type { CatalogRules } from '../catalog/tenant-rules.js'
import type { Database } from '../engines/contract.js'
import type { CronParts } from './cron.js'

/** Tenants that are read at a time. */
const PAGE = 256

/** What cron jobs read of a catalog. */
export function tenantSource(catalog: Database, rules: CatalogRules): CronParts['tenants'] {
  return {
    page: (after) => readTenantPage(catalog, { after, limit: PAGE }, rules),
    highestId: () => highestTenantId(catalog),
    dependencies: () => readDependencies(catalog),
    tenant: (id) => readTenant(catalog, id, rules),
    subscribed: () => readSubscribed(catalog),
  }
}
