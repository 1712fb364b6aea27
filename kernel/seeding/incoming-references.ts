import type { ReferenceAction } from '../contract/columns.js'
import type { TableSpec } from '../contract/table-spec.js'
import type { Ddl } from '../engines/ddl.js'
import type { Condition } from './seed-rows.js'

/** A foreign key seen from the table it points to. */
interface IncomingReference {
  readonly fromTable: TableSpec
  readonly fromColumn: string
  readonly column: string
  readonly onDelete: ReferenceAction
}

function referencesTo(table: TableSpec, tables: readonly TableSpec[]): IncomingReference[] {
  return tables.flatMap((fromTable) =>
    Object.entries(fromTable.columns).flatMap(([fromColumn, { references }]) =>
      references?.table === table.name
        ? [{ fromTable, fromColumn, column: references.column, onDelete: references.onDelete }]
        : [],
    ),
  )
}

/**
 * Holds for rows of `table` that no other row refers to: deleting one takes no other row with it and empties no column
 * of one, whatever the foreign keys say. A row that refers to itself keeps itself only by a foreign key that restricts:
 * InnoDB does not delete such a row.
 */
export function unreferenced(ddl: Ddl, table: TableSpec, tables: readonly TableSpec[]): Condition {
  const conditions = referencesTo(table, tables).map(({ fromTable, fromColumn, column, onDelete }) => {
    const own = fromTable.name === table.name
    const to = `${ddl.quote(table.name)}.${ddl.quote(column)}`
    const from = ddl.quote(fromColumn)
    if (!own) return `NOT EXISTS (SELECT 1 FROM ${ddl.quote(fromTable.name)} AS child WHERE child.${from} = ${to})`
    // MySQL does not read the table it deletes from (error 1093), but for a derived table that DISTINCT keeps apart:
    // https://dev.mysql.com/doc/refman/8.0/en/derived-table-optimization.html
    const keys = table.primaryKey.map((key) => ddl.quote(key))
    const copied = [...new Set([from, ...keys])].join(', ')
    const itself = keys.map((key) => `child.${key} = ${ddl.quote(table.name)}.${key}`).join(' AND ')
    const copy = `(SELECT DISTINCT ${copied} FROM ${ddl.quote(table.name)} WHERE ${from} IS NOT NULL)`
    const others = onDelete === 'cascade' || onDelete === 'set null' ? ` AND NOT (${itself})` : ''
    return `NOT EXISTS (SELECT 1 FROM ${copy} AS child WHERE child.${from} = ${to}${others})`
  })
  return { sql: conditions.length > 0 ? conditions.join(' AND ') : '1 = 1', values: [] }
}
