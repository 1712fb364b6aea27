import { M3Error } from '../../errors.js'
import type { TableChange } from '../ddl.js'
import { quote } from './identifiers.js'
import { isColumnCheck } from './introspect-extras.js'

/** Throws MIGRATION_REFUSED where something that was made by hand stays and names a column that goes: the server would not let it. */
export function refuseDependants({ table, live, droppedColumns }: TableChange): void {
  const gone = droppedColumns.map(quote)
  const needed = (text: string) => gone.some((name) => text.includes(name))
  const others = live.columns.filter(({ name }) => !droppedColumns.includes(name)).map(({ name }) => quote(name))
  const column = live.columns.find(
    ({ name, generated, definition }) =>
      generated && !droppedColumns.includes(name) && needed(definition.slice(definition.lastIndexOf('AS ('))),
  )
  // A check that names nothing else goes with the column.
  const check = live.extras.find(
    (text) =>
      (text.startsWith('check ') || others.some((name) => isColumnCheck(text, name))) &&
      needed(text) &&
      others.some((name) => text.includes(name)),
  )
  const dependant = column ? `the column ${column.name}` : check === undefined ? undefined : 'a check of the table'
  if (dependant === undefined) return
  const message =
    `The columns ${droppedColumns.join(', ')} of the table ${table.name} cannot be dropped: ` +
    `${dependant}, made by hand, needs them; change that first`
  throw new M3Error('MIGRATION_REFUSED', message)
}
