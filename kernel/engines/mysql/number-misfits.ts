import mysql from 'mysql2'
import type { Domain } from '../live-schema.js'

type NumberDomain = Extract<Domain, { kind: 'integer' | 'decimal' | 'float' | 'double' }>

/** Blanks around a number do no harm. */
const WHOLE = String.raw`^[[:space:]]*[-+]?[0-9]+[[:space:]]*\z`
const NUMBER = String.raw`^[[:space:]]*[-+]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][-+]?[0-9]+)?[[:space:]]*\z`

const LARGEST_FLOAT = '3.4028234663852886e38'
/** The server takes a number that is beyond it for this one. */
const LARGEST_DOUBLE = '1.7976931348623157e308'

/**
 * A condition for the values of a column that are no numbers of the domain `to`, or undefined if all are. `text` is the
 * value as text. Rounding is no misfit.
 */
export function numberMisfits(value: string, text: string, from: Domain, to: NumberDomain): string | undefined {
  const isNumber = from.kind === 'integer' || from.kind === 'decimal' || from.kind === 'float' || from.kind === 'double'
  if (isNumber) return either(outOfRange(value, from, to))
  const pattern = to.kind === 'integer' ? WHOLE : NUMBER
  // What CAST cannot read it takes for 0, which is within every range: the pattern has found it already.
  const number = to.kind === 'integer' || to.kind === 'decimal' ? `CAST(${text} AS ${castType(to)})` : `(${text} + 0)`
  return either([`NOT ${text} REGEXP ${mysql.escape(pattern)}`, ...outOfRange(number, from, to)])
}

function outOfRange(value: string, from: Domain, to: NumberDomain): string[] {
  const unsigned = isUnsigned(to) && !isUnsigned(from) ? [`${value} < 0`] : []
  switch (to.kind) {
    case 'integer': {
      const { least, most } = to
      if (from.kind === 'integer') {
        return [
          ...(from.least < least ? [`${value} < ${least}`] : []),
          ...(from.most > most ? [`${value} > ${most}`] : []),
        ]
      }
      // The bound itself as a double is one more than it.
      return [...unsigned, `ROUND(${value}) < ${least}`, `ROUND(${value}) >= ${most + 1n}`]
    }
    case 'decimal':
      return [...unsigned, `ABS(ROUND(${value}, ${to.scale})) >= 1${'0'.repeat(to.precision - to.scale)}`]
    case 'float':
      return from.kind === 'integer' ? unsigned : [...unsigned, `ABS(${value}) > ${LARGEST_FLOAT}`]
    case 'double':
      return isExact(from) ? unsigned : [...unsigned, `ABS(${value}) >= ${LARGEST_DOUBLE}`]
  }
}

/** Room for as many digits as the target has, and for as many behind the point as are left. */
function castType(to: NumberDomain): string {
  const whole = to.kind === 'decimal' ? to.precision - to.scale + 1 : 21
  const behind = Math.max(0, Math.min(30, 65 - whole))
  return `DECIMAL(65,${behind})`
}

function isUnsigned(domain: Domain): boolean {
  return domain.kind === 'integer' ? domain.least >= 0n : 'unsigned' in domain && domain.unsigned
}

/** Any of their values is one of a double. */
function isExact({ kind }: Domain): boolean {
  return kind === 'integer' || kind === 'decimal' || kind === 'float' || kind === 'double'
}

function either(conditions: readonly string[]): string | undefined {
  return conditions.length === 0 ? undefined : conditions.join(' OR ')
}
