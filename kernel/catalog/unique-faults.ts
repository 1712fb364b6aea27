import type { SeedRow } from '../contract/define-seed.js'
import type { Fault } from '../errors.js'
import { type HeldRow, type PlannedRow, writtenRows } from './planned.js'

/**
 * Planned rows that have the values of another one, or of a row that the catalog keeps, in columns that are unique
 * together. Upper and lower case are alike, as they are in the catalog's database.
 */
export function uniqueFaults(
  planned: readonly PlannedRow[],
  held: readonly HeldRow[],
  columns: readonly [string, ...string[]],
): Fault[] {
  const faults: Fault[] = []
  const written = writtenRows(planned, held)
  const overwritten = new Set([...written].map((each) => each.row.id))
  const kept = new Map(
    held.filter(({ id }) => !overwritten.has(id)).map(({ id, row }) => [keyOf(row, columns), id] as const),
  )
  const seen = new Map<string, string>()
  for (const each of planned) {
    const key = keyOf(each.row, columns)
    const path = columns.length === 1 ? `${each.path}.${columns[0]}` : each.path
    const shared = `has the ${columns.join(', ')} of`
    const other = seen.get(key)
    const id = kept.get(key)
    if (other !== undefined) faults.push({ path, message: `${shared} ${other}` })
    else if (id !== undefined && written.has(each)) {
      faults.push({ path, message: `${shared} the row with the id ${id} in the catalog` })
    }
    if (other === undefined) seen.set(key, each.path)
  }
  return faults
}

function keyOf(row: SeedRow, columns: readonly string[]): string {
  return JSON.stringify(
    columns.map((column) => {
      const value = row[column] ?? (column === 'version' ? 1 : null)
      return typeof value === 'string' ? value.toLowerCase() : value
    }),
  )
}
