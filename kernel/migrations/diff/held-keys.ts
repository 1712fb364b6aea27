import type { TableChange } from '../../engines/ddl.js'
import type { LiveColumn, LiveForeignKey, LiveSchema } from '../../engines/live-schema.js'
import type { Fault } from '../../errors.js'
import { foreignKeyKey, lower, nameIn } from './names.js'

interface Ends {
  readonly before: LiveColumn
  readonly after: LiveColumn
}

/**
 * Foreign keys that no module declares and that hold a column whose type changes: of a table that nobody declares, or
 * whose other column stays as it is. For engines that let no column of a foreign key be of another type than the other.
 */
export function heldFaults(live: LiveSchema, changes: readonly TableChange[], dropped: readonly string[]): Fault[] {
  const gone = new Set(dropped.map((name) => nameIn(live, name)))
  const changed = new Map(changes.map((change) => [nameIn(live, change.table.name), change]))
  const tables = new Map(Object.entries(live.tables).map(([name, table]) => [nameIn(live, name), table]))
  const endsOf = (table: string, column: string): Ends | undefined => {
    const before = tables.get(nameIn(live, table))?.columns.find(({ name }) => lower(name) === lower(column))
    const modified = changed
      .get(nameIn(live, table))
      ?.modifiedColumns.find(({ to }) => lower(to.name) === lower(column))
    return before && { before, after: modified?.to ?? before }
  }
  const isHeld = (key: LiveForeignKey, column: Ends, target: Ends, change: TableChange | undefined): boolean => {
    if (!isRetyped(column) && !isRetyped(target)) return false
    return !change?.relinkedForeignKeys.includes(key) || !isAlike(column.after, target.after)
  }
  return [...tables].flatMap(([name, table]): Fault[] => {
    if (gone.has(name)) return []
    const change = changed.get(name)
    const declared = new Set(change?.wanted.foreignKeys.map(foreignKeyKey))
    return table.foreignKeys.flatMap((key) => {
      if (change?.droppedForeignKeys.includes(key) || declared.has(foreignKeyKey(key))) return []
      return key.columns.flatMap((each, i): Fault[] => {
        const [column, target] = [endsOf(name, each), endsOf(key.table, key.targets[i] ?? '')]
        if (!column || !target || !isHeld(key, column, target, change)) return []
        const which = isRetyped(target) ? target : column
        const what = which === target ? `${key.table}.${key.targets[i]}, which` : `${key.table}.${key.targets[i]} and`
        const message = `refers to ${what} is to change from ${which.before.type} to ${which.after.type}: no module declares this foreign key, drop it first`
        return [{ path: `${name}.${each}`, message }]
      })
    })
  })
}

function isRetyped({ before, after }: Ends): boolean {
  return before.type !== after.type
}

/** Whole numbers of one range, and text of any length in one collation. */
function isAlike(a: LiveColumn, b: LiveColumn): boolean {
  if (a.domain.kind === 'integer' && b.domain.kind === 'integer') {
    return a.domain.least === b.domain.least && a.domain.most === b.domain.most
  }
  if (a.domain.kind === 'text' && b.domain.kind === 'text') return collationOf(a) === collationOf(b)
  return a.type === b.type
}

function collationOf({ type }: LiveColumn): string {
  return type.replace(/^\S+/, '')
}
