import type { Sql, SqlValue } from '../contract/context.js'
import type { Database } from '../engines/contract.js'
import { M3Error } from '../errors.js'

/** Statements by their literal: a tagged template has one and the same strings array each time it runs. */
const statements = new WeakMap<TemplateStringsArray, string>()

/** The `sql` of a module context on one database. */
export function sqlOn(database: Database): Sql {
  const select = <R>(strings: TemplateStringsArray, ...values: SqlValue[]) =>
    database.select<R>(statementOf(strings, values), values)
  const run = (strings: TemplateStringsArray, ...values: SqlValue[]) =>
    database.run(statementOf(strings, values), values)
  return Object.assign(select, { run })
}

function statementOf(strings: TemplateStringsArray, values: readonly SqlValue[]): string {
  if (!Array.isArray(strings) || !('raw' in strings)) {
    throw new M3Error('MODULE_INVALID', 'sql is a tag: write sql`SELECT …`, not sql(…), so that every value is bound')
  }
  const missing = (values as readonly unknown[]).indexOf(undefined)
  if (missing >= 0)
    throw new M3Error('MODULE_INVALID', `Value ${missing + 1} of the sql statement is undefined; use null`)
  let statement = statements.get(strings)
  if (statement === undefined) {
    statement = strings.join('?').trim()
    statements.set(strings, statement)
  }
  return statement
}
