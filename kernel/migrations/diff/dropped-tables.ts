import type { Ddl } from '../../engines/ddl.js'
import type { LiveSchema, LiveTable } from '../../engines/live-schema.js'
import type { DeclaredSchema } from '../declared/declared-schema.js'
import { referenceOrder } from '../declared/reference-order.js'
import type { RecordedView } from '../record/schema-record.js'
import { describeUnlinked } from './change-text.js'
import { lower, nameIn } from './names.js'
import type { MigrationStep } from './step.js'

/**
 * The names in a record of tables or views that nobody declares any more, though every module that did is loaded: one
 * that is not loaded may come back and want its data.
 */
export function disowned(
  recorded: Readonly<Record<string, RecordedView>>,
  declared: Pick<DeclaredSchema, 'modules' | 'owners'>,
): string[] {
  const loaded = new Set<string>(declared.modules)
  return Object.entries(recorded).flatMap(([name, { modules }]) =>
    !declared.owners.has(lower(name)) && modules.every((module) => loaded.has(module)) ? [name] : [],
  )
}

export interface DropSteps {
  readonly unlinks: readonly MigrationStep[]
  readonly drops: readonly MigrationStep[]
}

/**
 * Tables that refer to others go before them; a foreign key has to go first in a circle, and where it holds a column of a
 * table that is `altered` before. `names` are those of `live`.
 */
export function dropSteps(
  ddl: Pick<Ddl, 'alterTable' | 'dropTable'>,
  live: LiveSchema,
  names: readonly string[],
  altered: readonly string[],
): DropSteps {
  const keysOf = (name: string) => live.tables[name]?.foreignKeys ?? []
  const nameOf = (table: string) => names.find((name) => nameIn(live, name) === nameIn(live, table))
  const held = new Set(altered.map((name) => nameIn(live, name)))
  const { order } = referenceOrder(names, (name) => keysOf(name).flatMap(({ table }) => nameOf(table) ?? []))
  const unlinks = order.flatMap((name, i) => {
    const later = new Set(order.slice(i + 1))
    const table = live.tables[name]
    const keys = keysOf(name).filter((key) => later.has(nameOf(key.table) ?? '') || held.has(nameIn(live, key.table)))
    return table && keys.length > 0 ? unlinkStep(ddl, name, table, keys) : []
  })
  const drops = order.toReversed().map((name): MigrationStep => {
    return { kind: 'dropTable', table: name, sql: ddl.dropTable(name), destructive: true, changes: ['drops the table'] }
  })
  return { unlinks, drops }
}

function unlinkStep(
  ddl: Pick<Ddl, 'alterTable'>,
  name: string,
  live: LiveTable,
  droppedForeignKeys: LiveTable['foreignKeys'],
): MigrationStep[] {
  const change = {
    table: { name, columns: {}, primaryKey: live.primaryKey, indexes: [] },
    live,
    wanted: { ...live, foreignKeys: live.foreignKeys.filter((key) => !droppedForeignKeys.includes(key)) },
    addedColumns: [],
    modifiedColumns: [],
    droppedColumns: [],
    primaryKey: false,
    addedIndexes: [],
    droppedIndexes: [],
    addedForeignKeys: [],
    droppedForeignKeys,
    relinkedForeignKeys: [],
    options: false,
  }
  // An engine that does it in `alter` drops tables whatever refers to them.
  const { unlink } = ddl.alterTable(change)
  if (unlink.length === 0) return []
  return [{ kind: 'dropForeignKey', table: name, sql: unlink, destructive: false, changes: describeUnlinked(change) }]
}
