import type { Database, TenantIdentity } from '../engines/contract.js'
import type { DeclaredSchema } from '../migrations/declared/declared-schema.js'
import type { TenantReport } from '../migrations/fleet/fleet-events.js'
import type { PreparedTenant } from '../migrations/fleet/fleet-parts.js'
import { migrateInTurn, pendingMigrations } from '../migrations/migrate.js'
import type { TenantId } from '../names.js'
import { type MigrationParts, optionsOf } from './migrate-tenant.js'

type Parts = Pick<MigrationParts, 'engine' | 'forceMainSeeds' | 'migrations' | 'backupOf'>

/** How long a tenant of many waits for a migration of it in another process, in seconds. */
const WAIT_SECONDS = 30

/**
 * Looks whether a tenant's database is up to date, by one query on one connection. One that is not there yet, or does
 * not let its user in, is not: it is provisioned before it is migrated, unless `beforeProvisioning` throws.
 */
export async function prepareTenant(
  parts: Parts,
  tenant: TenantIdentity & { readonly id: TenantId },
  declared: DeclaredSchema,
  beforeProvisioning: () => Promise<void>,
): Promise<PreparedTenant> {
  const { engine } = parts
  const database = engine.tenant(tenant)
  // Asked once on this connection: a server of many need not prepare it.
  const asking: Pick<Database, 'select'> = { select: (sql) => database.session((session) => session.ask(sql)) }
  let isThere = true
  let upToDate = false
  try {
    upToDate = (await pendingMigrations(asking, declared)).length === 0
  } catch (error) {
    if (!engine.isNotProvisioned(error)) {
      await database.close()
      throw error
    }
    isThere = false
  }
  return {
    fingerprint: declared.fingerprint,
    upToDate,
    async migrate(): Promise<TenantReport> {
      if (!isThere) await beforeProvisioning()
      const provisioned = isThere ? [] : await engine.provision(tenant)
      const options = { ...optionsOf(parts, tenant.id, WAIT_SECONDS), presumes: true }
      await options.schemas.warm(engine, declared)
      const { upToDate, written, steps, backup, seeds } = await migrateInTurn(database, engine, declared, options)
      return { provisioned, upToDate, written, steps, ...(backup ? { backup } : {}), seeds }
    },
    close: () => database.close(),
  }
}
