import type { TableChange, TableStatements } from '../ddl.js'
import type { LiveForeignKey } from '../live-schema.js'
import { type ColumnChange, columnChanges } from './alter-columns.js'
import { charsetOf } from './collation.js'
import { columnSql } from './column-sql.js'
import { refuseDependants } from './dependants.js'
import { foreignKeyName, freeName, quote } from './identifiers.js'
import { refuseOversized, type TableSettings } from './index-limits.js'
import { keepingZeros } from './keeping-zeros.js'
import { covers, foreignKeySql, indexSql, list, usable } from './key-sql.js'

/**
 * One ALTER TABLE for all but foreign keys, with statements before and after it for what the server cannot do at once.
 * Foreign keys go before and come after those of all tables. Throws MODULE_INVALID for what InnoDB cannot index,
 * MIGRATION_REFUSED where what was made by hand needs a column that goes.
 */
export function alterTable(change: TableChange, settings: TableSettings): TableStatements {
  refuseOversized(change.table, settings)
  refuseDependants(change)
  const alter = `ALTER TABLE ${quote(change.table.name)}`
  const columns = columnChanges(change)
  const clauses = [
    ...optionClauses(change, settings),
    ...dropClauses(change),
    ...columnClauses(change, columns),
    ...(change.primaryKey ? [`ADD PRIMARY KEY (${list(change.wanted.primaryKey)})`] : []),
    ...addedIndexes(change),
  ]
  const combined = clauses.length === 0 ? [] : [`${alter} ${clauses.join(', ')}`]
  const numbered = change.modifiedColumns.some(({ from, to }) => to.autoIncrement && !from.autoIncrement)
  const unlinked = unlinkedKeys(change)
  const linked = linkedKeys(change, unlinked)
  return {
    unlink:
      unlinked.length === 0
        ? []
        : [`${alter} ${unlinked.map(({ name }) => `DROP FOREIGN KEY ${quote(name)}`).join(', ')}`],
    alter: [...columns.before, ...(numbered ? keepingZeros(combined) : combined), ...columns.after],
    link:
      linked.length === 0 ? [] : [`${alter} ${linked.map((key) => `ADD ${foreignKeySql(key.name, key)}`).join(', ')}`],
  }
}

function optionClauses({ options, live, wanted }: TableChange, { engine, collation }: TableSettings): string[] {
  if (!options) return []
  const storage = ({ options }: TableChange['live']) => options.split(' ', 1)[0]?.toLowerCase()
  return [
    // Said again, it would make the server write the whole table anew.
    ...(storage(live) === storage(wanted) ? [] : [`ENGINE=${engine}`]),
    `DEFAULT CHARACTER SET ${charsetOf(collation)} COLLATE ${collation}`,
  ]
}

function dropClauses(change: TableChange): string[] {
  const { dropped, remade } = indexFates(change)
  return [
    ...[...dropped, ...remade].map(({ name }) => `DROP KEY ${quote(name)}`),
    ...(change.primaryKey && change.live.primaryKey.length > 0 ? ['DROP PRIMARY KEY'] : []),
    ...change.droppedColumns.map((column) => `DROP COLUMN ${quote(column)}`),
  ]
}

function columnClauses(change: TableChange, { modified }: ColumnChange): string[] {
  const { table, live, wanted, addedColumns, droppedColumns, primaryKey } = change
  const declared = new Set(wanted.columns.map(({ name }) => name.toLowerCase()))
  const gone = new Set(droppedColumns)
  // A column that nobody declares any more and that stays cannot go on counting without the key, nor ask for a value.
  const stopped = live.columns.filter(
    (column) =>
      primaryKey && column.autoIncrement && !declared.has(column.name.toLowerCase()) && !gone.has(column.name),
  )
  return [
    ...addedColumns.flatMap((column) => {
      const spec = table.columns[column]
      return spec ? [`ADD COLUMN ${columnSql(column, spec)}`] : []
    }),
    ...modified.map((column) => `MODIFY COLUMN ${column}`),
    ...stopped.map(({ name, type }) => `MODIFY COLUMN ${quote(name)} ${type} NULL`),
  ]
}

/**
 * What becomes of the table's indexes: one over a column that goes is dropped with it. One that the server made for a
 * foreign key is made anew by us when another comes that begins with it, for the server would drop its own.
 */
function indexFates({ live, droppedIndexes, droppedColumns, addedIndexes }: TableChange) {
  const gone = new Set(droppedIndexes.map(({ name }) => name))
  const columns = new Set(droppedColumns)
  const dropped = live.indexes.filter(
    (index) => gone.has(index.name) || index.columns.some((name) => columns.has(name)),
  )
  const staying = live.indexes.filter((index) => !dropped.includes(index))
  const remade = staying.filter(
    (index) =>
      !index.unique &&
      index.special === '' &&
      addedIndexes.some((added) => covers([added.columns], index.columns)) &&
      live.foreignKeys.some((key) => covers([index.columns], key.columns)),
  )
  return { dropped, staying: staying.filter((index) => !remade.includes(index)), remade }
}

function addedIndexes(change: TableChange): string[] {
  const { table, live, wanted } = change
  const { staying, remade } = indexFates(change)
  const indexes = [...change.addedIndexes, ...remade]
  const unlinked = new Set(unlinkedKeys(change).map(({ name }) => name))
  const keys = [change.primaryKey ? wanted.primaryKey : live.primaryKey, ...usable([...staying, ...indexes])]
  // A foreign key of a hand-written migration may stand on an index that goes.
  const bare = live.foreignKeys.filter(({ name, columns }) => !unlinked.has(name) && !covers(keys, columns))
  const taken = new Set(staying.map(({ name }) => name.toLowerCase()))
  return [...indexes, ...bare.map(({ columns }) => ({ columns, unique: false }))].map(
    (index) => `ADD ${indexSql(table.name, index, taken)}`,
  )
}

/** Those that go for good, those that come back, and those of columns that go. */
function unlinkedKeys({
  live,
  droppedColumns,
  droppedForeignKeys,
  relinkedForeignKeys,
}: TableChange): LiveForeignKey[] {
  const names = new Set([...droppedForeignKeys, ...relinkedForeignKeys].map(({ name }) => name))
  const columns = new Set(droppedColumns)
  return live.foreignKeys.filter((key) => names.has(key.name) || key.columns.some((column) => columns.has(column)))
}

function linkedKeys(change: TableChange, unlinked: readonly LiveForeignKey[]): LiveForeignKey[] {
  const { table, live, addedForeignKeys, relinkedForeignKeys } = change
  const back = new Set(relinkedForeignKeys.map(({ name }) => name))
  const names = live.foreignKeys.filter((key) => back.has(key.name) || !unlinked.includes(key)).map(({ name }) => name)
  const taken = new Set(names.map((name) => name.toLowerCase()))
  return [
    ...relinkedForeignKeys,
    ...addedForeignKeys.map((key) => ({ ...key, name: freeName(foreignKeyName(table.name, key.columns), taken) })),
  ]
}
