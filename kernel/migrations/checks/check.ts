import type { SqlValue } from '../../contract/context.js'
import type { Ddl, TableChange } from '../../engines/ddl.js'
import type { LiveSchema } from '../../engines/live-schema.js'
import { find, lower } from '../diff/names.js'
import { formerColumnName, formerTableName, type Renames } from '../diff/renames.js'

export interface RowQuery {
  readonly sql: string
  readonly parameters: readonly SqlValue[]
}

/** A question to the data before anything is touched: rows that the query finds stand in the way, named by their keys. */
export interface Check extends RowQuery {
  /** `notes.title`. */
  readonly path: string
  /** Goes on from the path; the rows follow it. */
  readonly message: string
  /** What to do about it. */
  readonly advice: string
}

/** Rows that are asked for: one more than a message names, so that it can say that there are more. */
export const CHECKED_ROWS = 6

/** A change whose table is asked. */
export interface Asked {
  readonly change: TableChange
  /** Those of all tables, this one's among them. */
  readonly changes: readonly TableChange[]
  /** After the renames. What is asked goes by the former names, for nothing has been renamed yet. */
  readonly live: LiveSchema
  readonly renames: Renames
  readonly ddl: Pick<Ddl, 'quote' | 'misfits' | 'converted' | 'recollated' | 'leavesTheRest'>
}

/** The keys of rows for which the condition holds; the table is `r` in it. */
export function rowsWhere(asked: Asked, condition: string): RowQuery {
  return rowsOf(asked, `WHERE ${condition}`)
}

/** The keys of rows that are left by `narrowing`, which goes on from the table, `r` by name. */
export function rowsOf(asked: Asked, narrowing: string, parameters: readonly SqlValue[] = []): RowQuery {
  const keys = asked.change.live.primaryKey.map((name) => `r.${quotedColumn(asked, name)}`)
  const list = keys.length > 0 ? keys.join(', ') : '1 AS found'
  return { sql: `SELECT ${list} FROM ${quotedTable(asked)} r ${narrowing} LIMIT ${CHECKED_ROWS}`, parameters }
}

/** As the database has it now. */
export function quotedTable({ change, live, renames, ddl }: Asked): string {
  const name = find(live, live.tables, change.table.name)?.name ?? change.table.name
  return ddl.quote(formerTableName(live, renames, name))
}

/** As the database has it now. */
export function quotedColumn({ change, live, renames, ddl }: Asked, name: string): string {
  return ddl.quote(formerColumnName(live, renames, change.table.name, name))
}

export function isAdded({ change }: Asked, column: string): boolean {
  return change.addedColumns.some((name) => lower(name) === lower(column))
}
