import type { MysqlConnection } from '../connection.js'
import { quote } from '../identifiers.js'

interface KeyRow {
  readonly of_table: string
  readonly key_name: string
  readonly column_name: string
  readonly target: string
  readonly target_column: string
}

const KEYS = `SELECT TABLE_NAME AS of_table, CONSTRAINT_NAME AS key_name, COLUMN_NAME AS column_name,
    REFERENCED_TABLE_NAME AS target, REFERENCED_COLUMN_NAME AS target_column
  FROM information_schema.KEY_COLUMN_USAGE
  WHERE TABLE_SCHEMA = DATABASE() AND REFERENCED_TABLE_SCHEMA = DATABASE() AND REFERENCED_TABLE_NAME IS NOT NULL
  ORDER BY TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION`

/** Rows by table, and rows that refer to nothing. */
export async function lookAtTables(
  connection: MysqlConnection,
  tables: readonly string[],
): Promise<{ readonly rows: Record<string, number>; readonly warnings: string[] }> {
  const rows: Record<string, number> = {}
  for (const table of tables) {
    const [row] = await connection.query<{ number: unknown }>(`SELECT COUNT(*) AS number FROM ${quote(table)}`)
    rows[table] = Number(row?.number)
  }
  return { rows, warnings: await orphans(connection) }
}

async function orphans(connection: MysqlConnection): Promise<string[]> {
  const warnings: string[] = []
  for (const key of groups(await connection.query<KeyRow>(KEYS)).values()) {
    const [{ of_table, target }] = key as [KeyRow]
    const isSet = key.map(({ column_name }) => `c.${quote(column_name)} IS NOT NULL`).join(' AND ')
    const meets = key.map((part) => `p.${quote(part.target_column)} = c.${quote(part.column_name)}`).join(' AND ')
    const [row] = await connection.query<{ number: unknown }>(
      `SELECT COUNT(*) AS number FROM ${quote(of_table)} c WHERE ${isSet} AND NOT EXISTS (SELECT 1 FROM ${quote(target)} p WHERE ${meets})`,
    )
    const number = Number(row?.number)
    if (number > 0) warnings.push(`${number} rows of ${of_table} refer to nothing in ${target}`)
  }
  return warnings
}

function groups(rows: readonly KeyRow[]): Map<string, KeyRow[]> {
  const found = new Map<string, KeyRow[]>()
  for (const row of rows) {
    const key = JSON.stringify([row.of_table, row.key_name])
    const known = found.get(key)
    if (known) known.push(row)
    else found.set(key, [row])
  }
  return found
}
