import type { TableChange } from '../../engines/ddl.js'
import type { LiveForeignKey, LiveTable } from '../../engines/live-schema.js'
import { find, foreignKeyKey, nameIn } from '../diff/names.js'
import { type Asked, type Check, quotedTable, type RowQuery, rowsOf } from './check.js'
import { type ComingValue, comingValue, isFilled } from './coming-value.js'

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
  const values = key.columns.flatMap((name) => comingValue(asked, name, 'r') ?? [])
  // A new column without a default is NULL, which refers to nothing.
  if (values.length < key.columns.length) return undefined
  const given = values.filter(({ sql }) => sql !== '?')
  const known = given.map(({ sql }) => `${sql} IS NOT NULL`)
  const parameters = given.flatMap((value) => value.parameters)
  const parent = parentOf(asked, key)
  if (!parent) return rowsOf(asked, `WHERE ${known.length > 0 ? known.join(' AND ') : '1 = 1'}`, parameters)
  const equal = values.map((value, i) => {
    const target = parent.values[i]
    parameters.push(...(target?.parameters ?? []), ...value.parameters)
    return `${target?.sql} = ${value.sql}`
  })
  const missing = `NOT EXISTS (SELECT 1 FROM ${parent.table} p WHERE ${equal.join(' AND ')})`
  return rowsOf(asked, `WHERE ${[...known, missing].join(' AND ')}`, parameters)
}

interface Parent {
  /** As the database has it now, quoted. */
  readonly table: string
  readonly values: readonly ComingValue[]
}

/** Undefined if the table, or what it would hold in a column, is yet to come. */
function parentOf({ changes, ...asked }: Asked, key: LiveForeignKey): Parent | undefined {
  const { live } = asked
  const target = find(live, live.tables, key.table)
  if (!target) return undefined
  const change = changes.find(({ table }) => nameIn(live, table.name) === nameIn(live, key.table))
  const parent = { ...asked, changes, change: change ?? unchanged(target.name, target.value) }
  const values = key.targets.flatMap((name) => comingValue(parent, name, 'p') ?? [])
  return values.length === key.targets.length ? { table: quotedTable(parent), values } : undefined
}

function unchanged(name: string, live: LiveTable): TableChange {
  return {
    table: { name, columns: {}, primaryKey: live.primaryKey, indexes: [] },
    ...{ live, wanted: live, addedColumns: [], modifiedColumns: [], droppedColumns: [], primaryKey: false },
    ...{ addedIndexes: [], droppedIndexes: [], addedForeignKeys: [], droppedForeignKeys: [], relinkedForeignKeys: [] },
    options: false,
  }
}
