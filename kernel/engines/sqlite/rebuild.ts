import type { TableChange } from '../ddl.js'
import type { LiveColumn } from '../live-schema.js'
import {
  declaredColumn,
  droppedPlaces,
  includesName,
  indexText,
  primaryKeyOf,
  stayingForeignKeys,
  stayingIndexes,
} from './change-parts.js'
import { conversion } from './conversions.js'
import { columnDefinition, defaultSql, quote, quoteText } from './ddl-columns.js'
import { sameName } from './live-keys.js'
import { writtenText } from './stored-text.js'
import { createIndex, foreignKeySql, indexSql, list } from './table-sql.js'

/** A column of the new table and where its values come from; undefined for its default. */
interface NewColumn {
  readonly name: string
  readonly definition: string
  readonly value: string | undefined
}

/**
 * A new table with the rows of the old one, which then takes its name
 * (https://sqlite.org/lang_altertable.html#otheralter). The rename is the old kind, which leaves alone what refers to
 * the name. Triggers are brought back by `changeSchema`.
 */
export function rebuild(change: TableChange): string[] {
  const { name } = change.table
  const made = `m3saas_new_${name}`
  const columns = newColumns(change)
  const staying = stayingIndexes(change)
  const written = staying.flatMap((index) => {
    const text = indexText(change, index)
    return text ? [indexSql(index.name, index.unique, name, writtenText(text, namesOf(change)))] : []
  })
  return [
    createTable(change, made, columns),
    ...keepNumber(change, made),
    copyRows(change, made, columns),
    `DROP TABLE ${quote(name)}`,
    'PRAGMA legacy_alter_table = ON',
    `ALTER TABLE ${quote(made)} RENAME TO ${quote(name)}`,
    'PRAGMA legacy_alter_table = OFF',
    ...written,
    ...change.addedIndexes.map((index) => createIndex(name, index)),
  ]
}

/** By their places in what is stored: declared ones in the capitals of the declaration. */
function namesOf({ live, table }: TableChange): string[] {
  return live.columns.map(({ name }) => declaredColumn(table, name)?.name ?? name)
}

/** Those that stay in their order, then the new ones. */
function newColumns(change: TableChange): NewColumn[] {
  const { table, live, addedColumns } = change
  const places = droppedPlaces(change)
  const names = namesOf(change)
  const staying = live.columns.flatMap((column, i): NewColumn[] => {
    const name = names[i] ?? column.name
    if (places.has(i)) return []
    const declared = declaredColumn(table, column.name)
    if (declared)
      return [{ name, definition: columnDefinition(name, declared.spec), value: copiedValue(change, column) }]
    // SQLite computes the value of a generated one.
    const value = column.generated ? undefined : quote(column.name)
    return [{ name, definition: `${quote(name)} ${undeclared(change, column, i, names)}`, value }]
  })
  const added = addedColumns.flatMap((column): NewColumn[] => {
    const declared = declaredColumn(table, column)
    if (!declared) return []
    return [{ name: declared.name, definition: columnDefinition(declared.name, declared.spec), value: undefined }]
  })
  return [...staying, ...added]
}

function undeclared(change: TableChange, column: LiveColumn, place: number, names: readonly string[]): string {
  const text = writtenText(change.live.stored?.columns[place] ?? [], names)
  const isKey = column.autoIncrement && includesName(primaryKeyOf(change), column.name)
  return isKey ? text.replace(/^\S+/, '$& PRIMARY KEY AUTOINCREMENT') : text
}

function copiedValue({ table, modifiedColumns }: TableChange, { name }: LiveColumn): string {
  const modified = modifiedColumns.find(({ from }) => sameName(from.name, name))
  if (!modified) return quote(name)
  const { from, to } = modified
  const value = conversion(quote(from.name), from.domain, to.domain)
  const spec = declaredColumn(table, name)?.spec
  return from.nullable && !to.nullable && to.hasDefault && spec ? `coalesce(${value}, ${defaultSql(spec)})` : value
}

function createTable(change: TableChange, made: string, columns: readonly NewColumn[]): string {
  const { live, addedForeignKeys } = change
  const { checks = [], options = '', primaryKey = '' } = live.stored ?? {}
  const names = namesOf(change)
  const key = primaryKeyOf(change)
  const deferred = (live.stored?.deferred ?? []).map((places) => places.map((place) => names[place]).join())
  const lines = [
    ...columns.map(({ definition }) => definition),
    ...(key.length > 0 && numberedColumn(change) === undefined
      ? [`PRIMARY KEY (${list(key)})${change.primaryKey ? '' : ` ${primaryKey}`}`.trimEnd()]
      : []),
    // Those that CREATE TABLE made: each is part of the table again.
    ...stayingIndexes(change)
      .filter((index) => indexText(change, index) === undefined)
      .map(({ columns, special }) => `UNIQUE (${list(columns)}) ${special}`.trimEnd()),
    ...checks.map((check) => `CHECK (${writtenText(check, names)})`),
    ...[...stayingForeignKeys(change), ...addedForeignKeys].map((foreign) => {
      const sql = foreignKeySql(foreign)
      return deferred.includes(foreign.columns.join()) ? `${sql} DEFERRABLE INITIALLY DEFERRED` : sql
    }),
  ]
  return `CREATE TABLE ${quote(made)} (\n  ${lines.join(',\n  ')}\n)${options ? ` ${options}` : ''}`
}

/** The auto-increment column of the new table. */
function numberedColumn(change: TableChange): string | undefined {
  const declared = Object.entries(change.table.columns).find(([, spec]) => spec.autoIncrement)
  if (declared) return declared[0]
  const kept = change.live.columns.find(
    ({ name, autoIncrement }) =>
      autoIncrement &&
      declaredColumn(change.table, name) === undefined &&
      !includesName(change.droppedColumns, name) &&
      includesName(primaryKeyOf(change), name),
  )
  return kept?.name
}

/** The highest number ever given outlasts the rows that had it. A new column starts anew. */
function keepNumber(change: TableChange, made: string): string[] {
  const numbered = numberedColumn(change)
  const before = change.live.columns.find(({ autoIncrement }) => autoIncrement)?.name
  if (numbered === undefined || before === undefined || !sameName(numbered, before)) return []
  return [
    `INSERT INTO sqlite_sequence (name, seq) SELECT ${quoteText(made)}, seq FROM sqlite_sequence ` +
      `WHERE name = ${quoteText(change.table.name)} COLLATE NOCASE`,
  ]
}

function copyRows(change: TableChange, made: string, columns: readonly NewColumn[]): string {
  const copied = columns.filter(({ value }) => value !== undefined)
  // Where nothing stays of the columns, the rows do: one column stands for all.
  const [first] = columns
  const filled = copied.length > 0 || !first ? copied : [{ ...first, value: firstValue(change, first.name) }]
  const values = filled.map(({ value }) => value).join(', ')
  return `INSERT INTO ${quote(made)} (${list(filled.map(({ name }) => name))}) SELECT ${values} FROM ${quote(change.table.name)}`
}

function firstValue({ table }: TableChange, name: string): string {
  const spec = declaredColumn(table, name)?.spec
  return spec?.default === undefined ? 'NULL' : defaultSql(spec)
}
