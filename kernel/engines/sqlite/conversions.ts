import type { Domain } from '../live-schema.js'
import { isNumericDecimal } from './ddl-columns.js'

const MOMENT = '%Y-%m-%d %H:%M:%f'

/**
 * The value of a column as a column of another domain stores it, as SQL. `column` is quoted. Meant for values that are no
 * misfits; the checks of the new column refuse the others.
 */
export function conversion(column: string, from: Domain, to: Domain): string {
  switch (to.kind) {
    case 'integer':
      return from.kind === 'integer' ? column : `m3saas_integer(${column})`
    case 'decimal':
      return toDecimal(column, from, to)
    case 'float':
    case 'double':
      return isNumber(from) ? column : `CAST(${column} AS REAL)`
    case 'date':
      return from.kind === 'datetime' ? `strftime('%Y-%m-%d', ${column})` : column
    case 'time':
      return from.kind === 'datetime' ? `strftime('%H:%M:%S', ${column})` : column
    case 'datetime':
      if (from.kind === 'date') return `${column} || ' 00:00:00.000 +00:00'`
      return from.kind === 'datetime' || from.kind === 'other' ? column : `strftime('${MOMENT} +00:00', ${column})`
    case 'blob':
      return from.kind === 'blob' || from.kind === 'other' ? column : `CAST(${toText(column, from)} AS BLOB)`
    case 'other':
      return column
    default:
      return toText(column, from)
  }
}

/** As MySQL shows the value, so that text made of a column is the same on every engine. */
function toText(column: string, from: Domain): string {
  switch (from.kind) {
    case 'integer':
    case 'blob':
      return `CAST(${column} AS TEXT)`
    case 'decimal':
      return `m3saas_decimal(${column}, ${from.scale})`
    case 'float':
    case 'double':
      return `m3saas_text(${column})`
    case 'datetime':
      return `strftime('${MOMENT}', ${column})`
    default:
      return column
  }
}

function toDecimal(column: string, from: Domain, to: Domain & { kind: 'decimal' }): string {
  const isNumeric = isNumericDecimal(to)
  if (isNumeric && from.kind === 'integer') return column
  if (from.kind === 'decimal' && from.scale <= to.scale && isNumericDecimal(from) === isNumeric) return column
  const text = `m3saas_decimal(${column}, ${to.scale})`
  return isNumeric ? `CAST(${text} AS NUMERIC)` : text
}

function isNumber(from: Domain): boolean {
  return ['integer', 'float', 'double'].includes(from.kind) || (from.kind === 'decimal' && isNumericDecimal(from))
}
