import type { TableSpec } from '../../contract/table-spec.js'
import type { TableChange } from '../../engines/ddl.js'
import type { LiveForeignKey, LiveIndex, LiveSchema, LiveTable } from '../../engines/live-schema.js'
import type { DeclaredSchema } from '../declared/declared-schema.js'
import { find, foreignKeyKey, indexKey, lower } from '../diff/names.js'
import { newColumnName, newTableName, type Renames } from '../diff/renames.js'
import type { SchemaOutline } from './outline.js'

/**
 * What a migration leaves behind in the database: what was declared, so that the next one knows what is its own to drop,
 * and what the database then held, so that changes by hand can be told. Plain data, ready for JSON.
 */
export interface SchemaRecord {
  readonly fingerprint: string
  readonly tables: Readonly<Record<string, RecordedTable>>
  readonly views: Readonly<Record<string, RecordedView>>
  readonly expected: SchemaOutline
  /** What a pruning that has not come to its end drops, by the names of `expected`. */
  readonly pruning?: readonly string[]
}

export interface RecordedView {
  /** The module versions that declared it. */
  readonly modules: readonly string[]
}

/** In the server's words, for it makes indexes of its own for what is declared. */
export interface RecordedTable extends RecordedView {
  readonly columns: readonly string[]
  readonly indexes: readonly LiveIndex[]
  readonly foreignKeys: readonly LiveForeignKey[]
  /** Made by hand, and let go of while the migration runs: a run that is killed leaves them to the next. */
  readonly relinked?: readonly LiveForeignKey[]
  /** What the table was declared to be called before: code that is rolled back calls it so again. */
  readonly renamedFrom?: string
  /** The same of its columns, by the names they have. */
  readonly renamedColumns?: Readonly<Record<string, string>>
}

interface Held {
  /** After the renames, those of the record as well. */
  readonly live: LiveSchema
  readonly tables: SchemaRecord['tables']
  readonly views: SchemaRecord['views']
}

/** What is declared now, and what is kept of a module that is not loaded. */
export function recordOf(
  declared: Pick<DeclaredSchema, 'tables' | 'views' | 'modules' | 'owners' | 'fingerprint'>,
  wanted: LiveSchema,
  { live, tables, views }: Held,
  expected: SchemaOutline,
): SchemaRecord {
  const isKept = ([name, { modules }]: [string, RecordedView]) => absentModules(declared, name, modules).length > 0
  const loaded = new Set<string>(declared.modules)
  // One that is not loaded and declared it before is still to be asked before it goes.
  const ownersOf = (name: string, before: Readonly<Record<string, RecordedView>>) => {
    const absent = find(live, before, name)?.value.modules.filter((module) => !loaded.has(module)) ?? []
    return distinct([...(declared.owners.get(lower(name)) ?? []), ...absent], (module) => module)
  }
  const keptTables = Object.entries(tables).filter((entry) => isKept(entry) && find(live, live.tables, entry[0]))
  const keptViews = Object.entries(views).filter((entry) => isKept(entry) && find(live, live.views, entry[0]))
  const ownTables = declared.tables.map((table): [string, RecordedTable] => [
    table.name,
    {
      modules: ownersOf(table.name, tables),
      ...partsOf(find(wanted, wanted.tables, table.name)?.value),
      ...formersOf(table),
    },
  ])
  const ownViews = declared.views.map(({ name }): [string, RecordedView] => [name, { modules: ownersOf(name, views) }])
  return {
    fingerprint: declared.fingerprint,
    tables: Object.fromEntries([...keptTables, ...ownTables]),
    views: Object.fromEntries([...keptViews, ...ownViews]),
    expected,
  }
}

/**
 * Of the module versions that declared a table or view those that are not loaded: as long as there are any, and no other
 * one declares it, it is kept.
 */
export function absentModules(
  { modules, owners }: Pick<DeclaredSchema, 'modules' | 'owners'>,
  name: string,
  declaredBy: readonly string[],
): string[] {
  if (owners.has(lower(name))) return []
  return declaredBy.filter((owner) => !modules.some((module) => module === owner))
}

