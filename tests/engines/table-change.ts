import type { TableSpec } from '../../kernel/contract/table-spec.js'
import type { TableChange } from '../../kernel/engines/ddl.js'
import type { LiveForeignKey, LiveIndex, LiveSchema, LiveTable } from '../../kernel/engines/live-schema.js'

const lower = (name: string) => name.toLowerCase()
const indexKey = ({ unique, columns, special }: LiveIndex) => JSON.stringify([unique, columns.map(lower), special])
const linkKey = ({ name: _, ...key }: LiveForeignKey) => JSON.stringify(key)

/** What is in `mine` and not in `others`, by its key. */
function without<T>(mine: readonly T[], others: readonly T[], keyOf: (item: T) => string): T[] {
  const keys = new Set(others.map(keyOf))
  return mine.filter((item) => !keys.has(keyOf(item)))
}

function modified(live: LiveTable, wanted: LiveTable) {
  const before = new Map(live.columns.map((column) => [lower(column.name), column]))
  return wanted.columns.flatMap((to) => {
    const from = before.get(lower(to.name))
    return from && from.definition !== to.definition ? [{ from, to }] : []
  })
}

/**
 * The differ as plainly as can be: all that is not wanted goes, but for what `keeps` names (columns of hand-written
 * migrations). `live` and `wanted` are whole databases, for a column that others refer to may be about to change.
 */
export function tableChange(
  table: TableSpec,
  live: LiveSchema,
  wanted: LiveSchema,
  keeps: readonly string[] = [],
): TableChange {
  const [is, willBe] = [live.tables[table.name], wanted.tables[table.name]]
  if (!is || !willBe) throw new Error(`${table.name} is missing`)
  const names = (of: LiveTable) => of.columns.map(({ name }) => lower(name))
  const retyped = (name: string, columns: readonly string[]) => {
    const [a, b] = [live.tables[name], wanted.tables[name]]
    return a && b ? modified(a, b).some(({ from, to }) => from.type !== to.type && columns.includes(to.name)) : false
  }
  const staying = without(is.foreignKeys, without(is.foreignKeys, willBe.foreignKeys, linkKey), linkKey)
  const keepsOne = ({ columns }: LiveIndex | LiveForeignKey) => columns.some((column) => keeps.includes(column))
  return {
    table,
    live: is,
    wanted: willBe,
    addedColumns: willBe.columns.flatMap(({ name }) => (names(is).includes(lower(name)) ? [] : [name])),
    modifiedColumns: modified(is, willBe),
    droppedColumns: is.columns.flatMap(({ name }) =>
      names(willBe).includes(lower(name)) || keeps.includes(name) ? [] : [name],
    ),
    primaryKey: is.primaryKey.join() !== willBe.primaryKey.join(),
    addedIndexes: without(willBe.indexes, is.indexes, indexKey),
    droppedIndexes: without(is.indexes, willBe.indexes, indexKey).filter((index) => !keepsOne(index)),
    addedForeignKeys: without(willBe.foreignKeys, is.foreignKeys, linkKey),
    droppedForeignKeys: without(is.foreignKeys, willBe.foreignKeys, linkKey).filter((key) => !keepsOne(key)),
    relinkedForeignKeys: staying.filter((key) => retyped(table.name, key.columns) || retyped(key.table, key.targets)),
    options: is.options !== willBe.options,
  }
}

/** Whether there is anything to do. */
export function isChange(change: TableChange): boolean {
  return Object.entries(change).some(
    ([name, value]) => value === true || (Array.isArray(value) && value.length > 0 && name !== 'relinkedForeignKeys'),
  )
}

/** A database as far as two are compared: names of keys and the order of columns do not count. */
export function comparable({ tables }: LiveSchema): unknown {
  const sorted = (texts: readonly string[]) => [...texts].sort()
  return Object.fromEntries(
    Object.entries(tables).map(([name, table]) => [
      name,
      {
        columns: Object.fromEntries(
          table.columns.map(({ name, definition, domain }) => [name, { definition, domain }]),
        ),
        primaryKey: table.primaryKey,
        indexes: sorted(table.indexes.map(indexKey)),
        foreignKeys: sorted(table.foreignKeys.map(linkKey)),
        options: table.options,
        extras: table.extras,
      },
    ]),
  )
}
