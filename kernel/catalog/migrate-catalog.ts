import type { CustomLengths } from '../config/config.js'
import type { TableDefinition } from '../contract/define-table.js'
import { MAIN_SEED_COLUMN } from '../contract/table-spec.js'
import type { Engine } from '../engines/contract.js'
import type { Withheld } from '../engines/dump.js'
import type { LiveSchema } from '../engines/live-schema.js'
import { type Fault, M3Error } from '../errors.js'
import { type DeclaredSchema, declareSchema } from '../migrations/declared/declared-schema.js'
import { type RevertReport, type RevertTarget, revertMigrations } from '../migrations/down.js'
import { type MigrateOptions, type MigrationReport, migrate, pendingMigrations } from '../migrations/migrate.js'
import { type PlanReport, reportPlan } from '../migrations/plan-report.js'
import type { PlanningOptions } from '../migrations/prepare.js'
import { type PruneReport, prune } from '../migrations/prune/prune.js'
import { type MigrationMode, type ModeReport, runMode } from '../migrations/run-mode.js'
import type { TakenBackup } from '../migrations/take-backup.js'
import type { ModuleVersionName } from '../names.js'
import { adoptSecrets, hasPlainSecrets } from './adopt-secrets.js'
import { readHeld } from './held.js'
import { NOTHING_HELD, plannedRows } from './planned.js'
import { type CatalogSeeds, loadCatalogSeeds, withStoredSecrets } from './seeds.js'
import { catalogTables, seededTables } from './tables.js'
import type { CatalogRules } from './tenant-rules.js'
import { validateCatalog } from './validate.js'

export interface CatalogParts {
  readonly engine: Engine
  /** The app root: its `seeds/` are the catalog's. */
  readonly root: string
  readonly rules: CatalogRules
  readonly lengths: CustomLengths
  readonly forceMainSeeds: boolean
  readonly migrations: Omit<PlanningOptions, 'takeBackup'>
  /** Backs the catalog up while its lock is held, before values of it can be lost. */
  backUp(withheld: Withheld): Promise<TakenBackup>
  isProvided(name: ModuleVersionName): boolean
}

/** The stored form of a tenant's password takes 39 characters, whatever `customLengths.password` says of modules. */
const SHORTEST_PASSWORD_COLUMN = 40
/**
 * Plain passwords of an original catalog are replaced after the migration, in the table but not in a backup of it. Stored
 * ones are of use in a backup: without them no tenant of a restored catalog could be served.
 */
const WITHHELD = { tenants: ['password'] }
/** How long a start waits for another process that migrates the same catalog, in seconds. */
const WAIT_SECONDS = 60

/**
 * Brings the catalog to its declaration and its seeds at a start. One query if it is there already. Every row is
 * validated before anything is written: throws CATALOG_REFUSED with all that is wrong.
 */
export async function migrateCatalog(parts: CatalogParts): Promise<MigrationReport> {
  const { catalog } = parts.engine
  await parts.engine.provisionCatalog()
  const { seeds, declared } = await declareCatalog(parts)
  const options = optionsOf(parts, WAIT_SECONDS)
  const writes = parts.forceMainSeeds || (await pendingMigrations(catalog, declared)).length > 0
  if (writes) await refuseFaultyRows(parts, seeds, 'migrate')
  else refuse(seeds.faults)
  const report = await migrate(catalog, parts.engine, declared, options)
  if (!report.upToDate) await adoptSecrets(catalog, parts.rules)
  return report
}

/** One of the modes of the ops routes on the catalog. Throws as `migrateCatalog`, and LOCKED at once if another runs. */
export async function runCatalogMode(parts: CatalogParts, mode: MigrationMode): Promise<ModeReport> {
  await parts.engine.provisionCatalog()
  const { seeds, declared } = await declareCatalog(parts)
  await refuseFaultyRows(parts, seeds, mode)
  const options = optionsOf(parts, 0)
  const report = await runMode(parts.engine.catalog, parts.engine, declared, mode, options)
  await adoptSecrets(parts.engine.catalog, parts.rules)
  return report
}

/** What a migration of the catalog would do. Throws CATALOG_REFUSED if a file of seeds cannot be used. */
export async function planCatalog(parts: CatalogParts): Promise<PlanReport> {
  const { seeds, declared } = await declareCatalog(parts)
  refuse(seeds.faults)
  return reportPlan(parts.engine.catalog, parts.engine, declared, optionsOf(parts, 0))
}

