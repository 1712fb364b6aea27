import { MAIN_SEED_COLUMN, type TableSpec } from '../../contract/table-spec.js'
import type { TableChange } from '../../engines/ddl.js'
import type { LiveForeignKey, LiveIndex, LiveTable } from '../../engines/live-schema.js'
import type { RecordedTable } from '../record/schema-record.js'
import { foreignKeyKey, indexKey, lower, sameNames } from './names.js'

/**
 * What makes of the live table the wanted one. Only what is recorded as declared before is dropped: whatever people and
 * hand-written migrations added stays, unless it stands on a column that goes.
 */
export function compareTables(
  table: TableSpec,
  wanted: LiveTable,
  live: LiveTable,
  before: RecordedTable | undefined,
): TableChange {
  const wantedColumns = new Map(wanted.columns.map((column) => [lower(column.name), column]))
  const liveColumns = new Map(live.columns.map((column) => [lower(column.name), column]))
  const ownColumns = new Set(before?.columns.map(lower))
  const droppedColumns = live.columns.flatMap(({ name }) => {
    const isOurs = ownColumns.has(lower(name)) && !wantedColumns.has(lower(name))
    // Whose a row is stays known when no module seeds the table any more: seeds may come back.
    return isOurs && name !== MAIN_SEED_COLUMN ? [name] : []
  })
  const gone = new Set(droppedColumns.map(lower))
  const isGone = (name: string) => gone.has(lower(name))
  const given = new Set(wanted.foreignKeys.map(foreignKeyKey))
  const relinked = before?.relinked?.filter((key) => !given.has(foreignKeyKey(key))) ?? []
  const foreignKeys = difference(
    [...wanted.foreignKeys, ...relinked],
    live.foreignKeys,
    before?.foreignKeys,
    foreignKeyKey,
  )
  const droppedForeignKeys = live.foreignKeys.filter((key) => foreignKeys.dropped.has(key) || key.columns.some(isGone))
  const staying = live.foreignKeys.filter((key) => !droppedForeignKeys.includes(key))
  const indexes = difference(wanted.indexes, live.indexes, before?.indexes, indexKey)
  const isNeeded = (index: LiveIndex) => staying.some((key) => startsWith(index, key) && !isWanted(key, wanted))
  return {
    table,
    live,
    wanted,
    addedColumns: wanted.columns.flatMap(({ name }) => (liveColumns.has(lower(name)) ? [] : [name])),
    modifiedColumns: wanted.columns.flatMap((to) => {
      const from = liveColumns.get(lower(to.name))
      return from && from.definition !== to.definition ? [{ from, to }] : []
    }),
    droppedColumns,
    primaryKey: !sameNames(live.primaryKey, wanted.primaryKey),
    addedIndexes: indexes.added,
    droppedIndexes: live.indexes.filter(
      (index) => index.columns.some(isGone) || (indexes.dropped.has(index) && !isNeeded(index)),
    ),
    addedForeignKeys: foreignKeys.added,
    droppedForeignKeys,
    relinkedForeignKeys: [],
    options: live.options !== wanted.options,
  }
}

/** Whether there is anything to do. */
export function isChange(change: TableChange): boolean {
  const lists = [
    change.addedColumns,
    change.modifiedColumns,
    change.droppedColumns,
    change.addedIndexes,
    change.droppedIndexes,
    change.addedForeignKeys,
    change.droppedForeignKeys,
    change.relinkedForeignKeys,
  ]
  return change.primaryKey || change.options || lists.some((list) => list.length > 0)
}

/** Whether all that is there stays as it is. */
export function isAddition(change: TableChange): boolean {
  const { addedColumns: _columns, addedIndexes: _indexes, addedForeignKeys: _foreignKeys, ...rest } = change
  return !isChange({ ...rest, addedColumns: [], addedIndexes: [], addedForeignKeys: [] })
}

function difference<T>(
  wanted: readonly T[],
  live: readonly T[],
  before: readonly T[] | undefined,
  keyOf: (item: T) => string,
): { readonly added: readonly T[]; readonly dropped: ReadonlySet<T> } {
  const [there, needed, ours] = [live, wanted, before ?? []].map((list) => new Set(list.map(keyOf)))
  return {
    added: wanted.filter((item) => !there?.has(keyOf(item))),
    dropped: new Set(live.filter((item) => !needed?.has(keyOf(item)) && ours?.has(keyOf(item)))),
  }
}

/** MySQL lets no index go that a foreign key stands on. */
function startsWith(index: LiveIndex, key: LiveForeignKey): boolean {
  return sameNames(index.columns.slice(0, key.columns.length), key.columns)
}

function isWanted(key: LiveForeignKey, wanted: LiveTable): boolean {
  return wanted.foreignKeys.some((each) => foreignKeyKey(each) === foreignKeyKey(key))
}
