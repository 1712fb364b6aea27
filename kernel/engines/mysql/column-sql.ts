import mysql from 'mysql2'
import { type ColumnSpec, now } from '../../contract/columns.js'
import { quote } from './identifiers.js'

/** A column of CREATE TABLE or ALTER TABLE, e.g. `` `age` TINYINT UNSIGNED NOT NULL DEFAULT 1 ``. */
export function columnSql(name: string, spec: ColumnSpec): string {
  const parts = [quote(name), columnType(spec), spec.nullable ? 'NULL' : 'NOT NULL']
  if ('default' in spec) parts.push(`DEFAULT ${defaultSql(spec)}`)
  if (spec.autoIncrement) parts.push('AUTO_INCREMENT')
  return parts.join(' ')
}

/** Its type with its attributes; a column that refers to another has the same. */
function columnType(spec: ColumnSpec): string {
  const signs = `${spec.unsigned ? ' UNSIGNED' : ''}${spec.zerofill ? ' ZEROFILL' : ''}`
  switch (spec.type) {
    case 'id':
      return `INT${signs}`
    case 'int':
    case 'tinyint':
    case 'smallint':
    case 'mediumint':
    case 'bigint':
    case 'float':
    case 'double':
      return `${spec.type.toUpperCase()}${signs}`
    case 'decimal':
      return `DECIMAL(${spec.precision ?? 10},${spec.scale ?? 0})${signs}`
    case 'datetime':
      return 'DATETIME(3)'
    case 'date':
    case 'time':
    case 'text':
    case 'json':
    case 'blob':
      return spec.type.toUpperCase()
    case 'boolean':
      return 'TINYINT(1)'
    case 'enum':
      return `ENUM(${(spec.values ?? []).map((value) => mysql.escape(value)).join(',')})`
    default:
      return `VARCHAR(${spec.length ?? 255})`
  }
}

/** Its default as SQL; NULL without one. */
export function defaultSql(spec: ColumnSpec): string {
  // A bigint column takes a JavaScript bigint, which the plain data of a declaration does not name.
  const value = spec.default as ColumnSpec['default'] | bigint
  if (value === now) return 'CURRENT_TIMESTAMP(3)'
  if (value === null || value === undefined) return 'NULL'
  if (typeof value === 'boolean') return value ? '1' : '0'
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  return textSql(spec.type === 'datetime' ? datetimeText(String(value)) : value)
}

/** The server tells of defaults in its own three-byte characters: a longer one would be shown as a question mark. */
function textSql(text: string): string {
  if (!isBeyondPlane(text)) return mysql.escape(text)
  return `(CONVERT(0x${Buffer.from(text).toString('hex')} USING utf8mb4))`
}

/** Whether it has characters that take four bytes, such as emoji. */
export function isBeyondPlane(text: string): boolean {
  return /[\u{10000}-\u{10ffff}]/u.test(text)
}

/** A declared moment, which names its zone, as MySQL reads it in UTC. */
function datetimeText(text: string): string {
  return new Date(text).toISOString().replace('T', ' ').replace('Z', '')
}
