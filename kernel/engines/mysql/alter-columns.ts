import type { TableChange } from '../ddl.js'
import type { Domain, LiveColumn } from '../live-schema.js'
import { columnSql, defaultSql } from './column-sql.js'
import { quote } from './identifiers.js'
import { columnChecks } from './introspect-extras.js'

/** How the columns of a table become what they are to be. */
export interface ColumnChange {
  /** Whole statements ahead of the ALTER TABLE. */
  readonly before: readonly string[]
  /** Columns as its MODIFY COLUMN takes them. */
  readonly modified: readonly string[]
  readonly after: readonly string[]
}

/**
 * NULLs that must go become the default as soon as the column can hold it: before the ALTER TABLE if its type stays, else
 * after it, which leaves the column nullable then. A key cannot wait.
 */
export function columnChanges({ table, live, wanted, modifiedColumns }: TableChange): ColumnChange {
  const checks = columnChecks(live.extras)
  const before: string[] = []
  const modified: string[] = []
  const after: string[] = []
  const last: string[] = []
  const name = quote(table.name)
  for (const { from, to } of modifiedColumns) {
    const spec = table.columns[to.name]
    if (!spec) continue
    for (const type of detour(from, to)) {
      const nullable = from.nullable && !wanted.primaryKey.includes(to.name) ? 'NULL' : 'NOT NULL'
      before.push(`ALTER TABLE ${name} MODIFY COLUMN ${quote(to.name)} ${type} ${nullable}`)
    }
    // MariaDB knows checks that go with a column; that of a JSON column is such a one.
    const clause = spec.type === 'json' ? undefined : checks.get(to.name.toLowerCase())
    const sqlOf = (nullable: boolean) =>
      columnSql(to.name, { ...spec, nullable }) + (clause === undefined ? '' : ` CHECK (${clause})`)
    const fills = from.nullable && !to.nullable && to.hasDefault
    const fill = `UPDATE ${name} SET ${quote(to.name)} = ${defaultSql(spec)} WHERE ${quote(to.name)} IS NULL`
    if (fills && (from.type === to.type || wanted.primaryKey.includes(to.name))) before.push(fill)
    else if (fills) {
      after.push(fill)
      last.push(`MODIFY COLUMN ${sqlOf(false)}`)
    }
    modified.push(sqlOf(spec.nullable || after.includes(fill)))
  }
  if (last.length > 0) after.push(`ALTER TABLE ${name} ${last.join(', ')}`)
  return { before, modified, after }
}

const NUMBERS: readonly Domain['kind'][] = ['integer', 'decimal', 'float', 'double']
const MEASURES: readonly Domain['kind'][] = [...NUMBERS, 'date', 'time', 'datetime']
const MOST_SIGNED = 2n ** 63n - 1n

/**
 * The types between two that the server would not turn into each other by what a value says: a word of an enum counts
 * as its place in the list where a number is asked for, and a number of ZEROFILL as text with its zeros. MariaDB takes
 * whole numbers out of text, and out of doubles, as signed ones of 64 bits.
 */
function detour(from: LiveColumn, to: LiveColumn): string[] {
  const [a, b] = [from.domain, to.domain]
  const types: string[] = []
  if (/ zerofill$/.test(from.type) && !NUMBERS.includes(b.kind)) types.push(from.type.replace(/ zerofill$/, ''))
  if (a.kind === 'enum' ? MEASURES.includes(b.kind) : MEASURES.includes(a.kind) && b.kind === 'enum') {
    types.push(`VARCHAR(${textWidth(a)})`)
  }
  if (b.kind === 'integer' && b.most > MOST_SIGNED && a.kind !== 'integer' && a.kind !== 'decimal') {
    types.push('DECIMAL(20,0)')
  }
  return types
}

/** No wider than it must be: the column may stand in a key, which has its limit. */
function textWidth(domain: Domain): number {
  switch (domain.kind) {
    case 'enum':
      return Math.max(1, ...domain.values.map((word) => [...word].length))
    case 'decimal':
      // A sign, a point and a zero in front of it.
      return domain.precision + 3
    default:
      // A moment, a floating-point number, a whole number of 64 bits.
      return 30
  }
}
