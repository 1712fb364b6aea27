import type { LiveColumn } from '../../engines/live-schema.js'
import { conversion } from '../diff/conversion.js'
import { formerColumnName } from '../diff/renames.js'
import { type Asked, type Check, isAdded, quotedColumn, rowsWhere } from './check.js'

/** Whether every row can have a value in each column that is new or changes. */
export function columnChecks(asked: Asked): Check[] {
  const added = asked.change.wanted.columns.filter(({ name }) => isAdded(asked, name))
  return [
    ...added.flatMap((column) => addedChecks(asked, column)),
    ...asked.change.modifiedColumns.flatMap(({ from, to }) => modifiedChecks(asked, from, to)),
  ]
}

function addedChecks(asked: Asked, { name, nullable, hasDefault, autoIncrement }: LiveColumn): Check[] {
  if (nullable || hasDefault || autoIncrement) return []
  return [
    {
      path: `${asked.change.table.name}.${name}`,
      message: 'is new, takes no NULL and has no default, so there is no value for the rows that are there',
      advice: 'give it a default, or fill it in a hand-written migration',
      ...rowsWhere(asked, '1 = 1'),
    },
  ]
}

function modifiedChecks(asked: Asked, from: LiveColumn, to: LiveColumn): Check[] {
  const { change, live, renames, ddl } = asked
  const path = `${change.table.name}.${to.name}`
  const column = quotedColumn(asked, from.name)
  const checks: Check[] = []
  if (from.nullable && !to.nullable && !to.hasDefault) {
    checks.push({
      path,
      message: 'is to refuse NULL and has no default, but is NULL',
      advice: 'give it a default, or fill these rows first',
      ...rowsWhere(asked, `${column} IS NULL`),
    })
  }
  const kind = conversion(from.domain, to.domain)
  if (kind === 'impossible' || (from.generated && !to.generated)) {
    checks.push({
      path,
      message: `cannot be turned from ${from.type} into ${to.type} while it has values`,
      advice: 'turn them into what is declared in a hand-written migration',
      ...rowsWhere(asked, `${column} IS NOT NULL`),
    })
  }
  const former = formerColumnName(live, renames, change.table.name, from.name)
  const misfits = kind === 'narrowing' ? ddl.misfits(former, from.domain, to.domain) : undefined
  if (misfits !== undefined) {
    checks.push({
      path,
      message: `is to become ${to.type}, but has values that do not fit`,
      advice: 'change these values first',
      ...rowsWhere(asked, `(${misfits})`),
    })
  }
  return checks
}