/** What is written before the first step: all that was declared, under former names and new ones, and all that is. */
export function aheadOf(
  before: SchemaRecord | undefined,
  renamed: SchemaRecord['tables'],
  after: SchemaRecord,
  changes: readonly TableChange[],
): SchemaRecord {
  const now = Object.entries(after.tables).map(([name, table]): [string, RecordedTable] => {
    const change = changes.find((each) => each.table.name === name)
    const relinked = change ? relinkedByHand(change) : []
    return [name, relinked.length > 0 ? { ...table, relinked } : table]
  })
  return {
    ...after,
    tables: unitedTables(Object.fromEntries(now), unitedTables(before?.tables ?? {}, renamed)),
    views: unitedViews(after.views, before?.views ?? {}),
  }
}

function relinkedByHand({ wanted, relinkedForeignKeys, addedForeignKeys }: TableChange): LiveForeignKey[] {
  const declared = new Set(wanted.foreignKeys.map(foreignKeyKey))
  return [...relinkedForeignKeys, ...addedForeignKeys].filter((key) => !declared.has(foreignKeyKey(key)))
}

function formersOf({ renamedFrom, columns }: TableSpec): Pick<RecordedTable, 'renamedFrom' | 'renamedColumns'> {
  const renamed = Object.entries(columns).flatMap(([name, spec]) =>
    spec.renamedFrom ? [[name, spec.renamedFrom]] : [],
  )
  return {
    ...(renamedFrom === undefined ? {} : { renamedFrom }),
    ...(renamed.length === 0 ? {} : { renamedColumns: Object.fromEntries(renamed) }),
  }
}

function partsOf(table: LiveTable | undefined): Omit<RecordedTable, 'modules'> {
  return {
    columns: table?.columns.map(({ name }) => name) ?? [],
    indexes: table?.indexes ?? [],
    foreignKeys: table?.foreignKeys ?? [],
  }
}

/** The tables of a record under their new names, theirs columns as well. */
export function renamedTables(
  live: Pick<LiveSchema, 'foldsNames'>,
  tables: SchemaRecord['tables'],
  renames: Renames,
): Record<string, RecordedTable> {
  const tableName = (name: string) => newTableName(live, renames, name)
  return Object.fromEntries(
    Object.entries(tables).map(([former, table]) => {
      const name = tableName(former)
      const column = (each: string) => newColumnName(live, renames, name, each)
      const foreignKey = (key: LiveForeignKey) => {
        const target = tableName(key.table)
        const targets = key.targets.map((each) => newColumnName(live, renames, target, each))
        return { ...key, table: target, columns: key.columns.map(column), targets }
      }
      const indexes = table.indexes.map((index) => ({ ...index, columns: index.columns.map(column) }))
      const keys = {
        foreignKeys: table.foreignKeys.map(foreignKey),
        ...(table.relinked ? { relinked: table.relinked.map(foreignKey) } : {}),
      }
      return [name, { ...table, columns: table.columns.map(column), indexes, ...keys }]
    }),
  )
}

/** All that is in either: what a run that was killed may have made is known to be the migrator's. */
function unitedTables(a: SchemaRecord['tables'], b: SchemaRecord['tables']): Record<string, RecordedTable> {
  const united: Record<string, RecordedTable> = { ...a }
  for (const [name, table] of Object.entries(b)) {
    const other = Object.hasOwn(united, name) ? united[name] : undefined
    united[name] =
      other === undefined
        ? table
        : {
            ...table,
            ...other,
            ...(table.renamedColumns ? { renamedColumns: { ...table.renamedColumns, ...other.renamedColumns } } : {}),
            modules: distinct([...other.modules, ...table.modules], (module) => module),
            columns: distinct([...other.columns, ...table.columns], lower),
            indexes: distinct([...other.indexes, ...table.indexes], indexKey),
            foreignKeys: distinct([...other.foreignKeys, ...table.foreignKeys], foreignKeyKey),
          }
  }
  return united
}

function unitedViews(a: SchemaRecord['views'], b: SchemaRecord['views']): Record<string, RecordedView> {
  const united: Record<string, RecordedView> = { ...a }
  for (const [name, { modules }] of Object.entries(b)) {
    const others = Object.hasOwn(united, name) ? (united[name]?.modules ?? []) : []
    united[name] = { modules: distinct([...others, ...modules], (module) => module) }
  }
  return united
}

/** The first of each. */
function distinct<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  const kept = new Map<string, T>()
  for (const item of items) {
    const key = keyOf(item)
    if (!kept.has(key)) kept.set(key, item)
  }
  return [...kept.values()]
}
