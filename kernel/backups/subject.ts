import type { CatalogTenant } from '../catalog/read.js'
import type { Database, DatabaseConnection, Engine, RestoreTarget } from '../engines/contract.js'
import type { ArchiveOrigin } from './archive/origin.js'
import type { Target } from './contract.js'
import type { RetentionRule } from './retention.js'

/** Whose database it is, with all that backing it up, or restoring it, takes. */
export interface Subject {
  readonly target: Target
  readonly database: string
  readonly origin: ArchiveOrigin
  readonly rule: RetentionRule
  readonly restored: RestoreTarget
  connection(): DatabaseConnection
  /** A pool of its own that is closed afterwards. */
  use<T>(fn: (database: Database) => Promise<T>): Promise<T>
}

export function catalogSubject(engine: Engine, rule: RetentionRule): Subject {
  const { catalog } = engine
  return {
    target: 'catalog',
    database: catalog.name,
    origin: { target: 'catalog', database: catalog.name },
    rule,
    restored: 'catalog',
    connection: () => engine.catalogConnection(),
    use: (fn) => fn(catalog),
  }
}

type Tenant = Pick<CatalogTenant, 'id' | 'name' | 'user' | 'secret' | 'perDayBackups' | 'maxBackups'>

export function tenantSubject(engine: Engine, tenant: Tenant): Subject {
  const { id, name } = tenant
  return {
    target: id,
    database: name,
    origin: { target: 'tenant', tenant: id, database: name },
    rule: { perDay: tenant.perDayBackups, max: tenant.maxBackups },
    restored: tenant,
    connection: () => engine.connectionOf(tenant),
    async use(fn) {
      const database = engine.tenant(tenant)
      try {
        return await fn(database)
      } finally {
        await database.close()
      }
    },
  }
}
