import type { SqlValue } from '../../contract/context.js'
import type { LiveForeignKey } from '../../engines/live-schema.js'
import { find, foreignKeyKey, lower } from '../diff/names.js'
import { formerColumnName, formerTableName } from '../diff/renames.js'
import { type Asked, type Check, isAdded, quotedColumn, type RowQuery, rowsOf } from './check.js'

/** Whether every row of the table refers to one that is there, by each foreign key that is new. */
export function foreignKeyChecks(asked: Asked): Check[] {
  const { change } = asked
  // One that is there already only gets another name.
  const there = new Set(change.live.foreignKeys.map(foreignKeyKey))
  return change.addedForeignKeys.flatMap((key): Check[] => {
    const query = there.has(foreignKeyKey(key)) ? undefined : orphans(asked, key)
    const path = `${change.table.name}.${key.columns.join(', ')}`
    const message = `is to refer to ${key.table}.${key.targets.join(', ')}, but rows refer to none that is there`
    return query ? [{ path, message, advice: 'change these rows first', ...query }] : []
  })
}

/** The keys of rows that refer to nothing; undefined where none can. */
function orphans(asked: Asked, key: LiveForeignKey): RowQuery | undefined {
  const parameters: SqlValue[] = []
  const values: string[] = []
  for (const name of key.columns) {
    if (isAdded(asked, name)) {
      const value = asked.change.table.columns[name]?.default
      // A new column without a default is NULL, which refers to nothing.
      if (value === undefined || value === null || typeof value === 'symbol') return undefined
      parameters.push(value)
      values.push('?')
    } else {
      values.push(`r.${quotedColumn(asked, name)}`)
    }
  }
  const given = values.filter((value) => value !== '?').map((value) => `${value} IS NOT NULL`)
  const parent = parentOf(asked, key)
  if (!parent) return rowsOf(asked, `WHERE ${given.length > 0 ? given.join(' AND ') : '1 = 1'}`)
  const equal = values.map((value, i) => `p.${parent.columns[i]} = ${value}`).join(' AND ')
  const missing = `NOT EXISTS (SELECT 1 FROM ${parent.table} p WHERE ${equal})`
  return rowsOf(asked, `WHERE ${[...given, missing].join(' AND ')}`, parameters)
}

/** As the database has it now, quoted; undefined if the table or a column is yet to come. */
function parentOf(
  { live, renames, ddl }: Asked,
  key: LiveForeignKey,
): { readonly table: string; readonly columns: readonly string[] } | undefined {
  const target = find(live, live.tables, key.table)
  if (!target) return undefined
  const names = new Set(target.value.columns.map(({ name }) => lower(name)))
  if (!key.targets.every((name) => names.has(lower(name)))) return undefined
  return {
    table: ddl.quote(formerTableName(live, renames, target.name)),
    columns: key.targets.map((name) => ddl.quote(formerColumnName(live, renames, target.name, name))),
  }
}
