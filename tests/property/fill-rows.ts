import type { EngineKind } from '../../kernel/engines/engine-kind.js'
import { sameUnder } from './equality.js'
import { lengthOf } from './kinds.js'
import type { TableRecipe } from './recipes.js'
import { pickValue } from './values.js'
import { type Column, type Row, type Rows, type Table, uniquesOf, type Value, type World } from './world.js'

/**
 * Rows for every table, picked by the recipes: those of parents first, each with its parents, none of them alike where a
 * key forbids it on either engine. A row that cannot be had is left out.
 */
export function fillRows(world: World, recipes: readonly TableRecipe[]): Rows {
  const filled = new Map<number, Row[]>()
  for (const [t, table] of world.tables.entries()) {
    const rows: Row[] = []
    filled.set(table.id, rows)
    for (const [n, cells] of (recipes[t]?.rows ?? []).entries()) {
      const row = fillRow(table, cells, n, filled)
      if (row && !clashes(table, row, rows)) rows.push(row)
    }
  }
  return filled
}

function fillRow(
  table: Table,
  cells: readonly number[],
  n: number,
  filled: ReadonlyMap<number, readonly Row[]>,
): Row | undefined {
  const row = new Map<number, Value>()
  for (const [i, column] of table.columns.entries()) {
    const pick = cells[i % cells.length] ?? 0
    const value = column.autoIncrement ? String(2 * n + 1) : cell(column, pick + i, filled)
    if (value === undefined) return undefined
    row.set(column.id, value)
  }
  return row
}

/** Undefined where the column needs a parent and there is none. */
function cell(column: Column, pick: number, filled: ReadonlyMap<number, readonly Row[]>): Value | undefined {
  const { reference } = column
  if (!reference) return pickValue(column, pick)
  const most = lengthOf(column.kind) ?? Number.POSITIVE_INFINITY
  const keys = (filled.get(reference.table) ?? []).flatMap((row) => row.get(reference.column) ?? [])
  const parents = keys.filter((key) => key.length <= most)
  const parent = parents[pick % parents.length]
  if (column.nullable && (parent === undefined || pick % 4 === 3)) return null
  return parent
}

const ENGINES: readonly EngineKind[] = ['mysql', 'sqlite']

function clashes(table: Table, row: Row, others: readonly Row[]): boolean {
  return uniquesOf(table).some((columns) =>
    others.some((other) => ENGINES.some((engine) => sameUnder(engine, table, columns, row, other))),
  )
}
