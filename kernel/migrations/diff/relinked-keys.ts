import type { TableChange } from '../../engines/ddl.js'
import type { LiveForeignKey, LiveSchema } from '../../engines/live-schema.js'
import type { Fault } from '../../errors.js'
import { lower, nameIn } from './names.js'

/** Adds to each change the foreign keys that stay, of which a column here or there comes to be stored in another way. */
export function withRelinked(live: Pick<LiveSchema, 'foldsNames'>, changes: readonly TableChange[]): TableChange[] {
  const isChanging = changingColumns(live, changes)
  return changes.map((change) => {
    const relinkedForeignKeys = change.live.foreignKeys.filter(
      (key) =>
        !change.droppedForeignKeys.includes(key) &&
        (key.columns.some((column) => isChanging(change.table.name, column)) ||
          key.targets.some((column) => isChanging(key.table, column))),
    )
    return relinkedForeignKeys.length > 0 ? { ...change, relinkedForeignKeys } : change
  })
}

function changingColumns(
  live: Pick<LiveSchema, 'foldsNames'>,
  changes: readonly TableChange[],
): (table: string, column: string) => boolean {
  const changing = new Set(
    changes.flatMap(({ table, modifiedColumns }) =>
      modifiedColumns.flatMap(({ from, to }) =>
        // MySQL lets no column of a foreign key come to refuse NULL either.
        from.type !== to.type || from.nullable !== to.nullable ? [`${nameIn(live, table.name)}.${lower(to.name)}`] : [],
      ),
    ),
  )
  return (table, column) => changing.has(`${nameIn(live, table)}.${lower(column)}`)
}

/**
 * Foreign keys that no module declares and that would refer to nothing after the changes: to a table or a column that is
 * dropped. `dropped` are the names of tables.
 */
export function danglingFaults(live: LiveSchema, changes: readonly TableChange[], dropped: readonly string[]): Fault[] {
  const gone = new Set(dropped.map((name) => nameIn(live, name)))
  const changed = new Map(changes.map((change) => [nameIn(live, change.table.name), change]))
  const isGone = (table: string, column: string) =>
    gone.has(nameIn(live, table)) ||
    (changed.get(nameIn(live, table))?.droppedColumns.some((name) => lower(name) === lower(column)) ?? false)
  return Object.entries(live.tables).flatMap(([name, table]): Fault[] => {
    if (gone.has(nameIn(live, name))) return []
    const leaving: readonly LiveForeignKey[] = changed.get(nameIn(live, name))?.droppedForeignKeys ?? []
    return table.foreignKeys.flatMap((key) => {
      const target = key.targets.find((column) => isGone(key.table, column))
      if (target === undefined || leaving.includes(key)) return []
      const path = `${name}.${key.columns.join(', ')}`
      const what = gone.has(nameIn(live, key.table)) ? `the table ${key.table}` : `the column ${key.table}.${target}`
      return [{ path, message: `refers to ${what}, which is no longer declared: drop this foreign key first` }]
    })
  })
}
