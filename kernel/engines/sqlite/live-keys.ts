import type { LiveForeignKey, LiveIndex } from '../live-schema.js'
import type { FoundForeignKey, FoundIndexPart } from './found.js'
import { onConflict } from './live-column.js'
import type { TableText } from './table-text.js'

/** `textOf` gives what CREATE INDEX says of an index, undefined where CREATE TABLE made it. */
export function liveIndexes(
  found: readonly FoundIndexPart[],
  table: TableText | undefined,
  textOf: (index: string) => string | undefined,
): LiveIndex[] {
  return groups(found, ({ name }) => name).map((parts) => {
    const [{ name, is_unique }] = parts
    const columns = parts.flatMap(({ column_name }) => column_name ?? [])
    const text = textOf(name)
    const special = text === undefined ? conflictOf(columns, table) : isOrdinary(parts, table) ? '' : text
    return { name, columns, unique: is_unique === 1, special }
  })
}

function isOrdinary(parts: readonly FoundIndexPart[], table: TableText | undefined): boolean {
  return parts.every(({ column_name, is_partial, is_descending, collation }) => {
    if (column_name === null || is_partial || is_descending) return false
    const column = table?.columns.find(({ name }) => sameName(name, column_name))
    return collation.toUpperCase() === (column?.collation || 'BINARY').toUpperCase()
  })
}

function conflictOf(columns: readonly string[], table: TableText | undefined): string {
  const key = table?.keys.find(
    (each) =>
      !each.primary &&
      each.columns.length === columns.length &&
      each.columns.every((column, i) => sameName(column, columns[i] ?? '')),
  )
  return onConflict(key?.conflict)
}

/** `keyOf` gives the primary key of a table: what a foreign key refers to that names no columns. */
export function liveForeignKeys(
  found: readonly FoundForeignKey[],
  keyOf: (table: string) => readonly string[],
): LiveForeignKey[] {
  return groups(found, ({ id }) => id).map((parts) => {
    const [{ target_table, on_delete, on_update }] = parts
    const targets = parts.flatMap(({ target }) => target ?? [])
    return {
      name: '',
      columns: parts.map(({ name }) => name),
      table: target_table,
      targets: targets.length > 0 ? targets : keyOf(target_table),
      onDelete: on_delete,
      onUpdate: on_update,
    }
  })
}

function groups<T>(rows: readonly T[], keyOf: (row: T) => unknown): [T, ...T[]][] {
  const found = new Map<unknown, [T, ...T[]]>()
  for (const row of rows) {
    const known = found.get(keyOf(row))
    if (known) known.push(row)
    else found.set(keyOf(row), [row])
  }
  return [...found.values()]
}

export function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}
