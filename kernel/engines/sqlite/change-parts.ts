import type { ColumnSpec } from '../../contract/columns.js'
import type { TableSpec } from '../../contract/table-spec.js'
import type { TableChange } from '../ddl.js'
import type { LiveForeignKey, LiveIndex, StoredText } from '../live-schema.js'
import { sameName } from './live-keys.js'

/** A column as declared, with the name in the capitals of the declaration. */
export interface DeclaredColumn {
  readonly name: string
  readonly spec: ColumnSpec
}

export function declaredColumn(table: TableSpec, name: string): DeclaredColumn | undefined {
  const found = Object.entries(table.columns).find(([column]) => sameName(column, name))
  return found && { name: found[0], spec: found[1] }
}

export function includesName(names: readonly string[], name: string): boolean {
  return names.some((each) => sameName(each, name))
}

/** The places of the columns that go, among `live.columns`. */
export function droppedPlaces({ live, droppedColumns }: TableChange): ReadonlySet<number> {
  return new Set(live.columns.flatMap(({ name }, i) => (includesName(droppedColumns, name) ? [i] : [])))
}

export function mentions(text: StoredText, places: ReadonlySet<number>): boolean {
  return text.some((part) => typeof part === 'number' && places.has(part))
}

/** What CREATE INDEX says of the index; undefined for one that CREATE TABLE made. */
export function indexText({ live }: TableChange, { name }: LiveIndex): StoredText | undefined {
  return live.stored?.indexes.find((index) => index.name === name)?.text
}

/** An index of a column that goes goes too, whoever made it. */
export function stayingIndexes(change: TableChange): LiveIndex[] {
  const places = droppedPlaces(change)
  return change.live.indexes.filter(
    (index) =>
      !change.droppedIndexes.some(({ name }) => name === index.name) &&
      !index.columns.some((column) => includesName(change.droppedColumns, column)) &&
      !mentions(indexText(change, index) ?? [], places),
  )
}

export function stayingForeignKeys({ live, droppedColumns, droppedForeignKeys }: TableChange): LiveForeignKey[] {
  const dropped = new Set(droppedForeignKeys.map(identity))
  return live.foreignKeys.filter(
    (key) => !dropped.has(identity(key)) && !key.columns.some((column) => includesName(droppedColumns, column)),
  )
}

function identity({ columns, table, targets, onDelete, onUpdate }: LiveForeignKey): string {
  return JSON.stringify([columns, table, targets, onDelete, onUpdate]).toLowerCase()
}

export function primaryKeyOf({ primaryKey, wanted, live }: TableChange): readonly string[] {
  return primaryKey ? wanted.primaryKey : live.primaryKey
}
