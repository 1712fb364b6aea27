import type { LiveForeignKey } from '../../engines/live-schema.js'
import { find, foreignKeyKey, lower } from '../diff/names.js'
import { formerColumnName, formerTableName } from '../diff/renames.js'
import { type Asked, type Check, isAdded, type RowQuery, rowsOf } from './check.js'
import { boundDefault, type ComingValue, comingValue, isFilled } from './coming-value.js'

/** Whether every row of the table refers to one that is there, by each foreign key that is new or gets a default. */
export function foreignKeyChecks(asked: Asked): Check[] {
  const { wanted, live, relinkedForeignKeys } = asked.change
  // One that is there already may be made anew, under another name or for a type that changes.
  const there = new Set(live.foreignKeys.map(foreignKeyKey))
  // The server looks at all rows then, and some may have come while it did not.
  const looked = new Set(asked.ddl.leavesTheRest ? relinkedForeignKeys.map(foreignKeyKey) : [])
  const declared = new Set(wanted.foreignKeys.map(foreignKeyKey))
  const byHand = relinkedForeignKeys.filter(
    (key) => looked.has(foreignKeyKey(key)) && !declared.has(foreignKeyKey(key)),
  )
  return [...wanted.foreignKeys, ...byHand].flatMap((key): Check[] => {
    const stays =
      there.has(foreignKeyKey(key)) &&
      !looked.has(foreignKeyKey(key)) &&
      !key.columns.some((name) => isFilled(asked, name))
    const query = stays ? undefined : orphans(asked, key)
    const path = `${asked.change.table.name}.${key.columns.join(', ')}`
    const message = `is to refer to ${key.table}.${key.targets.join(', ')}, but rows refer to none that is there`
    return query ? [{ path, message, advice: 'change these rows first', ...query }] : []
  })
}

/** The keys of rows that refer to nothing; undefined where none can. */
function orphans(asked: Asked, key: LiveForeignKey): RowQuery | undefined {
  const values: ComingValue[] = []
  for (const name of key.columns) {
    if (!isAdded(asked, name)) values.push(comingValue(asked, name, 'r'))
    else {
      const value = boundDefault(asked, name)
      // A new column without a default is NULL, which refers to nothing.
      if (value === undefined) return undefined
      values.push({ sql: '?', parameters: [value] })
    }
  }
  const given = values.filter(({ sql }) => sql !== '?')
  const known = given.map(({ sql }) => `${sql} IS NOT NULL`)
  const parameters = given.flatMap((value) => value.parameters)
  const parent = parentOf(asked, key)
  if (!parent) return rowsOf(asked, `WHERE ${known.length > 0 ? known.join(' AND ') : '1 = 1'}`, parameters)
  const equal = values.map(({ sql }, i) => `p.${parent.columns[i]} = ${sql}`).join(' AND ')
  const missing = `NOT EXISTS (SELECT 1 FROM ${parent.table} p WHERE ${equal})`
  const bound = [...parameters, ...values.flatMap((value) => value.parameters)]
  return rowsOf(asked, `WHERE ${[...known, missing].join(' AND ')}`, bound)
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
