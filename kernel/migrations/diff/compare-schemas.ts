import type { TableSpec } from '../../contract/table-spec.js'
import type { TableChange } from '../../engines/ddl.js'
import type { LiveSchema, LiveTable } from '../../engines/live-schema.js'
import type { Fault } from '../../errors.js'
import type { DeclaredSchema } from '../declared/declared-schema.js'
import type { SchemaRecord } from '../record/schema-record.js'
import { compareTables, isChange } from './compare-tables.js'
import { find, lower } from './names.js'
import { withRelinked } from './relinked-keys.js'
import { madeNames, withFreeNames } from './taken-names.js'

export interface SchemaComparison {
  /** In the order of the declaration. */
  readonly created: readonly TableSpec[]
  readonly changes: readonly TableChange[]
  /** Whether a table has foreign keys of names that are about to be given out. */
  readonly isInTheWay: (table: LiveTable) => boolean
}

/** Which declared tables are missing and which differ. `live` is taken after the renames, and `own` likewise. */
export function compareSchemas(
  tables: readonly TableSpec[],
  wanted: LiveSchema,
  live: LiveSchema,
  own: SchemaRecord['tables'],
): SchemaComparison {
  const created: TableSpec[] = []
  const newTables: LiveTable[] = []
  const compared: TableChange[] = []
  for (const table of tables) {
    const target = find(wanted, wanted.tables, table.name)?.value
    if (!target) throw new Error(`The table ${table.name} is declared, but was not made for comparison`)
    const there = find(live, live.tables, table.name)?.value
    if (there) compared.push(compareTables(table, target, there, find(live, own, table.name)?.value))
    else {
      created.push(table)
      newTables.push(target)
    }
  }
  const changes = withRelinked(live, withFreeNames(compared, newTables)).filter(isChange)
  const making = madeNames(changes, newTables)
  return { created, changes, isInTheWay: (table) => table.foreignKeys.some(({ name }) => making.has(lower(name))) }
}

/** What is declared as a table and is a view, or the reverse. */
export function kindFaults(declared: Pick<DeclaredSchema, 'tables' | 'views'>, live: LiveSchema): Fault[] {
  return [
    ...declared.tables.flatMap(({ name }) =>
      find(live, live.views, name)
        ? [{ path: name, message: 'is declared as a table, but is a view: rename or drop it first' }]
        : [],
    ),
    ...declared.views.flatMap(({ name }) =>
      find(live, live.tables, name)
        ? [{ path: name, message: 'is declared as a view, but is a table: rename or drop it first' }]
        : [],
    ),
  ]
}
