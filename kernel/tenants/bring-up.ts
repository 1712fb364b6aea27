import type { CatalogTenant } from '../catalog/read.js'
import type { ModuleDefinition } from '../contract/define-module.js'
import type { Database } from '../engines/contract.js'
import { declareSchema } from '../migrations/declared/declared-schema.js'
import { migrate } from '../migrations/migrate.js'
import { type MigrationParts, optionsOf } from './migrate-tenant.js'

export interface BringUpParts extends MigrationParts {
  readonly autoMigration: boolean
}

/** How long whoever needs the tenant waits for a migration of it in another process, in seconds. */
const WAIT_SECONDS = 60

/**
 * What comes before a tenant's database is used, by a request or by a cron job: with `autoMigration` it is brought to what
 * its modules declare, made or mended first if need be. One query if it is there already.
 */
export async function bringUp(
  parts: BringUpParts,
  row: CatalogTenant,
  database: Database,
  modules: readonly ModuleDefinition[],
): Promise<void> {
  if (!parts.autoMigration) return endDeadRestore(parts.engine, row, database)
  const declared = declareSchema(modules, parts.lengths)
  const options = { ...optionsOf(parts, row.id, WAIT_SECONDS), automatic: true }
  try {
    await migrate(database, parts.engine, declared, options)
  } catch (error) {
    // A new tenant has no database yet, a changed dbSalt gives its user another password, and a restore may have died.
    const { engine } = parts
    if (!engine.isNotProvisioned(error) && !engine.isShutOut(error)) throw error
    await parts.engine.provision(row)
    await migrate(database, parts.engine, declared, options)
  }
}

/** One query, and none on SQLite, which shuts nobody out. Any other trouble is told to whoever asks next. */
async function endDeadRestore(engine: BringUpParts['engine'], row: CatalogTenant, database: Database): Promise<void> {
  if (engine.kind !== 'mysql') return
  try {
    await database.select('SELECT 1 AS one')
  } catch (error) {
    if (engine.isShutOut(error)) await engine.recover(row)
  }
}
