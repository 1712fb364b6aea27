import { type DefaultValue, now } from '../../kernel/contract/columns.js'
import { canRefer, isInteger } from './kinds.js'
import type { ColumnRecipe, IndexRecipe, ReferenceRecipe, TableRecipe, ViewRecipe, WorldRecipe } from './recipes.js'
import { soundWorld } from './sound-world.js'
import { pickValue } from './values.js'
import { type Column, type Index, keyOf, type Reference, shownBy, type Table, type View, type World } from './world.js'

const TABLE_NAMES = ['users', 'order', 'Notes', 'tag_links', 'group', 'a', 'a_b', 'constructor', 'log2', 'b']
const COLUMN_NAMES = ['title', 'name', 'Age', 'group', 'key', 'value', 'b', 'b_c', 'note', 'owner_id', 'select', 'x1']
const VIEW_NAMES = ['recent', 'all_of', 'Seen', 'v1', 'view', 'w']

/** The n-th of the names, or the next one that nobody has, whatever its case. */
export function freeName(names: readonly string[], n: number, taken: Iterable<string>): string {
  const used = new Set([...taken].map((name) => name.toLowerCase()))
  for (let round = 1; ; round++) {
    for (let i = 0; i < names.length; i++) {
      const name = `${names[(n + i) % names.length]}${round > 1 ? round : ''}`
      if (!used.has(name.toLowerCase())) return name
    }
  }
}

export const freeTableName = (n: number, taken: Iterable<string>) => freeName(TABLE_NAMES, n, taken)
export const freeColumnName = (n: number, taken: Iterable<string>) => freeName(COLUMN_NAMES, n, ['id', ...taken])
export const freeViewName = (n: number, taken: Iterable<string>) => freeName(VIEW_NAMES, n, taken)

/** Gives out the numbers of tables, columns and views. */
export class Numbers {
  #last = 0
  next(): number {
    return ++this.#last
  }
}

export function buildWorld(recipe: WorldRecipe, numbers: Numbers): World {
  let world: World = { tables: [], views: [] }
  for (const table of recipe.tables) world = withTable(world, table, numbers)
  for (const view of recipe.views) world = withView(world, view, numbers)
  return world
}

/** The world with one more table, which may refer to those before it and to itself. `taken`: names not to be used. */
export function withTable(world: World, recipe: TableRecipe, numbers: Numbers, taken: readonly string[] = []): World {
  const name = freeTableName(recipe.name, [...world.tables, ...world.views].map((other) => other.name).concat(taken))
  const asked = new Map<number, ReferenceRecipe>()
  const table = buildTable(recipe, name, numbers, asked)
  const bare = soundWorld({ ...world, tables: [...world.tables, table] })
  const tables = bare.tables.map((each) => ({
    ...each,
    columns: each.columns.map((column) => {
      const reference = asked.get(column.id)
      return reference ? withReference(bare, column, reference) : column
    }),
  }))
  return soundWorld({ ...bare, tables })
}

function buildTable(recipe: TableRecipe, name: string, numbers: Numbers, asked: Map<number, ReferenceRecipe>): Table {
  const id = numbers.next()
  const columns: Column[] = []
  for (const column of recipe.columns) {
    const taken = columns.map((other) => other.name)
    const built = buildColumn(column, freeColumnName(column.name, taken), numbers)
    columns.push(built)
    if (column.reference) asked.set(built.id, column.reference)
  }
  const keys = { implicit: 0, numbered: 0, natural: 1, composite: 2 }[recipe.key]
  const keyed = columns.map((column, i) => (i < keys ? { ...column, primary: true } : column))
  const numbered: Column[] =
    recipe.key === 'numbered'
      ? [
          {
            ...NUMBERED,
            id: numbers.next(),
            name: freeColumnName(
              5,
              columns.map((column) => column.name),
            ),
          },
        ]
      : []
  const all = [...numbered, ...keyed]
  return { id, name, columns: all, indexes: recipe.indexes.map((index) => buildIndex(all, index)) }
}

const NUMBERED: Omit<Column, 'id' | 'name'> = {
  ...{ kind: { type: 'bigint', unsigned: true }, nullable: false, unique: false, index: false },
  ...{ primary: true, autoIncrement: true, implicit: false },
}

export function buildColumn(recipe: ColumnRecipe, name: string, numbers: Numbers): Column {
  const { kind, nullable, unique, index } = recipe
  const column = { id: numbers.next(), name, kind, nullable, unique, index }
  return withDefault({ ...column, primary: false, autoIncrement: false, implicit: false }, recipe.default)
}

/** The column with a default as a declaration takes it, picked among the values of its rows. */
export function withDefault({ default: _former, ...column }: Column, pick: number | null): Column {
  if (pick === null) return column
  if (column.kind.type === 'datetime' && pick % 2 === 1) return { ...column, default: now }
  const value = pickValue(column, pick)
  return { ...column, default: value === null ? null : declared(column, value) }
}

function declared({ kind }: Column, value: string): DefaultValue {
  if (kind.type === 'boolean') return value === '1'
  if (kind.type === 'float' || kind.type === 'double') return Number(value)
  return isInteger(kind) && Number.isSafeInteger(Number(value)) ? Number(value) : value
}

export function buildIndex(columns: readonly Column[], recipe: IndexRecipe): Index {
  return {
    columns: recipe.columns.flatMap((pick) => columns[pick % columns.length]?.id ?? []),
    unique: recipe.unique,
  }
}

/** The column referring to a key of the world; of the key's kind, where it has another. */
export function withReference(world: World, column: Column, recipe: ReferenceRecipe): Column {
  const table = world.tables[recipe.table % world.tables.length]
  if (!table || column.primary) return column
  const keys = table.columns.filter(
    (key) => key.id !== column.id && (key.unique || (key.primary && keyOf(table).length === 1)),
  )
  const key = keys[recipe.column % keys.length]
  if (!key) return column
  const { onDelete, onUpdate } = recipe
  const reference: Reference = { table: table.id, column: key.id, onDelete, onUpdate }
  if (canRefer(column.kind, key.kind)) return { ...column, reference }
  const { default: _unfit, ...rest } = column
  const { zerofill: _, ...kind } = key.kind
  return { ...rest, kind, reference }
}

export function withView(world: World, recipe: ViewRecipe, numbers: Numbers, taken: readonly string[] = []): World {
  const sources = [...world.tables, ...world.views]
  const source = sources[recipe.source % sources.length]
  if (!source) return world
  const shown = shownBy(world, source.id)
  const of = (pick: number) => shown[pick % shown.length] as number
  const view: View = {
    id: numbers.next(),
    name: freeViewName(recipe.name, [...sources.map(({ name }) => name), ...taken]),
    source: source.id,
    columns: recipe.columns.map(of),
    ...(recipe.filter === null ? {} : { filter: of(recipe.filter) }),
  }
  return soundWorld({ ...world, views: [...world.views, view] })
}
