import { type ColumnSpec, now } from '../../contract/columns.js'
import { M3Error } from '../../errors.js'
import type { TableChange, TableStatements } from '../ddl.js'
import {
  type DeclaredColumn,
  declaredColumn,
  droppedPlaces,
  includesName,
  mentions,
  primaryKeyOf,
  stayingForeignKeys,
  stayingIndexes,
} from './change-parts.js'
import { columnDefinition, quote } from './ddl-columns.js'
import { rebuild } from './rebuild.js'
import { createIndex, declaredForeignKey, referenceSql } from './table-sql.js'

/** The types of a STRICT table: https://sqlite.org/stricttables.html */
const STRICT_TYPES = /^(?:INT|INTEGER|REAL|TEXT|BLOB|ANY)$/

/**
 * In place where SQLite can, else by a new table in place of the old one. Throws MODULE_INVALID for a table that cannot
 * be what is declared, MIGRATION_REFUSED where what was made by hand needs a column that goes.
 */
export function alterTable(change: TableChange): TableStatements {
  refuseUnfit(change)
  return { unlink: [], alter: isInPlace(change) ? alterInPlace(change) : rebuild(change), link: [] }
}

/** https://sqlite.org/lang_altertable.html */
function isInPlace(change: TableChange): boolean {
  if (change.primaryKey || change.modifiedColumns.length > 0 || change.droppedForeignKeys.length > 0) return false
  if (
    change.addedForeignKeys.some(({ columns }) => !columns.every((name) => includesName(change.addedColumns, name)))
  ) {
    return false
  }
  if (change.addedColumns.some((name) => includesName(change.droppedColumns, name))) return false
  const staying = stayingIndexes(change)
  // The index of a key that stands in CREATE TABLE cannot be dropped.
  if (change.live.indexes.some((index) => !staying.includes(index) && isPartOfTable(index.name))) return false
  return added(change).every(({ spec }) => isAddable(spec)) && areDroppable(change)
}

function isPartOfTable(index: string): boolean {
  return index.startsWith('sqlite_autoindex_')
}

/** With a constant for the rows that are there, and a reference only where that is NULL. */
function isAddable(spec: ColumnSpec): boolean {
  if (spec.primary || spec.autoIncrement || spec.default === now) return false
  const isNull = spec.default === undefined || spec.default === null
  return isNull ? spec.nullable : spec.references === undefined
}

/** Nothing else names them, and no trigger may: SQLite looks at all of them. */
function areDroppable(change: TableChange): boolean {
  const { live, droppedColumns, addedColumns } = change
  if (droppedColumns.length === 0) return true
  const stays = live.columns.length + addedColumns.length > droppedColumns.length
  if (!live.stored || live.stored.triggers || !stays) return false
  const isKey = live.primaryKey.some((name) => includesName(droppedColumns, name))
  return !isKey && stayingForeignKeys(change).length === live.foreignKeys.length && dependants(change).length === 0
}

function alterInPlace(change: TableChange): string[] {
  const { name } = change.table
  const table = quote(name)
  const staying = stayingIndexes(change)
  return [
    ...change.live.indexes
      .filter((index) => !staying.includes(index))
      .map((index) => `DROP INDEX ${quote(index.name)}`),
    ...added(change).map((column) => `ALTER TABLE ${table} ADD COLUMN ${addedDefinition(column)}`),
    ...change.droppedColumns.map((column) => `ALTER TABLE ${table} DROP COLUMN ${quote(column)}`),
    ...change.addedIndexes.map((index) => createIndex(name, index)),
  ]
}

function added({ table, addedColumns }: TableChange): DeclaredColumn[] {
  return addedColumns.flatMap((name) => declaredColumn(table, name) ?? [])
}

function addedDefinition({ name, spec }: DeclaredColumn): string {
  const definition = columnDefinition(name, spec)
  return spec.references ? `${definition} ${referenceSql(declaredForeignKey(name, spec.references))}` : definition
}

/** What stays and names a column that goes: columns computed or checked by it, checks of the table. */
function dependants(change: TableChange): string[] {
  const places = droppedPlaces(change)
  const { columns = [], checks = [] } = change.live.stored ?? {}
  return [
    ...columns.flatMap((text, i) =>
      !places.has(i) && mentions(text, places) ? [`the column ${change.live.columns[i]?.name}`] : [],
    ),
    ...checks.flatMap((text) => (mentions(text, places) ? ['a check of the table'] : [])),
  ]
}

function refuseUnfit(change: TableChange): void {
  const { table, live } = change
  const unfit = (message: string) =>
    new M3Error('MODULE_INVALID', `SQLite cannot change the table ${table.name}: ${message}`)
  if (!live.stored) {
    if (isInPlace(change)) return
    throw unfit('it is a virtual table, made by hand; drop it, or do not declare it')
  }
  const [dependant] = dependants(change)
  if (dependant) {
    const message =
      `The columns ${change.droppedColumns.join(', ')} of the table ${table.name} cannot be dropped: ` +
      `${dependant}, made by hand, needs them; change that first`
    throw new M3Error('MIGRATION_REFUSED', message)
  }
  const { options } = live.stored
  if (options.includes('STRICT')) {
    const changed = [...change.modifiedColumns.map(({ to }) => to.name), ...change.addedColumns]
    const column = change.wanted.columns.find(
      ({ name, definition }) => includesName(changed, name) && !STRICT_TYPES.test(definition.split(' ', 1)[0] ?? ''),
    )
    if (column) throw unfit(`it was made STRICT by hand, and a STRICT table holds no column such as ${column.name}`)
  }
  if (options.includes('WITHOUT ROWID')) {
    const isNumbered = Object.values(table.columns).some((spec) => spec.autoIncrement)
    if (isNumbered) throw unfit('it was made WITHOUT ROWID by hand, and has no auto-increment column then')
    if (primaryKeyOf(change).length === 0)
      throw unfit('it was made WITHOUT ROWID by hand, and needs a primary key then')
  }
}
