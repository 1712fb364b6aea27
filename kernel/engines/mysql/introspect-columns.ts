import type { LiveColumn } from '../live-schema.js'
import { domainOf } from './domain.js'

/** A row of information_schema.COLUMNS. */
export interface ColumnRow {
  readonly owner: string
  readonly name: string
  readonly type: string
  readonly charset: string | null
  readonly collation: string | null
  readonly nullable: string
  /** MariaDB gives an expression, `'text'` or `NULL` among them; MySQL the value, or an expression if `extra` says so. */
  readonly initial: string | null
  readonly extra: string
  /** Empty or NULL for an ordinary column. */
  readonly generation: string | null
}

export const COLUMNS_SQL = `
  SELECT TABLE_NAME AS owner, COLUMN_NAME AS name, COLUMN_TYPE AS type, CHARACTER_SET_NAME AS charset,
    COLLATION_NAME AS collation, IS_NULLABLE AS nullable, COLUMN_DEFAULT AS initial, EXTRA AS extra,
    GENERATION_EXPRESSION AS generation
  FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() ORDER BY ORDINAL_POSITION`

/** `json`: the server checks that the column holds JSON, which is all that makes a JSON column on MariaDB. */
export function liveColumn(row: ColumnRow, mariaDb: boolean, json: boolean): LiveColumn {
  const { name, charset, collation, initial, extra, generation } = row
  const type = charset === null ? row.type : `${row.type} CHARACTER SET ${charset} COLLATE ${collation}`
  const nullable = row.nullable === 'YES'
  const words = [type, nullable ? 'NULL' : 'NOT NULL']
  // As JSON: on MySQL the text NULL is not the same as none.
  if (initial !== null) words.push(`DEFAULT ${JSON.stringify(initial)}`)
  if (extra !== '') words.push(extra)
  if (generation) words.push(`AS (${generation})`)
  // Without its check, which names the column.
  if (json) words.push('CHECK JSON')
  return {
    name,
    type,
    definition: words.join(' '),
    domain: json && row.type === 'longtext' ? { kind: 'json' } : domainOf(row.type),
    nullable,
    hasDefault: initial !== null && !(mariaDb && initial === 'NULL'),
    autoIncrement: /\bauto_increment\b/i.test(extra),
    generated: Boolean(generation),
  }
}
