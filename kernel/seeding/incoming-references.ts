import type { TableSpec } from '../contract/table-spec.js'
import type { Ddl } from '../engines/ddl.js'
import type { LiveForeignKey, LiveSchema } from '../engines/live-schema.js'
import type { Condition } from './seed-rows.js'

/** A foreign key of the database seen from the table it points to. */
interface IncomingReference extends LiveForeignKey {
  readonly fromTable: string
}

function referencesTo(table: TableSpec, live: LiveSchema): IncomingReference[] {
  const isIt = (name: string) => same(live, name, table.name)
  return Object.entries(live.tables).flatMap(([fromTable, { foreignKeys }]) =>
    foreignKeys.filter((key) => isIt(key.table)).map((key) => ({ ...key, fromTable })),
  )
}

function same({ foldsNames }: LiveSchema, a: string, b: string): boolean {
  return foldsNames ? a.toLowerCase() === b.toLowerCase() : a === b
}

/**
 * Holds for rows of `table` that no other row of the database refers to, those of tables that nobody declares any longer
 * included: deleting one takes no other row with it and empties no column of one, whatever the foreign keys say. A row
 * that refers to itself keeps itself only by a foreign key that restricts: InnoDB does not delete such a row.
 */
export function unreferenced(ddl: Ddl, table: TableSpec, live: LiveSchema): Condition {
  const seeded = ddl.quote(table.name)
  const conditions = referencesTo(table, live).map(({ fromTable, columns, targets, onDelete }) => {
    const from = columns.map(ddl.quote)
    const matches = from.map((column, i) => `child.${column} = ${seeded}.${ddl.quote(targets[i] ?? '')}`).join(' AND ')
    if (!same(live, fromTable, table.name)) {
      return `NOT EXISTS (SELECT 1 FROM ${ddl.quote(fromTable)} AS child WHERE ${matches})`
    }
    // MySQL does not read the table it deletes from (error 1093), but for a derived table that DISTINCT keeps apart:
    // https://dev.mysql.com/doc/refman/8.0/en/derived-table-optimization.html
    const keys = table.primaryKey.map(ddl.quote)
    const referring = from.map((column) => `${column} IS NOT NULL`).join(' AND ')
    const copy = `(SELECT DISTINCT ${[...new Set([...from, ...keys])].join(', ')} FROM ${seeded} WHERE ${referring})`
    const itself = keys.map((key) => `child.${key} = ${seeded}.${key}`).join(' AND ')
    const others = /^(?:CASCADE|SET)/.test(onDelete) ? ` AND NOT (${itself})` : ''
    return `NOT EXISTS (SELECT 1 FROM ${copy} AS child WHERE ${matches}${others})`
  })
  return { sql: conditions.length > 0 ? conditions.join(' AND ') : '1 = 1', values: [] }
}
