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
  if (Object.hasOwn(table.columns, 'forced')) {
    faults.push({ path: `${table.name}.forced`, message: 'a seeded table has no such column: it is the word of seeds' })
  }
  for (const [i, given] of listOf(declaration?.main, `${table.name}.main`, faults).entries()) {
    const path = `${table.name}.main[${i}]`
    const { forced = false, ...row } = objectOf(given, path, faults)
    if (typeof forced !== 'boolean') faults.push({ path: `${path}.forced`, message: 'must be true or false' })
    faults.push(...rowFaults(table, row, path))
    const key = table.primaryKey.map((column) => row[column])
    if (key.some((value) => value === undefined || value === null)) {
      faults.push({ path, message: `a main seed names its ${table.primaryKey.join(', ')}` })
    } else {
      const first = keys.get(key.join('\0'))
      if (first !== undefined)
        faults.push({ path, message: `has the ${table.primaryKey.join(', ')} of main[${first}]: ${key.join(', ')}` })
      else keys.set(key.join('\0'), i)
    }
    main.push(Object.freeze({ row: Object.freeze(row), forced: forced === true }))
  }
  const temporary = listOf(declaration?.temporary, `${table.name}.temporary`, faults).map((given, i) => {
    const path = `${table.name}.temporary[${i}]`
    const row = Object.freeze({ ...objectOf(given, path, faults) })
    faults.push(...rowFaults(table, row, path))
    return row
  })
  if (faults.length > 0)
    throw new M3Error('MODULE_INVALID', `The seeds of ${table.name} are not declared well`, { faults })
  return Object.freeze({ [SEED]: true, table, main: Object.freeze(main), temporary: Object.freeze(temporary) })
}

function listOf(value: unknown, path: string, faults: Fault[]): readonly unknown[] {
  if (value === undefined) return []
  if (Array.isArray(value)) return value
  faults.push({ path, message: 'must be a list of rows' })
  return []
}

function objectOf(value: unknown, path: string, faults: Fault[]): SeedRow {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as SeedRow
  faults.push({ path, message: 'must be a row: { column: value }' })
  return {}
}

function rowFaults(table: TableDefinition, row: SeedRow, path: string): Fault[] {
  return Object.keys(row)
    .filter((column) => !Object.hasOwn(table.columns, column))
    .map((column) => ({ path: `${path}.${column}`, message: `${table.name} has no column ${column}` }))
}

export function isSeed(value: unknown): value is SeedDefinition {
  return typeof value === 'object' && value !== null && SEED in value
}
