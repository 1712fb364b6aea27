import type { TableChange } from '../../engines/ddl.js'
import type { LiveSchema } from '../../engines/live-schema.js'
import type { Fault } from '../../errors.js'
import { find, lower } from './names.js'
import type { Renames } from './renames.js'

/**
 * Triggers, which only people and hand-written migrations make, that name a column of their table that goes: every row
 * inserted afterwards would fail. `keepsNames`: the engine leaves the old name in them when a column is renamed.
 */
export function triggerFaults(
  live: LiveSchema,
  changes: readonly TableChange[],
  renames: Renames,
  keepsNames: boolean,
): Fault[] {
  const leaving = [
    ...changes.flatMap(({ table, droppedColumns }) =>
      droppedColumns.map((column) => ({ table: table.name, column, how: 'is dropped' })),
    ),
    // Names of columns do not differ by case alone.
    ...renames.columns.flatMap(({ table, from, to }) =>
      keepsNames && lower(from) !== lower(to) ? [{ table, column: from, how: `is renamed to ${to}` }] : [],
    ),
  ]
  return leaving.flatMap(({ table, column, how }) => {
    const triggers = find(live, live.tables, table)?.value.extras.filter(isTrigger) ?? []
    if (!triggers.some((text) => names(text, column))) return []
    const message = `${how}, but a trigger of the table, made by hand, names it: drop the trigger first`
    return [{ path: `${table}.${column}`, message }]
  })
}

/** As the engines tell of triggers among what else there is. */
function isTrigger(text: string): boolean {
  return /^(?:create\s+)?(?:temp\w*\s+)?trigger\b/i.test(text)
}

/** As `NEW.title`, `OLD . "title"` and the like. */
function names(text: string, column: string): boolean {
  return new RegExp(`\\b(?:new|old)[\`"\\]]?\\s*\\.\\s*[\`"[]?${column}(?![\\w$])`, 'i').test(text)
}
