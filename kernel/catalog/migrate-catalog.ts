import type { CustomLengths } from '../config/config.js'
import { defineSeed } from '../contract/define-seed.js'
import type { TableDefinition } from '../contract/define-table.js'
import type { Engine } from '../engines/contract.js'
import { M3Error } from '../errors.js'
import { type DeclaredSchema, declareSchema } from '../migrations/declared-schema.js'
import { type MigrationReport, migrate, pendingMigrations } from '../migrations/migrate.js'
import { type MigrationMode, type ModeReport, runMode } from '../migrations/run-mode.js'
import type { ModuleVersionName } from '../names.js'
import { adoptSecrets } from './adopt-secrets.js'
import { readHeld } from './held.js'
import { NOTHING_HELD, plannedRows } from './planned.js'
import { type CatalogSeeds, loadCatalogSeeds, withStoredSecrets } from './seeds.js'
import { catalogTables } from './tables.js'
import type { CatalogRules } from './tenant-rules.js'
import { validateCatalog } from './validate.js'

export interface CatalogParts {
  readonly engine: Engine
  /** The app root: its `seeds/` are the catalog's. */
  readonly root: string
  readonly rules: CatalogRules
  readonly lengths: CustomLengths
  readonly forceMainSeeds: boolean
  isProvided(name: ModuleVersionName): boolean
}

/** The stored form of a tenant's password takes 39 characters, whatever `customLengths.password` says of modules. */
const SHORTEST_PASSWORD_COLUMN = 40
/** Its tables bear the mark of seeded rows in an app root without seeds too: rows are read and added by it. */
const NO_SEEDS = catalogTables.map((table) => defineSeed<TableDefinition>(table, {}))
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
  const options = { waitSeconds: WAIT_SECONDS, forceMainSeeds: parts.forceMainSeeds }
  if ((await pendingMigrations(catalog, declared)).length > 0) await refuseFaultyRows(parts, seeds, 'migrate')
  const report = await migrate(catalog, parts.engine, declared, options)
  if (!report.upToDate) await adoptSecrets(catalog, parts.rules)
  return report
}

/** One of the modes of the ops routes on the catalog. Throws as `migrateCatalog`, and LOCKED at once if another runs. */
export async function runCatalogMode(parts: CatalogParts, mode: MigrationMode): Promise<ModeReport> {
  await parts.engine.provisionCatalog()
  const { seeds, declared } = await declareCatalog(parts)
  await refuseFaultyRows(parts, seeds, mode)
  const options = { waitSeconds: 0, forceMainSeeds: parts.forceMainSeeds }
  const report = await runMode(parts.engine.catalog, parts.engine, declared, mode, options)
  await adoptSecrets(parts.engine.catalog, parts.rules)
  return report
}

/** Throws DATABASE_UNAVAILABLE if the catalog is not there, saying how to make it. */
export async function requireCatalog(engine: Engine): Promise<void> {
  const advice = 'The catalog has not been migrated yet: run "m3saas migrate catalog"'
  try {
    const live = await engine.catalog.session((session) => engine.introspect(session))
    if (catalogTables.every(({ name }) => name in live.tables)) return
  } catch (error) {
    if (!engine.isNotProvisioned(error)) throw error
    throw new M3Error('DATABASE_UNAVAILABLE', advice, { cause: error })
  }
  throw new M3Error('DATABASE_UNAVAILABLE', advice)
}

async function declareCatalog(parts: CatalogParts): Promise<{ seeds: CatalogSeeds; declared: DeclaredSchema }> {
  const seeds = await loadCatalogSeeds(parts.root)
  const stored = withStoredSecrets(seeds, parts.rules)
  const declared = declareSchema(
    [
      {
        name: 'catalog',
        version: 1,
        tables: catalogTables,
        views: [],
        seeds: [...NO_SEEDS, ...stored.seeds.map(({ definition }) => definition)],
        migrations: [],
      },
    ],
    { ...parts.lengths, password: Math.max(parts.lengths.password, SHORTEST_PASSWORD_COLUMN) },
  )
  return { seeds, declared }
}

async function refuseFaultyRows(parts: CatalogParts, seeds: CatalogSeeds, mode: MigrationMode): Promise<void> {
  const { catalog } = parts.engine
  const planned = plannedRows(seeds, { force: mode === 'force', temporary: mode === 'seed' })
  const live = await catalog.session((session) => parts.engine.introspect(session))
  const isThere = catalogTables.every(({ name }) => name in live.tables)
  // An original catalog that nothing seeded has no mark of seeded rows: all that it holds is the user's own.
  const isMarked = catalogTables.every(({ name }) => live.tables[name]?.columns.includes('main_seed'))
  const held = isThere ? await readHeld(catalog, planned, isMarked) : NOTHING_HELD
  const faults = [...seeds.faults, ...validateCatalog(planned, held, parts.rules, parts.isProvided)]
  if (faults.length === 0) return
  throw new M3Error('CATALOG_REFUSED', 'The seeds of the catalog are refused; nothing was written', { faults })
}
