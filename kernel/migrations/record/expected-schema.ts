import type { TableChange } from '../../engines/ddl.js'
import type { LiveSchema, LiveTable } from '../../engines/live-schema.js'
import { find, foreignKeyKey, indexKey, lower, nameIn } from '../diff/names.js'
import { OWN_QUALIFIER, outlineOf, requalified, type SchemaOutline } from './outline.js'

/** What a migration does to the tables and views that `live` has after the renames. */
export interface Outcome {
  readonly changes: readonly TableChange[]
  readonly droppedTables: readonly string[]
  readonly droppedViews: readonly string[]
}

/** What the database holds after the migration, without another look at it. */
export function expectedSchema(live: LiveSchema, wanted: LiveSchema, outcome: Outcome): SchemaOutline {
  const isIn = (names: readonly string[], name: string) =>
    names.some((each) => nameIn(live, each) === nameIn(live, name))
  const tables = new Map(Object.entries(live.tables).filter(([name]) => !isIn(outcome.droppedTables, name)))
  for (const [name, target] of Object.entries(wanted.tables)) {
    const there = find(live, live.tables, name)
    const change = outcome.changes.find(({ table }) => nameIn(live, table.name) === nameIn(live, name))
    tables.set(there?.name ?? name, there && change ? changed(change) : (there?.value ?? target))
  }
  const views = new Map(Object.entries(live.views).filter(([name]) => !isIn(outcome.droppedViews, name)))
  for (const [name, { definition }] of Object.entries(wanted.views)) {
    const own = find(live, live.views, name)?.name ?? name
    views.set(own, { definition: requalified(definition, wanted.qualifier, live.qualifier) })
  }
  const qualifier = live.qualifier === '' ? '' : OWN_QUALIFIER
  const named = [...views].map(([name, { definition }]) => [
    name,
    { definition: requalified(definition, live.qualifier, qualifier) },
  ])
  return outlineOf({ qualifier, tables: Object.fromEntries(tables), views: Object.fromEntries(named) })
}

/** The wanted table, with what people and hand-written migrations added to the live one. */
function changed(change: TableChange): LiveTable {
  const { live, wanted, droppedColumns, droppedIndexes, droppedForeignKeys, addedForeignKeys } = change
  const columns = new Set(wanted.columns.map(({ name }) => lower(name)))
  const indexes = new Set(wanted.indexes.map(indexKey))
  const foreignKeys = new Set(wanted.foreignKeys.map(foreignKeyKey))
  const kept = live.columns.filter(({ name }) => !columns.has(lower(name)) && !droppedColumns.includes(name))
  return {
    ...wanted,
    columns: [...wanted.columns, ...kept],
    indexes: [
      ...wanted.indexes,
      ...live.indexes.filter((index) => !indexes.has(indexKey(index)) && !droppedIndexes.includes(index)),
    ],
    foreignKeys: [
      ...wanted.foreignKeys,
      ...addedForeignKeys.filter((key) => !foreignKeys.has(foreignKeyKey(key))),
      ...live.foreignKeys.filter((key) => !foreignKeys.has(foreignKeyKey(key)) && !droppedForeignKeys.includes(key)),
    ],
    extras: live.extras,
  }
}
