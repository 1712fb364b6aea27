import { canRefer, ID_KIND, isIndexable, isInteger, lengthOf } from './kinds.js'
import {
  baseOf,
  type Column,
  columnOf,
  type Index,
  keyOf,
  shownBy,
  type Table,
  tableOf,
  type View,
  type World,
} from './world.js'

/** Characters in one key, with room for the numbers in it: InnoDB takes 3,072 bytes, four a character. */
const MOST_CHARACTERS = 700

/** The world without what no declaration may hold, or no engine keep: keys, defaults and references that make no sense. */
export function soundWorld(world: World): World {
  const tables = world.tables.map(soundTable).filter((table) => table.columns.some(({ implicit }) => !implicit))
  const referring = withReferences({ tables, views: world.views })
  return { tables: referring, views: soundViews({ tables: referring, views: world.views }) }
}

function soundTable(table: Table): Table {
  const columns = shortKeyed(table.columns.map(soundColumn))
  const key = columns.filter(({ primary }) => primary)
  const alone = key.length === 1
  const keyed = columns.map((column) => ({
    ...column,
    autoIncrement: column.autoIncrement && alone && column.primary,
    unique: column.unique && !(column.primary && alone),
  }))
  const all = key.length > 0 ? keyed : [implicitId(table), ...keyed]
  const known = new Set<string>()
  const indexes = table.indexes.flatMap((index): Index[] => {
    const named = index.columns.flatMap((id) => columnOf({ ...table, columns: all }, id) ?? [])
    const distinct = [...new Set(named)].filter(({ kind }) => isIndexable(kind))
    const sound = { columns: distinct.map(({ id }) => id), unique: index.unique }
    const text = JSON.stringify(sound)
    if (distinct.length === 0 || characters(distinct) > MOST_CHARACTERS || known.has(text)) return []
    known.add(text)
    return [sound]
  })
  return { ...table, columns: all, indexes }
}

/** The columns of a primary key that MySQL can hold. */
function shortKeyed(columns: readonly Column[]): Column[] {
  const key = columns.filter(({ primary }) => primary)
  const held = new Set(key.filter((_, i) => characters(key.slice(0, i + 1)) <= MOST_CHARACTERS))
  return columns.map((column) => ({ ...column, primary: held.has(column) }))
}

function soundColumn(column: Column): Column {
  const primary = column.primary && isIndexable(column.kind)
  const nullable = column.nullable && !primary
  const { default: value, ...rest } = column
  const autoIncrement = column.autoIncrement && primary && isInteger(column.kind)
  const keepsDefault = value !== undefined && isIndexable(column.kind) && !autoIncrement && (value !== null || nullable)
  return {
    ...rest,
    primary,
    nullable,
    autoIncrement,
    unique: column.unique && isIndexable(column.kind),
    index: column.index && isIndexable(column.kind),
    ...(keepsDefault ? { default: value } : {}),
  }
}

/** Its number is the table's, negative: the same each time that a table has one. */
export function implicitId(table: Table): Column {
  const key = { nullable: false, unique: false, index: false, primary: true, autoIncrement: true, implicit: true }
  return { id: -table.id, name: 'id', kind: ID_KIND, ...key }
}

function characters(columns: readonly Column[]): number {
  return columns.reduce((sum, { kind }) => sum + (lengthOf(kind) ?? 12), 0)
}

function withReferences(world: World): Table[] {
  return world.tables.map((table) => ({
    ...table,
    columns: table.columns.map((column): Column => {
      const { reference, ...rest } = column
      const target = reference && tableOf(world, reference.table)
      const key = columnOf(target, reference?.column ?? 0)
      if (!reference || !target || !key || column.autoIncrement || key.id === column.id) return rest
      const isKey = key.unique || (key.primary && keyOf(target).length === 1) || hasOwnUnique(target, key)
      if (!isKey || !canRefer(column.kind, key.kind)) return rest
      const action = (wanted: typeof reference.onDelete) =>
        wanted === 'set null' && !column.nullable ? 'restrict' : wanted
      // A key that may become NULL takes no column along that may not: MariaDB refuses such a foreign key.
      const takesAlong = !key.nullable || column.nullable
      const onUpdate = reference.onUpdate === 'cascade' && !takesAlong ? 'restrict' : action(reference.onUpdate)
      return {
        ...rest,
        reference: { ...reference, onDelete: action(reference.onDelete), onUpdate },
      }
    }),
  }))
}

function hasOwnUnique(table: Table, { id }: Column): boolean {
  return table.indexes.some(({ columns, unique }) => unique && columns.length === 1 && columns[0] === id)
}

/** Views that read a table or view that is there, their columns those that it shows. */
function soundViews(world: World): View[] {
  const views: View[] = []
  for (const view of world.views) {
    const seen = { tables: world.tables, views }
    if (!baseOf(seen, view.source)) continue
    const shown = shownBy(seen, view.source)
    const columns = [...new Set(view.columns)].filter((id) => shown.includes(id))
    const { filter, ...rest } = view
    if (columns.length === 0) continue
    views.push({ ...rest, columns, ...(filter !== undefined && shown.includes(filter) ? { filter } : {}) })
  }
  return views
}
