import type { SqlValue } from '../contract/context.js'
import type { Database } from '../engines/contract.js'
import type { Held, HeldRow, Planned, PlannedRow } from './planned.js'
import { selectIn } from './select-in.js'

/** A table and the columns that are read of it. */
interface Source {
  readonly table: string
  readonly columns: string
}

const TENANTS: Source = { table: 'tenants', columns: 'id, name, user' }
const MODULES: Source = { table: 'modules', columns: 'id, name' }
const DEPENDENCIES: Source = {
  table: 'modules_dependencies',
  columns: 'id, module_id, dependency_module_id, version',
}
const SUBSCRIPTIONS: Source = { table: 'subscriptions', columns: 'id, tenant_id, module_id, version' }

type RawRow = Readonly<Record<string, unknown>> & { readonly id: number; readonly main_seed: unknown }

/**
 * The rows of the catalog that planned ones could clash with or refer to. Modules and their dependencies are read
 * whole, for they are as few as there are modules; of tenants and subscriptions only what is asked for. `isMarked`: the
 * table has the mark of seeded rows; without it, all that it holds is the user's own.
 */
export async function readHeld(
  catalog: Database,
  planned: Planned,
  isMarked: (table: string) => boolean = () => true,
): Promise<Held> {
  const from: Reading = { catalog, markOf: (table) => (isMarked(table) ? 'main_seed' : 'NULL AS main_seed') }
  const tenants = await selectBy(from, TENANTS, 'id', [
    ...valuesOf(planned.tenants, 'id'),
    ...valuesOf(planned.subscriptions, 'tenant_id'),
  ])
  // What is there already is most often left as it is: only rows that are new or forced need the search by name.
  const newTenants = freshRows(planned.tenants, tenants)
  const named = [
    ...(await selectBy(from, TENANTS, 'LOWER(name)', valuesOf(newTenants, 'name').map(lower))),
    ...(await selectBy(from, TENANTS, 'LOWER(user)', valuesOf(newTenants, 'user').map(lower))),
  ]
  const subscriptions = await selectBy(from, SUBSCRIPTIONS, 'id', valuesOf(planned.subscriptions, 'id'))
  const newSubscriptions = freshRows(planned.subscriptions, subscriptions)
  const others = await selectBy(from, SUBSCRIPTIONS, 'tenant_id', valuesOf(newSubscriptions, 'tenant_id'))
  return {
    tenants: distinct([...tenants, ...named]),
    modules: await selectAll(from, MODULES),
    modules_dependencies: await selectAll(from, DEPENDENCIES),
    subscriptions: distinct([...subscriptions, ...others]),
  }
}

/** `markOf`: how the mark of seeded rows is read. */
interface Reading {
  readonly catalog: Database
  markOf(table: string): string
}

async function selectBy(
  { catalog, markOf }: Reading,
  { table, columns }: Source,
  column: string,
  values: readonly SqlValue[],
): Promise<HeldRow[]> {
  const sql = `SELECT ${columns}, ${markOf(table)} FROM ${table} WHERE ${column} IN (?)`
  return (await selectIn<RawRow>(catalog, sql, values)).map(toHeld)
}

async function selectAll({ catalog, markOf }: Reading, { table, columns }: Source): Promise<HeldRow[]> {
  return (await catalog.select<RawRow>(`SELECT ${columns}, ${markOf(table)} FROM ${table}`)).map(toHeld)
}

function toHeld({ main_seed, ...row }: RawRow): HeldRow {
  return { id: row.id, own: main_seed === null, row }
}

function valuesOf(rows: readonly PlannedRow[], column: string): (string | number)[] {
  return rows.map(({ row }) => row[column]).filter((value) => typeof value === 'string' || typeof value === 'number')
}

function lower(value: string | number): string {
  return String(value).toLowerCase()
}

function freshRows(planned: readonly PlannedRow[], held: readonly HeldRow[]): PlannedRow[] {
  const ids = new Set<unknown>(held.map(({ id }) => id))
  return planned.filter(({ row, forced }) => forced || !ids.has(row.id))
}

function distinct(rows: readonly HeldRow[]): HeldRow[] {
  return [...new Map(rows.map((row) => [row.id, row])).values()]
}
