import { quote } from '../identifiers.js'

/** A column as a dump has to know it. */
export interface DumpColumn {
  readonly name: string
  /** Of information_schema.COLUMNS: `int`, `varchar`, `geometry`, … */
  readonly type: string
  /** The most bytes that a value may have; null where the type tells. */
  readonly octets: number | null
  readonly withheld: boolean
}

/** How a value travels where the server cannot write it as a literal: see large-rows.ts. */
export type Carriage = 'text' | 'bytes' | 'number'

const NUMBERS = new Set(['tinyint', 'smallint', 'mediumint', 'int', 'bigint', 'decimal', 'double', 'year'])
const BYTES = new Set(['binary', 'varbinary', 'tinyblob', 'blob', 'mediumblob', 'longblob', 'vector'])
const GEOMETRIES = new Set([
  'geometry',
  'point',
  'linestring',
  'polygon',
  'multipoint',
  'multilinestring',
  'multipolygon',
  'geometrycollection',
  'geomcollection',
])
/** MariaDB's, which have a text of their own; dates and times too. */
const TEXTUAL = new Set(['date', 'time', 'datetime', 'timestamp', 'uuid', 'inet4', 'inet6'])

export function carriageOf({ type }: Pick<DumpColumn, 'type'>): Carriage {
  if (isBytes(type)) return 'bytes'
  return type === 'bit' || type === 'enum' ? 'number' : 'text'
}

/** The most bytes that the literal of a value may take. */
export function longestLiteral({ type, octets }: DumpColumn): number {
  if (GEOMETRIES.has(type) || type === 'json') return Number.POSITIVE_INFINITY
  return 2 * (octets ?? 64) + 16
}

/** An expression by which the server writes a value as the literal that gives it again; never NULL but for its length. */
export function literalOf(column: DumpColumn): string {
  const name = quote(column.name)
  if (column.withheld) return `''''''`
  const { type } = column
  if (isBytes(type)) return `IF(${name} IS NULL, 'NULL', IF(LENGTH(${name}) = 0, '''''', CONCAT('0x', HEX(${name}))))`
  if (TEXTUAL.has(type)) return `QUOTE(${name})`
  if (isNumber(type)) return `IFNULL(${valueExpression(column)}, 'NULL')`
  return `QUOTE(${valueExpression(column)})`
}

/** An expression of the value itself, as text in utf8mb4, a number or bytes. */
export function valueExpression({ name: column, type, withheld }: DumpColumn): string {
  const name = quote(column)
  if (withheld) return `''`
  // Of a FLOAT the server shows six digits; as a DOUBLE it shows all.
  if (type === 'float') return `(${name} + 0E0)`
  // An ENUM by its place: the value '' that stands for a wrong one is not the member ''.
  if (type === 'bit' || type === 'enum') return `(${name} + 0)`
  if (isBytes(type) || isNumber(type) || TEXTUAL.has(type)) return name
  return `CONVERT(${name} USING utf8mb4)`
}

/** Where a parameter stands for the value. */
export function placeholderOf(carriage: Carriage): string {
  return carriage === 'number' ? 'CAST(? AS UNSIGNED)' : '?'
}

function isBytes(type: string): boolean {
  return BYTES.has(type) || GEOMETRIES.has(type)
}

function isNumber(type: string): boolean {
  return NUMBERS.has(type) || type === 'float' || type === 'bit' || type === 'enum'
}