/** The catalog has no hand-written migrations so far: there is nothing that could be reverted. */
export async function revertCatalog(parts: CatalogParts, to: RevertTarget): Promise<RevertReport> {
  const { declared } = await declareCatalog(parts)
  return revertMigrations(parts.engine.catalog, parts.engine, declared, to, { waitSeconds: 0 })
}

/** Prunes the catalog, or tells what pruning would drop. */
export async function pruneCatalog(parts: CatalogParts, confirmed: boolean): Promise<PruneReport> {
  const declare = async () => (await declareCatalog(parts)).declared
  return prune(parts.engine.catalog, parts.engine, declare, confirmed, optionsOf(parts, 0))
}

/** Throws DATABASE_UNAVAILABLE if the catalog is not there, saying how to make it. */
export async function requireCatalog(engine: Engine): Promise<void> {
  const advice = 'The catalog has not been migrated yet: run "m3saas migrate catalog"'
  try {
    const live = await engine.catalog.session((session) => engine.introspect(session))
    if (seededTables.every(({ name }) => isMarked(live, name)) && catalogTables.every((table) => isThere(live, table)))
      return
  } catch (error) {
    if (!engine.isNotProvisioned(error)) throw error
    throw new M3Error('DATABASE_UNAVAILABLE', advice, { cause: error })
  }
  throw new M3Error('DATABASE_UNAVAILABLE', advice)
}

async function declareCatalog(parts: CatalogParts): Promise<{ seeds: CatalogSeeds; declared: DeclaredSchema }> {
  const seeds = await loadCatalogSeeds(parts.root)
  const stored = withStoredSecrets(seeds, parts.rules)
  const ofTable = new Map(stored.seeds.map(({ definition }) => [definition.table.name, definition]))
  const declared = declareSchema(
    [
      {
        name: 'catalog',
        version: 1,
        tables: catalogTables,
        views: [],
        // Each of these has the mark of seeded rows, whichever files of seeds there are.
        seeds: seededTables.map((table) => ofTable.get(table.name) ?? { table, main: [], temporary: [] }),
        migrations: [],
      },
    ],
    { ...parts.lengths, password: Math.max(parts.lengths.password, SHORTEST_PASSWORD_COLUMN) },
  )
  // A file that is not there does not mean that its rows are to go.
  return { seeds, declared: { ...declared, seeds: declared.seeds.filter(({ table }) => ofTable.get(table.name)) } }
}

async function refuseFaultyRows(parts: CatalogParts, seeds: CatalogSeeds, mode: MigrationMode): Promise<void> {
  const { catalog } = parts.engine
  const force = mode === 'force' || parts.forceMainSeeds
  const planned = plannedRows(seeds, { force, temporary: mode === 'seed' })
  const live = await catalog.session((session) => parts.engine.introspect(session))
  const isFilled = seededTables.every(({ name }) => Object.hasOwn(live.tables, name))
  // An original catalog has the mark of seeded rows in the tables that it seeded.
  const held = isFilled ? await readHeld(catalog, planned, (table) => isMarked(live, table)) : NOTHING_HELD
  refuse([...seeds.faults, ...validateCatalog(planned, held, parts.rules, parts.isProvided)])
}

function isMarked(live: LiveSchema, table: string): boolean {
  return hasColumns(live, table, [MAIN_SEED_COLUMN])
}

/** Whether a table has all that is read of it. A later version of the product declares more than an earlier one did. */
function isThere(live: LiveSchema, { name, columns }: TableDefinition): boolean {
  return hasColumns(live, name, Object.keys(columns))
}

function hasColumns(live: LiveSchema, table: string, wanted: readonly string[]): boolean {
  const held = new Set(live.tables[table]?.columns.map(({ name }) => name.toLowerCase()))
  return wanted.every((column) => held.has(column))
}

function optionsOf(parts: CatalogParts, waitSeconds: number): MigrateOptions {
  const { engine, forceMainSeeds, migrations } = parts
  const takeBackup = async () => parts.backUp((await hasPlainSecrets(engine.catalog)) ? WITHHELD : {})
  return { waitSeconds, forceMainSeeds, ...migrations, takeBackup }
}

function refuse(faults: readonly Fault[]): void {
  if (faults.length === 0) return
  throw new M3Error('CATALOG_REFUSED', 'The seeds of the catalog are refused; nothing was written', { faults })
}
