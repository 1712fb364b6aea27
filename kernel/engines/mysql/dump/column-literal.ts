import { quote } from '../identifiers.js'

/** A column as a dump has to know it. */
export interface DumpColumn {
  readonly name: string
  /** Of information_schema.COLUMNS: `int`, `varchar`, `geometry`, … */
  readonly type: string
  /** Of a text. */
  readonly characterSet: string | null
  readonly withheld: boolean
}

/** How the value of a column is brought over: as bytes, as text, or by the literal that the server writes. */
export type Nature = 'bytes' | 'text' | 'literal'

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
const NUMBERS = new Set(['tinyint', 'smallint', 'mediumint', 'int', 'bigint', 'decimal', 'year'])
/** By number: the value '' that stands for a wrong one is not the member '', and a member may be named like another. */
const NUMBERED = new Set(['bit', 'enum', 'set'])
/** Dates, times, and MariaDB's types that have a text of their own. */
const TEXTUAL = new Set(['date', 'time', 'datetime', 'timestamp', 'uuid', 'inet4', 'inet6'])
const UTF_8 = new Set(['utf8mb4', 'utf8mb3', 'utf8'])
/** Those in which each character is one of Unicode and back again. Others have characters that share one of Unicode. */
const UNICODE = new Set([...UTF_8, 'ucs2', 'utf16', 'utf16le', 'utf32', 'latin1', 'ascii'])

/** Beside the 65,535 bytes that all other columns of a row may take. */
const LONG = new Set([...GEOMETRIES, 'vector', 'json', 'mediumtext', 'longtext', 'mediumblob', 'longblob'])
const MEDIUM = new Set(['text', 'blob'])
/** So many of 65,535 bytes stay below a mebibyte whatever is in them. */
const MOST_MEDIUM = 4

export function natureOf({ type, characterSet, withheld }: DumpColumn): Nature {
  if (withheld) return 'literal'
  if (BYTES.has(type) || GEOMETRIES.has(type)) return 'bytes'
  if (NUMBERS.has(type) || NUMBERED.has(type) || TEXTUAL.has(type) || type === 'float' || type === 'double') {
    return 'literal'
  }
  return characterSet === null || UNICODE.has(characterSet) ? 'text' : 'bytes'
}

/** An expression by which the server writes a value as the literal that gives it again; not NULL. */
export function literalOf(column: DumpColumn): string {
  const name = quote(column.name)
  const { type, withheld } = column
  if (withheld) return `''''''`
  switch (natureOf(column)) {
    case 'bytes':
      return `IF(${name} IS NULL, 'NULL', IF(LENGTH(${name}) = 0, '''''', CONCAT('0x', HEX(${name}))))`
    case 'text':
      return `QUOTE(${convertedText(column)})`
    default:
      // Of a FLOAT the server shows six digits; as a DOUBLE it shows all. As a number -0 would lose its sign.
      if (type === 'float') return `QUOTE(${name} + 0E0)`
      if (type === 'double' || TEXTUAL.has(type)) return `QUOTE(${name})`
      return `IFNULL(${NUMBERED.has(type) ? `CAST(${name} AS UNSIGNED)` : name}, 'NULL')`
  }
}

/**
 * The same for a long row. Text goes as the bytes of its own set unless that is UTF-8: in another one it may be thrice as
 * long, and longer than the server takes.
 */
export function longNatureOf(column: DumpColumn): Nature {
  const nature = natureOf(column)
  return nature === 'text' && column.characterSet !== null && !UTF_8.has(column.characterSet) ? 'bytes' : nature
}

/** An expression of the value as the statement of a long row has it: text in utf8mb4, bytes, or the literal. */
export function carriedValue(column: DumpColumn): string {
  const nature = longNatureOf(column)
  if (nature === 'literal') return literalOf(column)
  if (nature === 'text') return convertedText(column)
  // A text would be sent in the character set of the connection.
  return column.characterSet === null ? quote(column.name) : `CAST(${quote(column.name)} AS BINARY)`
}

/** An expression of the bytes in those columns that can make a row long; undefined where none can. */
export function lengthOf(columns: readonly DumpColumn[]): string | undefined {
  const carried = columns.filter((column) => natureOf(column) !== 'literal')
  const long = carried.filter(({ type }) => LONG.has(type))
  const medium = carried.filter(({ type }) => MEDIUM.has(type))
  if (long.length === 0 && medium.length <= MOST_MEDIUM) return undefined
  return [...long, ...medium].map(({ name }) => `IFNULL(LENGTH(${quote(name)}), 0)`).join(' + ')
}

function convertedText({ name }: DumpColumn): string {
  return `CONVERT(${quote(name)} USING utf8mb4)`
}
