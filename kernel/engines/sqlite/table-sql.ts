import type { ReferenceSpec } from '../../contract/columns.js'
import type { IndexSpec } from '../../contract/define-table.js'
import type { LiveForeignKey } from '../live-schema.js'
import { quote } from './ddl-columns.js'

export function list(columns: readonly string[]): string {
  return columns.map(quote).join(', ')
}

/** What a declared column refers to, in the words of the server. */
export function declaredForeignKey(column: string, to: ReferenceSpec): LiveForeignKey {
  return {
    name: '',
    columns: [column],
    table: to.table,
    targets: [to.column],
    onDelete: to.onDelete.toUpperCase(),
    onUpdate: to.onUpdate.toUpperCase(),
  }
}

export function foreignKeySql(key: LiveForeignKey): string {
  return `FOREIGN KEY (${list(key.columns)}) ${referenceSql(key)}`
}

/** No columns stand for the primary key of a table that is not there. */
export function referenceSql({ table, targets, onDelete, onUpdate }: LiveForeignKey): string {
  const target = targets.length > 0 ? `${quote(table)} (${list(targets)})` : quote(table)
  return `REFERENCES ${target} ON DELETE ${onDelete} ON UPDATE ${onUpdate}`
}

/** Indexes share one space of names in a SQLite database; a dot stands in no identifier, so no two meet. */
export function indexName(table: string, { columns, unique }: IndexSpec): string {
  return [unique ? 'unique' : 'index', table, ...columns].join('.')
}

export function createIndex(table: string, index: IndexSpec): string {
  return indexSql(indexName(table, index), index.unique, table, `(${list(index.columns)})`)
}

export function indexSql(name: string, unique: boolean, table: string, covers: string): string {
  return `CREATE ${unique ? 'UNIQUE ' : ''}INDEX ${quote(name)} ON ${quote(table)} ${covers}`
}
