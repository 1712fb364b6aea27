import type { TableSpec } from '../contract/table-spec.js'
import type { Domain, LiveColumn, LiveForeignKey, LiveIndex, LiveTable } from './live-schema.js'

/**
 * What has to change in a table that is there, in the engine's neutral words. Renames are done before: every name is
 * the new one. What is not named here stays as it is, what hand-written migrations added included.
 */
export interface TableChange {
  /** As it is to be. */
  readonly table: TableSpec
  /** As it is now, under its new names, and as the server shows the table it is to be. */
  readonly live: LiveTable
  readonly wanted: LiveTable
  /** In the order of the declaration. */
  readonly addedColumns: readonly string[]
  readonly modifiedColumns: readonly { readonly from: LiveColumn; readonly to: LiveColumn }[]
  readonly droppedColumns: readonly string[]
  /** `live.primaryKey` is to become `wanted.primaryKey`. */
  readonly primaryKey: boolean
  readonly addedIndexes: readonly LiveIndex[]
  readonly droppedIndexes: readonly LiveIndex[]
  readonly addedForeignKeys: readonly LiveForeignKey[]
  readonly droppedForeignKeys: readonly LiveForeignKey[]
  /**
   * Foreign keys that stay, of which a column here or there changes its type: MySQL must let go of them meanwhile.
   */
  readonly relinkedForeignKeys: readonly LiveForeignKey[]
  /** Storage engine or collation of the table. */
  readonly options: boolean
}

/**
 * Statements that are run in three rounds over all tables: `unlink` lets go of foreign keys, `alter` does the rest,
 * `link` makes foreign keys. An engine may do everything in `alter`.
 */
export interface TableStatements {
  readonly unlink: readonly string[]
  readonly alter: readonly string[]
  readonly link: readonly string[]
}

/** The statements that differ between engines. One statement an element; run in order, by `Session.execute`. */
export interface Ddl {
  quote(identifier: string): string
  /** What the statements of `alterTable` do not name stays, known or not: no table is made anew. */
  readonly leavesTheRest: boolean
  /**
   * The table with its keys, indexes and foreign keys. Throws MODULE_INVALID for a table that the engine cannot hold.
   * `without`: the columns whose foreign keys are left out, for their tables do not exist yet (MySQL needs them to).
   */
  createTable(table: TableSpec, without?: ReadonlySet<string>): string[]
  /** The foreign keys that `createTable` left out. None where it did not need to. */
  addForeignKeys(table: TableSpec, columns: ReadonlySet<string>): string[]
  renameTable(from: string, to: string): string[]
  /** What a foreign key of this name is called once its table is renamed: the server may rename it along. */
  renamedForeignKey(name: string, from: string, to: string): string
  renameColumn(table: string, from: string, to: string): string[]
  /**
   * Throws MODULE_INVALID as `createTable` does. A column that was nullable, no longer is and has a default: its NULLs
   * become the default. A column without values for the rows that are there is added to empty tables only.
   */
  alterTable(change: TableChange): TableStatements
  dropTable(name: string): string[]
  createView(name: string, select: string): string[]
  dropView(name: string): string
  /**
   * A condition on the rows of the column's table that holds for values which `alterTable` could not turn into a value of
   * `to` without an error or a meaningless result: too long, out of range, no number, no such word. NULL is never one.
   * Undefined: every value can. The caller asks only for pairs that `migrations/conversion.ts` allows.
   */
  misfits(column: string, from: Domain, to: Domain): string | undefined
  /**
   * What `alterTable` makes of a value that is no misfit, as SQL: equal for values that it makes equal. `value` is an
   * expression. For pairs that `migrations/conversion.ts` allows.
   */
  converted(value: string, from: Domain, to: Domain): string
  /**
   * The text as it compares in the column `to`; undefined if it compares so already. `value` is an expression of the
   * column `from`.
   */
  recollated(value: string, from: LiveColumn, to: LiveColumn): string | undefined
}
