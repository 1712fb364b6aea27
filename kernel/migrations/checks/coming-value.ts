import type { SqlValue } from '../../contract/context.js'
import { bindValue } from '../../seeding/bind-value.js'
import { conversion } from '../diff/conversion.js'
import { lower } from '../diff/names.js'
import { type Asked, isAdded, quotedColumn } from './check.js'

/** A value as SQL, with what it binds. */
export interface ComingValue {
  readonly sql: string
  readonly parameters: readonly SqlValue[]
}

function modificationOf({ change }: Asked, column: string) {
  return change.modifiedColumns.find(({ to }) => lower(to.name) === lower(column))
}

/** Whether its values may become others, so that two that differ come to be the same. */
export function isConverted(asked: Asked, column: string): boolean {
  const { from, to } = modificationOf(asked, column) ?? {}
  if (from === undefined || to === undefined) return false
  return conversion(from.domain, to.domain) === 'narrowing' || isRecollated(asked, column)
}

/** Whether its text will compare in another way than it does. */
function isRecollated(asked: Asked, column: string): boolean {
  const { from, to } = modificationOf(asked, column) ?? {}
  return from !== undefined && to !== undefined && asked.ddl.recollated('', from, to) !== undefined
}

/** Whether its NULLs become its default. */
export function isFilled(asked: Asked, column: string): boolean {
  const { from, to } = modificationOf(asked, column) ?? {}
  return from !== undefined && to !== undefined && from.nullable && !to.nullable && to.hasDefault
}

/** The declared default as the engine binds it; undefined where there is none, or none that is known beforehand. */
export function boundDefault({ change }: Asked, column: string): SqlValue | undefined {
  const spec = Object.hasOwn(change.table.columns, column) ? change.table.columns[column] : undefined
  const value = spec?.default
  return !spec || value === undefined || value === null || typeof value === 'symbol'
    ? undefined
    : bindValue(spec, value)
}

/** What a column that is there will hold in the rows of `alias`, its NULLs apart. */
function convertedValue(asked: Asked, column: string, alias: string): string {
  const { from, to } = modificationOf(asked, column) ?? {}
  const value = `${alias}.${quotedColumn(asked, column)}`
  if (!from || !to) return value
  // A number is compared with text in another way than the text that it becomes.
  const isOther = from.domain.kind !== to.domain.kind || isConverted(asked, column)
  const sql = isOther ? asked.ddl.converted(value, from.domain, to.domain) : value
  return asked.ddl.recollated(sql, from, to) ?? sql
}

/**
 * What a column will hold in the rows of `alias`, a default in place of NULL where NULLs become it. Undefined for a new
 * column of which that cannot be said, or that is NULL.
 */
export function comingValue(asked: Asked, column: string, alias: string): ComingValue | undefined {
  if (isAdded(asked, column)) {
    const value = boundDefault(asked, column)
    return value === undefined ? undefined : { sql: '?', parameters: [value] }
  }
  const sql = convertedValue(asked, column, alias)
  const value = isFilled(asked, column) ? boundDefault(asked, column) : undefined
  return value === undefined ? { sql, parameters: [] } : { sql: `COALESCE(${sql}, ?)`, parameters: [value] }
}

/**
 * Equal, NULL included, where `comingValue` is: the default itself is NULL where NULLs become it. The comparison leaves it
 * to the column how the default is written.
 */
export function comparedValue(asked: Asked, column: string, alias: string): ComingValue {
  const sql = convertedValue(asked, column, alias)
  const value = isFilled(asked, column) ? boundDefault(asked, column) : undefined
  if (value === undefined) return { sql, parameters: [] }
  return { sql: `CASE WHEN ${sql} = ? THEN NULL ELSE ${sql} END`, parameters: [value] }
}
