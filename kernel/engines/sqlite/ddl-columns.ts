import type { ColumnSpec } from '../../contract/columns.js'
import { now } from '../../contract/columns.js'
import { integerRange } from '../../contract/integer-ranges.js'
import { dateText } from './values.js'

export function quote(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`
}

export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** One column of CREATE TABLE: type, NOT NULL, default and what must hold for its values. */
export function columnDefinition(name: string, spec: ColumnSpec): string {
  const check = checkOf(quote(name), spec)
  return [
    quote(name),
    spec.autoIncrement ? 'INTEGER PRIMARY KEY AUTOINCREMENT' : typeOf(spec),
    ...(spec.nullable ? [] : ['NOT NULL']),
    ...('default' in spec ? [`DEFAULT ${defaultSql(spec)}`] : []),
    ...(check ? [`CONSTRAINT ${quote(name)} CHECK (${check})`] : []),
  ].join(' ')
}

/**
 * The declared type decides how SQLite stores a value (https://sqlite.org/datatype3.html#type_affinity) and how
 * Sequelize reads it:
 *
 * - INT1 is MySQL's other name for TINYINT, which Sequelize would read as a boolean; INT in place of INTEGER keeps a
 *   primary key from numbering itself.
 * - Decimals that a double holds exactly (15 digits), or a 64-bit integer (18 without a point), are numbers, and so sort
 *   and compare as such; longer ones keep their digits as text, and sort as text unless cast.
 * - JSON is text too: as JSON it would have numeric affinity, and Sequelize would parse what the models parse.
 */
function typeOf(spec: ColumnSpec): string {
  switch (spec.type) {
    case 'int':
    case 'id':
      return 'INT'
    case 'tinyint':
      return 'INT1'
    case 'smallint':
    case 'mediumint':
    case 'bigint':
    case 'float':
    case 'double':
    case 'date':
    case 'time':
    case 'datetime':
    case 'text':
    case 'blob':
      return spec.type.toUpperCase()
    case 'decimal':
      return decimalType(decimalSize(spec))
    case 'json':
      return 'JSON_TEXT'
    case 'boolean':
      return 'TINYINT(1)'
    case 'enum':
      return 'TEXT'
    default:
      return `VARCHAR(${spec.length ?? 255})`
  }
}

interface DecimalSize {
  readonly precision: number
  readonly scale: number
}

function decimalSize({ precision = 10, scale = 0 }: ColumnSpec): DecimalSize {
  return { precision, scale }
}

function decimalType(size: DecimalSize): string {
  return `${isNumericDecimal(size) ? 'DECIMAL' : 'DECIMAL_TEXT'}(${size.precision},${size.scale})`
}

/** Whether decimals of this size are stored as numbers. */
export function isNumericDecimal({ precision, scale }: DecimalSize): boolean {
  return precision <= (scale === 0 ? 18 : 15)
}

/** What MySQL refuses by the type of the column. NULL passes every check. */
function checkOf(column: string, spec: ColumnSpec): string | undefined {
  switch (spec.type) {
    case 'float':
    case 'double':
      return and(`typeof(${column}) IN ('real', 'null')`, spec.unsigned && `${column} >= 0`)
    case 'decimal':
      return decimalCheck(column, spec)
    case 'boolean':
      return `${column} IN (0, 1)`
    case 'enum':
      return `${column} IN (${(spec.values ?? []).map(quoteText).join(', ')})`
    case 'json':
      return `json_valid(${column})`
    default: {
      const range = integerRange(spec)
      if (!range) return undefined
      // Beyond 64 bits SQLite keeps a rounded real number.
      const most = range.most < 2n ** 63n ? range.most : 2n ** 63n - 1n
      return `typeof(${column}) IN ('integer', 'null') AND ${column} BETWEEN ${range.least} AND ${most}`
    }
  }
}

function decimalCheck(column: string, spec: ColumnSpec): string {
  if (!isNumericDecimal(decimalSize(spec))) {
    return and(`${column} NOT GLOB '*[^-0-9.]*'`, spec.unsigned && `${column} NOT LIKE '-%'`)
  }
  const { precision, scale } = decimalSize(spec)
  const limit = `1${'0'.repeat(precision - scale)}`
  return and(
    `typeof(${column}) IN ('integer', 'real', 'null')`,
    `abs(${column}) < ${limit}`,
    spec.unsigned && `${column} >= 0`,
  )
}

function and(...conditions: (string | false)[]): string {
  return conditions.filter(Boolean).join(' AND ')
}

/** The value of rows that leave the column out. */
export function defaultSql(spec: ColumnSpec): string {
  const value = spec.default
  if (value === null || value === undefined) return 'NULL'
  // The form in which Sequelize writes dates, and the connection binds them.
  if (value === now) return `(strftime('%Y-%m-%d %H:%M:%f +00:00', 'now'))`
  if (typeof value === 'boolean') return value ? '1' : '0'
  if (typeof value === 'number' && !Number.isInteger(value)) return String(value)
  if (typeof value === 'number') return BigInt(value).toString()
  // A declared moment names its zone.
  return quoteText(spec.type === 'datetime' ? dateText(new Date(value), 'the default') : value)
}
