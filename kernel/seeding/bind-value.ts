import type { ColumnSpec } from '../contract/columns.js'
import type { SqlValue } from '../contract/context.js'
import type { SeedRow } from '../contract/define-seed.js'
import type { TableSpec } from '../contract/table-spec.js'
import { defaultOf } from '../contract/validate-row.js'

/** A valid value of a column as an engine binds it. */
export function bindValue(spec: ColumnSpec, value: unknown): SqlValue {
  if (value === null || value === undefined) return null
  if (spec.type === 'json') return JSON.stringify(value)
  // A valid moment names its zone.
  if (spec.type === 'datetime' && typeof value === 'string') return new Date(value)
  return value as SqlValue
}

/** The columns that a row names, each with its value to bind. */
export function bindRow(table: TableSpec, row: SeedRow): Map<string, SqlValue> {
  return new Map(
    Object.entries(table.columns)
      .filter(([column]) => row[column] !== undefined)
      .map(([column, spec]) => [column, bindValue(spec, row[column])]),
  )
}

/** As `bindRow`, the columns left out at their defaults: what the row would hold if it were inserted anew. */
export function bindWholeRow(table: TableSpec, row: SeedRow): Map<string, SqlValue> {
  return new Map(
    Object.entries(table.columns).map(([column, spec]) => {
      const value = row[column] === undefined ? defaultOf(spec) : row[column]
      return [column, bindValue(spec, value)]
    }),
  )
}
