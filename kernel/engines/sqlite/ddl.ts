import type { IndexSpec } from '../../contract/define-table.js'
import type { TableSpec } from '../../contract/table-spec.js'
import type { Ddl } from '../ddl.js'
import { columnDefinition, quote } from './ddl-columns.js'

export const sqliteDdl: Ddl = {
  quote,

  createTable(table: TableSpec): string[] {
    const columns = Object.entries(table.columns)
    const lines = columns.map(([name, spec]) => columnDefinition(name, spec))
    if (!columns.some(([, spec]) => spec.autoIncrement) && table.primaryKey.length > 0) {
      lines.push(`PRIMARY KEY (${list(table.primaryKey)})`)
    }
    for (const [name, { references }] of columns) {
      if (!references) continue
      const { column, onDelete, onUpdate } = references
      const target = `${quote(references.table)} (${quote(column)})`
      const actions = `ON DELETE ${onDelete.toUpperCase()} ON UPDATE ${onUpdate.toUpperCase()}`
      lines.push(`FOREIGN KEY (${quote(name)}) REFERENCES ${target} ${actions}`)
    }
    const indexes = indexesOf(table).map(
      (index) =>
        `CREATE ${index.unique ? 'UNIQUE ' : ''}INDEX ${quote(indexName(table.name, index))} ` +
        `ON ${quote(table.name)} (${list(index.columns)})`,
    )
    return [`CREATE TABLE ${quote(table.name)} (\n  ${lines.join(',\n  ')}\n)`, ...indexes]
  },

  addForeignKeys: () => [],
  renameTable: () => [],
  renameColumn: () => [],
  alterTable: () => ({ unlink: [], alter: [], link: [] }),
  dropTable: (name) => [`DROP TABLE ${quote(name)}`],
  copyTable: () => [],
  misfits: () => undefined,

  /** SQLite has no CREATE OR REPLACE VIEW. */
  createView(name: string, select: string): string[] {
    return [sqliteDdl.dropView(name), `CREATE VIEW ${quote(name)} AS ${select}`]
  },

  dropView(name: string): string {
    return `DROP VIEW IF EXISTS ${quote(name)}`
  },
}

/** Indexes share one space of names in a SQLite database; a dot stands in no identifier, so no two meet. */
function indexName(table: string, index: IndexSpec): string {
  return [index.unique ? 'unique' : 'index', table, ...index.columns].join('.')
}

/** Those declared, each once, and one for each foreign key that none serves: MySQL makes these by itself. */
function indexesOf(table: TableSpec): IndexSpec[] {
  const indexes = new Map(table.indexes.map((index) => [indexName(table.name, index), index]))
  const leading = new Set([...indexes.values()].map((index) => index.columns[0]))
  leading.add(table.primaryKey[0])
  for (const [name, { references }] of Object.entries(table.columns)) {
    const index = { columns: [name], unique: false }
    if (references && !leading.has(name)) indexes.set(indexName(table.name, index), index)
  }
  return [...indexes.values()]
}

function list(columns: readonly string[]): string {
  return columns.map(quote).join(', ')
}
