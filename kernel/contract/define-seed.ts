import { type Fault, M3Error } from '../errors.js'
import { type Insert, isTable, type TableDefinition } from './define-table.js'

const SEED = Symbol.for('m3saas.seed')

/** A row as seeds carry it: column → value. */
export type SeedRow = Readonly<Record<string, unknown>>

export interface MainSeed {
  readonly row: SeedRow
  /** Set back to the declared values by every seeding. */
  readonly forced: boolean
}

export interface SeedDefinition {
  readonly table: TableDefinition
  readonly main: readonly MainSeed[]
  readonly temporary: readonly SeedRow[]
}

export interface SeedDeclaration<T extends TableDefinition> {
  /** Rows that belong to the table. Each names its `id` (or its primary key). */
  readonly main?: readonly (Insert<T> & { readonly forced?: boolean })[]
  /** Rows for trying out: inserted each time they are asked for, removed again by `deseed`. */
  readonly temporary?: readonly Insert<T>[]
}

/** Declares the seeds of a table. Throws MODULE_INVALID with every fault; values are validated when they are seeded. */
export function defineSeed<T extends TableDefinition>(table: T, declaration: SeedDeclaration<T>): SeedDefinition {
  if (!isTable(table)) throw new M3Error('MODULE_INVALID', 'defineSeed takes a table made by defineTable first')
  const faults: Fault[] = []
  const main: MainSeed[] = []
  const keys = new Map<string, number>()
  for (const [i, given] of (declaration?.main ?? []).entries()) {
    const { forced = false, ...row } = given as SeedRow & { forced?: boolean }
    const path = `${table.name}.main[${i}]`
    faults.push(...rowFaults(table, row, path))
    const key = table.primaryKey.map((column) => row[column])
    if (key.some((value) => value === undefined || value === null)) {
      faults.push({ path, message: `a main seed names its ${table.primaryKey.join(', ')}` })
    } else {
      const first = keys.get(JSON.stringify(key))
      if (first !== undefined)
        faults.push({ path, message: `has the ${table.primaryKey.join(', ')} of main[${first}]: ${key.join(', ')}` })
      else keys.set(JSON.stringify(key), i)
    }
    main.push(Object.freeze({ row: Object.freeze(row), forced }))
  }
  const temporary = (declaration?.temporary ?? []).map((row) => Object.freeze({ ...(row as SeedRow) }))
  for (const [i, row] of temporary.entries()) faults.push(...rowFaults(table, row, `${table.name}.temporary[${i}]`))
  if (faults.length > 0)
    throw new M3Error('MODULE_INVALID', `The seeds of ${table.name} are not declared well`, { faults })
  return Object.freeze({ [SEED]: true, table, main: Object.freeze(main), temporary: Object.freeze(temporary) })
}

function rowFaults(table: TableDefinition, row: SeedRow, path: string): Fault[] {
  return Object.keys(row)
    .filter((column) => !(column in table.columns))
    .map((column) => ({ path: `${path}.${column}`, message: `${table.name} has no column ${column}` }))
}

export function isSeed(value: unknown): value is SeedDefinition {
  return typeof value === 'object' && value !== null && SEED in value
}
