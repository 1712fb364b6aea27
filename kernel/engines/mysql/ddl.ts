import type { ReferenceSpec } from '../../contract/columns.js'
import type { IndexSpec } from '../../contract/define-table.js'
import type { TableSpec } from '../../contract/table-spec.js'
import { M3Error } from '../../errors.js'
import type { Ddl } from '../ddl.js'
import { characterWidth, charsetOf } from './collation.js'
import { columnSql } from './column-sql.js'
import { keyName, quote } from './identifiers.js'
import { indexFaults } from './index-limits.js'

/** `tenants.settings` of the configuration. */
export interface TableSettings {
  readonly engine: string
  readonly collation: string
}

/** The statements of MySQL and MariaDB. `createTable` throws MODULE_INVALID for what InnoDB cannot index. */
export function mysqlDdl(settings: TableSettings): Ddl {
  return {
    quote,
    createTable: (table) => [createTable(table, settings)],
    addForeignKeys: () => [],
    renameTable: () => [],
    renameColumn: () => [],
    alterTable: () => ({ unlink: [], alter: [], link: [] }),
    dropTable: (name) => [`DROP TABLE ${quote(name)}`],
    copyTable: () => [],
    misfits: () => undefined,
    // With the rights of whoever reads it: a view gives nobody those of its maker.
    createView: (name, select) => [
      `CREATE OR REPLACE SQL SECURITY INVOKER VIEW ${quote(name)} AS ${select.trim().replace(/;\s*$/, '')}`,
    ],
    dropView: (name) => `DROP VIEW IF EXISTS ${quote(name)}`,
  }
}

function createTable(table: TableSpec, { engine, collation }: TableSettings): string {
  const faults = indexFaults(table, characterWidth(collation))
  if (faults.length > 0) throw new M3Error('MODULE_INVALID', `MySQL cannot hold the table ${table.name}`, { faults })
  const parts = [
    ...Object.entries(table.columns).map(([name, spec]) => columnSql(name, spec)),
    `PRIMARY KEY (${list(table.primaryKey)})`,
    ...distinct(table.indexes).map((index) => indexSql(table.name, index)),
    ...Object.entries(table.columns).flatMap(([column, { references }]) =>
      references ? [foreignKeySql(table.name, column, references)] : [],
    ),
  ]
  const options = `ENGINE=${engine} DEFAULT CHARACTER SET ${charsetOf(collation)} COLLATE ${collation}`
  return `CREATE TABLE ${quote(table.name)} (\n  ${parts.join(',\n  ')}\n) ${options}`
}

function indexSql(table: string, { columns, unique }: IndexSpec): string {
  const name = quote(keyName(table, columns, unique ? 'unique' : 'index'))
  return `${unique ? 'UNIQUE KEY' : 'KEY'} ${name} (${list(columns)})`
}

/** The index that a foreign key needs is made by the server where there is none, under the key's name. */
function foreignKeySql(table: string, column: string, to: ReferenceSpec): string {
  const name = quote(keyName(table, [column], 'fk'))
  const actions = `ON DELETE ${to.onDelete.toUpperCase()} ON UPDATE ${to.onUpdate.toUpperCase()}`
  return `CONSTRAINT ${name} FOREIGN KEY (${quote(column)}) REFERENCES ${quote(to.table)} (${quote(to.column)}) ${actions}`
}

/** `.unique()` on a column and the same among the indexes are one. */
function distinct(indexes: readonly IndexSpec[]): IndexSpec[] {
  return [...new Map(indexes.map((index) => [`${index.unique}:${index.columns.join()}`, index])).values()]
}

function list(columns: readonly string[]): string {
  return columns.map(quote).join(', ')
}
