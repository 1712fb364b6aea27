import type { IndexSpec } from '../../contract/define-table.js'
import type { TableSpec } from '../../contract/table-spec.js'
import type { Ddl } from '../ddl.js'
import { alterTable } from './alter-table.js'
import { conversion } from './conversions.js'
import { columnDefinition, quote } from './ddl-columns.js'
import { misfits } from './misfits.js'
import { createIndex, declaredForeignKey, foreignKeySql, indexName, list } from './table-sql.js'

export const sqliteDdl: Ddl = {
  quote,
  leavesTheRest: false,

  /** A foreign key may name a table that is not there yet: none is left out. */
  createTable(table: TableSpec): string[] {
    const columns = Object.entries(table.columns)
    const lines = columns.map(([name, spec]) => columnDefinition(name, spec))
    if (!columns.some(([, spec]) => spec.autoIncrement) && table.primaryKey.length > 0) {
      lines.push(`PRIMARY KEY (${list(table.primaryKey)})`)
    }
    for (const [name, { references }] of columns) {
      if (references) lines.push(foreignKeySql(declaredForeignKey(name, references)))
    }
    const indexes = indexesOf(table).map((index) => createIndex(table.name, index))
    return [`CREATE TABLE ${quote(table.name)} (\n  ${lines.join(',\n  ')}\n)`, ...indexes]
  },

  addForeignKeys: () => [],
  alterTable,
  misfits,
  converted: conversion,
  // Declared columns compare byte by byte: what differs there differs everywhere.
  recollated: () => undefined,
  renamedForeignKey: (name) => name,

  /** What refers to the table follows, and so do triggers and views. Its indexes keep their names. */
  renameTable: (from, to) => [`ALTER TABLE ${quote(from)} RENAME TO ${quote(to)}`],
  renameColumn: (table, from, to) => [`ALTER TABLE ${quote(table)} RENAME COLUMN ${quote(from)} TO ${quote(to)}`],
  dropTable: (name) => [`DROP TABLE ${quote(name)}`],

  /** SQLite has no CREATE OR REPLACE VIEW. */
  createView(name: string, select: string): string[] {
    return [sqliteDdl.dropView(name), `CREATE VIEW ${quote(name)} AS ${select}`]
  },

  dropView(name: string): string {
    return `DROP VIEW IF EXISTS ${quote(name)}`
  },
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
