import { type Dirent, promises as fs } from 'node:fs'
import path from 'node:path'
import { isSeed, type SeedDefinition, type SeedRow } from '../contract/define-seed.js'
import { sameTable } from '../contract/define-table.js'
import { type Fault, messageOf } from '../errors.js'
import { importFile, reasonOf } from '../modules/import-file.js'
import { findSourceFile } from '../modules/source-file.js'
import { toSecret } from './secrets.js'
import { seededTables } from './tables.js'
import type { CatalogRules } from './tenant-rules.js'

/** The seeds of one of the catalog's tables. */
export interface CatalogSeed {
  /** The file as the user knows it: `seeds/tenants.seed.ts`. */
  readonly place: string
  readonly definition: SeedDefinition
}

export interface CatalogSeeds {
  /** In the order in which the tables are filled; those without a file are left out. */
  readonly seeds: readonly CatalogSeed[]
  /** Files that are no seeds or cannot be loaded. */
  readonly faults: readonly Fault[]
}

const IMPORT_SECONDS = 10
const NAMES = seededTables.map((table) => table.name)

/**
 * The catalog's seeds: `seeds/{tenants,modules,modules_dependencies,subscriptions}.seed.js`, `.mjs`, or `.ts` compiled to
 * `dist/seeds/`. Each exports one value made by `defineSeed` on that table, by default or under any name.
 */
export async function loadCatalogSeeds(root: string): Promise<CatalogSeeds> {
  const folder = path.resolve(root, 'seeds')
  const faults: Fault[] = []
  const seeds: CatalogSeed[] = []
  let entries: Dirent[]
  try {
    entries = await fs.readdir(folder, { withFileTypes: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { seeds, faults }
    return { seeds, faults: [{ path: 'seeds', message: `cannot be read: ${messageOf(error)}` }] }
  }
  for (const { name } of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const match = /^(.*)\.seeds?\.[cm]?[jt]s$/.exec(name)
    if (!match || name.endsWith('.d.ts')) continue
    const isKnown = NAMES.includes(match[1] as string) && /\.seed\.(js|mjs|ts)$/.test(name)
    const known = NAMES.map((table) => `${table}.seed`).join(', ')
    if (!isKnown)
      faults.push({ path: `seeds/${name}`, message: `is not read: known are ${known}, as .ts, .js or .mjs` })
  }
  for (const table of seededTables) {
    const source = await findSourceFile(path.resolve(root), folder, `${table.name}.seed`)
    switch (source.kind) {
      case 'none':
        break
      case 'ambiguous':
        faults.push({ path: 'seeds', message: `holds ${source.names.join(' and ')}: keep one` })
        break
      case 'unreadable':
        faults.push({ path: `seeds/${table.name}.seed`, message: `cannot be read: ${source.reason}` })
        break
      case 'uncompiled':
        faults.push({ path: `seeds/${source.name}`, message: "is not compiled: run the project's build" })
        break
      case 'found': {
        const place = `seeds/${source.name}`
        try {
          const definition = seedOf(await importFile(source.file, IMPORT_SECONDS))
          if (typeof definition === 'string') faults.push({ path: place, message: definition })
          else if (sameTable(definition.table, table)) seeds.push({ place, definition })
          else faults.push({ path: place, message: `must seed the table ${table.name}, imported from m3saas` })
        } catch (error) {
          faults.push({ path: place, message: reasonOf(error) })
        }
      }
    }
  }
  return { seeds, faults }
}

/** The seeds as they are written to the catalog: with the stored form of each password. */
export function withStoredSecrets({ seeds, faults }: CatalogSeeds, { dbSalt }: CatalogRules): CatalogSeeds {
  const hide = (row: SeedRow): SeedRow =>
    typeof row.password === 'string' && typeof row.user === 'string'
      ? { ...row, password: toSecret(dbSalt, row.user, row.password) }
      : row
  return {
    faults,
    seeds: seeds.map(({ place, definition }) => ({
      place,
      definition: {
        ...definition,
        main: definition.main.map(({ row, forced }) => ({ row: hide(row), forced })),
        temporary: definition.temporary.map(hide),
      },
    })),
  }
}

/** The seeds that a file exports, or what is wrong with it. */
function seedOf(exported: Readonly<Record<string, unknown>>): SeedDefinition | string {
  if (isSeed(exported.default)) return exported.default
  const [seed, ...others] = [...new Set(Object.values(exported).filter(isSeed))]
  if (!seed) return 'exports no seeds: export default defineSeed(…)'
  return others.length === 0 ? seed : 'exports several seeds: export one, by default'
}
