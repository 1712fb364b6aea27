import { lower, sameNames } from '../diff/names.js'
import { type Asked, type Check, isAdded, quotedColumn, quotedTable, type RowQuery, rowsOf } from './check.js'

/** Unique indexes and the primary key: whether rows agree in one that is new, or come to agree as NULLs get a default. */
export function uniqueChecks(asked: Asked): Check[] {
  const { wanted, live, primaryKey, table } = asked.change
  const isNew = (columns: readonly string[]) =>
    !live.indexes.some((index) => index.unique && index.special === '' && sameNames(index.columns, columns))
  const getsDefault = (columns: readonly string[]) => columns.some((name) => isFilled(asked, name))
  const keys = [
    ...(primaryKey || getsDefault(wanted.primaryKey) ? [wanted.primaryKey] : []),
    ...wanted.indexes.flatMap(({ unique, columns }) =>
      unique && (isNew(columns) || getsDefault(columns)) ? [columns] : [],
    ),
  ]
  return keys.flatMap((columns): Check[] => {
    const query = duplicates(asked, columns)
    const verb = columns.length > 1 ? 'are' : 'is'
    const message = `${verb} to be unique, but rows have the same values`
    const path = `${table.name}.${columns.join(', ')}`
    return query ? [{ path, message, advice: 'change these rows first', ...query }] : []
  })
}

/** Whether its NULLs become its default. */
function isFilled({ change }: Asked, column: string): boolean {
  return change.modifiedColumns.some(
    ({ from, to }) => lower(to.name) === lower(column) && from.nullable && !to.nullable && to.hasDefault,
  )
}

/** The keys of rows that agree in all columns; undefined where no rows can. */
function duplicates(asked: Asked, columns: readonly string[]): RowQuery | undefined {
  const added = asked.change.wanted.columns.filter(({ name }) =>
    columns.some((column) => lower(column) === lower(name) && isAdded(asked, column)),
  )
  // A new column has one value in all rows, unless the database numbers them; and NULL equals nothing.
  if (added.some(({ autoIncrement, nullable, hasDefault }) => autoIncrement || (nullable && !hasDefault))) {
    return undefined
  }
  const there = columns.filter((name) => !isAdded(asked, name))
  if (there.length === 0) return rowsOf(asked, `JOIN (SELECT COUNT(*) AS n FROM ${quotedTable(asked)}) d ON d.n > 1`)
  const list = there.map((name) => quotedColumn(asked, name))
  const known = there.filter((name) => !isFilled(asked, name)).map((name) => `${quotedColumn(asked, name)} IS NOT NULL`)
  const where = known.length > 0 ? `WHERE ${known.join(' AND ')} ` : ''
  const groups =
    `SELECT ${list.join(', ')} FROM ${quotedTable(asked)} ${where}` +
    `GROUP BY ${list.join(', ')} HAVING COUNT(*) > 1 LIMIT 3`
  const agree = there.map((name) => {
    const column = quotedColumn(asked, name)
    const equal = `r.${column} = d.${column}`
    return isFilled(asked, name) ? `(${equal} OR (r.${column} IS NULL AND d.${column} IS NULL))` : equal
  })
  return rowsOf(asked, `JOIN (${groups}) d ON ${agree.join(' AND ')}`)
}
