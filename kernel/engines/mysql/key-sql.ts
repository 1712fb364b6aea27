import type { ReferenceSpec } from '../../contract/columns.js'
import type { IndexSpec } from '../../contract/define-table.js'
import type { TableSpec } from '../../contract/table-spec.js'
import type { LiveForeignKey, LiveIndex } from '../live-schema.js'
import { foreignKeyName, freeName, indexName, quote } from './identifiers.js'

/** `(a, b)` of a key. */
export function list(columns: readonly string[]): string {
  return columns.map(quote).join(', ')
}

/** `taken`: the names, in lower case, of the indexes that the table has otherwise. */
export function indexSql(table: string, { columns, unique }: IndexSpec, taken: Set<string>): string {
  const name = freeName(indexName(table, columns, unique), taken)
  return `${unique ? 'UNIQUE KEY' : 'KEY'} ${quote(name)} (${list(columns)})`
}

export function foreignKeySql(name: string, key: Omit<LiveForeignKey, 'name'>): string {
  const actions = `ON DELETE ${key.onDelete} ON UPDATE ${key.onUpdate}`
  // A table of another database, which only hand-written migrations refer to, has that in front.
  const table = key.table.split('.').map(quote).join('.')
  return `CONSTRAINT ${quote(name)} FOREIGN KEY (${list(key.columns)}) REFERENCES ${table} (${list(key.targets)}) ${actions}`
}

/** The foreign keys of the columns that `chosen` names. */
export function declaredForeignKeys(table: TableSpec, chosen: (column: string) => boolean): string[] {
  return Object.entries(table.columns).flatMap(([column, { references }]) =>
    references && chosen(column)
      ? [foreignKeySql(foreignKeyName(table.name, [column]), declaredKey(column, references))]
      : [],
  )
}

/**
 * The indexes to create: each once, and one for each foreign key that finds none. The server would make that too, but drop
 * it again unasked as soon as another index begins with the same column.
 */
export function neededIndexes(table: TableSpec): IndexSpec[] {
  const indexes = [
    // `.unique()` on a column and the same among the indexes are one.
    ...new Map(table.indexes.map((index) => [`${index.unique}:${index.columns.join()}`, index])).values(),
  ]
  const keys = [table.primaryKey, ...indexes.map(({ columns }) => columns)]
  const bare = Object.entries(table.columns).filter(([column, spec]) => spec.references && !covers(keys, [column]))
  return [...indexes, ...bare.map(([column]) => ({ columns: [column], unique: false }))]
}

/** Whether one of the keys begins with these columns: it serves a foreign key on them. */
export function covers(keys: readonly (readonly string[])[], columns: readonly string[]): boolean {
  return keys.some((key) => columns.every((column, i) => column.toLowerCase() === key[i]?.toLowerCase()))
}

/** The columns of an index that a foreign key can use. */
export function usable(indexes: readonly LiveIndex[]): (readonly string[])[] {
  return indexes.filter(({ special }) => special === '').map(({ columns }) => columns)
}

function declaredKey(column: string, to: ReferenceSpec): Omit<LiveForeignKey, 'name'> {
  return {
    columns: [column],
    table: to.table,
    targets: [to.column],
    onDelete: to.onDelete.toUpperCase(),
    onUpdate: to.onUpdate.toUpperCase(),
  }
}
