import type { TableSpec } from '../../contract/table-spec.js'
import type { Ddl } from '../ddl.js'
import { alterTable } from './alter-table.js'
import { charsetOf } from './collation.js'
import { columnSql } from './column-sql.js'
import { converted, recollated } from './converted.js'
import { quote, renamedForeignKey } from './identifiers.js'
import { refuseOversized, type TableSettings } from './index-limits.js'
import { declaredForeignKeys, indexSql, list, neededIndexes } from './key-sql.js'
import { misfits } from './misfits.js'

/** The statements of MySQL and MariaDB. They throw MODULE_INVALID for what InnoDB cannot index. */
export function mysqlDdl(settings: TableSettings): Ddl {
  return {
    quote,
    leavesTheRest: true,
    createTable: (table, without = new Set()) => [createTable(table, without, settings)],
    addForeignKeys(table, columns) {
      const keys = declaredForeignKeys(table, (column) => columns.has(column))
      return keys.length === 0 ? [] : [`ALTER TABLE ${quote(table.name)} ${keys.map((key) => `ADD ${key}`).join(', ')}`]
    },
    renamedForeignKey,
    renameTable: (from, to) => [`RENAME TABLE ${quote(from)} TO ${quote(to)}`],
    renameColumn: (table, from, to) => [`ALTER TABLE ${quote(table)} RENAME COLUMN ${quote(from)} TO ${quote(to)}`],
    alterTable: (change) => alterTable(change, settings),
    dropTable: (name) => [`DROP TABLE ${quote(name)}`],
    misfits,
    converted,
    recollated,
    // With the rights of whoever reads it: a view gives nobody those of its maker.
    createView: (name, select) => [
      `CREATE OR REPLACE SQL SECURITY INVOKER VIEW ${quote(name)} AS ${select.trim().replace(/;\s*$/, '')}`,
    ],
    dropView: (name) => `DROP VIEW IF EXISTS ${quote(name)}`,
  }
}

function createTable(table: TableSpec, without: ReadonlySet<string>, settings: TableSettings): string {
  refuseOversized(table, settings)
  const { engine, collation } = settings
  const names = new Set<string>()
  const parts = [
    ...Object.entries(table.columns).map(([name, spec]) => columnSql(name, spec)),
    `PRIMARY KEY (${list(table.primaryKey)})`,
    ...neededIndexes(table).map((index) => indexSql(table.name, index, names)),
    ...declaredForeignKeys(table, (column) => !without.has(column)),
  ]
  const options = `ENGINE=${engine} DEFAULT CHARACTER SET ${charsetOf(collation)} COLLATE ${collation}`
  return `CREATE TABLE ${quote(table.name)} (\n  ${parts.join(',\n  ')}\n) ${options}`
}
