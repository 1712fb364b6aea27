import type { Domain, LiveColumn } from '../live-schema.js'
import { charsetOf } from './collation.js'

const MOST_SIGNED = 2n ** 63n - 1n

/** See `Ddl.converted`: the server's own conversion on the way into a column, as a cast. */
export function converted(value: string, from: Domain, to: Domain): string {
  switch (to.kind) {
    case 'integer': {
      // Text as an integer ends at the first sign that is no digit, which in a column it does not.
      const number = from.kind === 'text' ? `CAST(${value} AS DECIMAL(65,10))` : value
      return `CAST(${number} AS ${to.most > MOST_SIGNED ? 'UNSIGNED' : 'SIGNED'})`
    }
    case 'decimal':
      return `CAST(${value} AS DECIMAL(${to.precision},${to.scale}))`
    case 'float':
    case 'double':
      return `CAST(${value} AS ${to.kind.toUpperCase()})`
    case 'date':
    case 'time':
      return `CAST(${value} AS ${to.kind.toUpperCase()})`
    case 'datetime':
      return `CAST(${value} AS DATETIME(3))`
    case 'text':
    case 'enum':
      return from.kind === 'text' || from.kind === 'enum' ? value : `CAST(${value} AS CHAR)`
    default:
      return value
  }
}

/** See `Ddl.recollated`. */
export function recollated(value: string, from: LiveColumn, to: LiveColumn): string | undefined {
  const [before, after] = [collationOf(from), collationOf(to)]
  if (before === undefined || after === undefined || before === after) return undefined
  return `CONVERT(${value} USING ${charsetOf(after)}) COLLATE ${after}`
}

function collationOf({ type }: LiveColumn): string | undefined {
  return / COLLATE (\w+)$/.exec(type)?.[1]
}
