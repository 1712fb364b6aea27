import { lower, sameNames } from '../diff/names.js'
import { type Asked, type Check, isAdded, quotedTable, type RowQuery, rowsOf } from './check.js'
import { comparedValue, isConverted, isFilled } from './coming-value.js'

/**
 * Unique indexes and the primary key: whether rows agree in one that is new, or come to agree as NULLs get a default or
 * values lose what they differ in.
 */
export function uniqueChecks(asked: Asked): Check[] {
  const { wanted, live, primaryKey, table } = asked.change
  const isNew = (columns: readonly string[]) =>
    !live.indexes.some((index) => index.unique && index.special === '' && sameNames(index.columns, columns))
  const changes = (columns: readonly string[]) =>
    columns.some((name) => isFilled(asked, name) || isConverted(asked, name))
  const keys = [
    ...(primaryKey || changes(wanted.primaryKey) ? [wanted.primaryKey] : []),
    ...wanted.indexes.flatMap(({ unique, columns }) =>
      unique && (isNew(columns) || changes(columns)) ? [columns] : [],
    ),
  ]
  return keys.flatMap((columns): Check[] => {
    const query = duplicates(asked, columns)
    const verb = columns.length > 1 ? 'are' : 'is'
    const path = `${table.name}.${columns.join(', ')}`
    const message = columns.some((name) => isConverted(asked, name))
      ? `${verb} to be unique, but values of rows would come to be the same`
      : `${verb} to be unique, but rows have the same values`
    return query ? [{ path, message, advice: 'change these rows first', ...query }] : []
  })
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
  const valuesOf = (alias: string) => there.map((name) => comparedValue(asked, name, alias))
  // No column of a table has such a name.
  const names = there.map((_name, i) => `m3saas_${i}`)
  const values = valuesOf('x').map(({ sql }, i) => `${sql} AS ${names[i]}`)
  const known = names.filter((_name, i) => !isFilled(asked, there[i] ?? ''))
  const groups =
    `SELECT ${names.join(', ')} FROM (SELECT ${values.join(', ')} FROM ${quotedTable(asked)} x) v ` +
    `${known.length > 0 ? `WHERE ${known.map((name) => `${name} IS NOT NULL`).join(' AND ')} ` : ''}` +
    `GROUP BY ${names.join(', ')} HAVING COUNT(*) > 1 LIMIT 3`
  const parameters = valuesOf('x').flatMap((value) => value.parameters)
  const agree = valuesOf('r').map(({ sql, parameters: bound }, i) => {
    parameters.push(...bound)
    const equal = `${sql} = d.${names[i]}`
    if (known.includes(names[i] ?? '')) return equal
    parameters.push(...bound)
    return `(${equal} OR (${sql} IS NULL AND d.${names[i]} IS NULL))`
  })
  return rowsOf(asked, `JOIN (${groups}) d ON ${agree.join(' AND ')}`, parameters)
}
