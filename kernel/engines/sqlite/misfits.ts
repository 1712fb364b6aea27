import type { Domain } from '../live-schema.js'
import { conversion } from './conversions.js'
import { quote, quoteText } from './ddl-columns.js'
import type { TextKind } from './value-functions.js'

/** Of TEXT and BLOB, as on MySQL. */
const MOST_BYTES = 65_535
const MOST_FLOAT = '3.4028234663852886e38'

/** See `Ddl.misfits`. */
export function misfits(column: string, from: Domain, to: Domain): string | undefined {
  const name = quote(column)
  const faults = [...sourceFaults(name, from, to), ...targetFaults(conversion(name, from, to), from, to)]
  return faults.length === 0 ? undefined : `(${name} IS NOT NULL AND (${faults.join(' OR ')}))`
}

/** Text that does not say what the new type holds, though SQLite would make something of it. */
function sourceFaults(name: string, from: Domain, to: Domain): string[] {
  const isNot = (kind: TextKind) => [`NOT m3saas_is('${kind}', ${name})`]
  if (from.kind === 'blob') return to.kind === 'blob' || to.kind === 'other' ? [] : isNot('characters')
  if (!isText(from)) return []
  switch (to.kind) {
    case 'integer':
    case 'date':
    case 'time':
    case 'datetime':
      return isNot(to.kind)
    case 'decimal':
    case 'float':
    case 'double':
      return isNot('number')
    default:
      return []
  }
}

function targetFaults(value: string, from: Domain, to: Domain): string[] {
  switch (to.kind) {
    case 'integer':
      if (from.kind === 'integer' && from.least >= to.least && from.most <= to.most) return []
      // The literal of the least integer would be a real number.
      return [
        `typeof(${value}) <> 'integer'`,
        `${value} > ${capped(to.most)}`,
        ...(to.least < -MOST_INTEGER ? [] : [`${value} < ${to.least}`]),
      ]
    case 'decimal':
      return decimalFaults(value, from, to)
    case 'float':
    case 'double':
      // What is no number at all is told by the text.
      return [
        ...(to.kind === 'float' && from.kind !== 'float' ? [`abs(${value}) > ${MOST_FLOAT}`] : []),
        ...(to.unsigned && !isUnsigned(from) ? [`${value} < 0`] : []),
      ]
    case 'date':
    case 'time':
    case 'datetime':
      return from.kind === to.kind || from.kind === 'date' ? [] : [`${value} IS NULL`]
    case 'json':
      return isNumber(from) || from.kind === 'json' ? [] : [`NOT json_valid(${value})`]
    case 'enum':
      if (from.kind === 'enum' && from.values.every((word) => to.values.includes(word))) return []
      return [`${value} NOT IN (${to.values.map(quoteText).join(', ')})`]
    case 'text':
      return textFaults(value, from, to.characters)
    case 'blob':
      return from.kind === 'blob' || from.kind === 'enum' ? [] : [`length(${value}) > ${MOST_BYTES}`]
    case 'other':
      return []
  }
}

const MOST_INTEGER = 2n ** 63n - 1n

function capped(most: bigint): bigint {
  return most > MOST_INTEGER ? MOST_INTEGER : most
}

function decimalFaults(value: string, from: Domain, to: Domain & { kind: 'decimal' }): string[] {
  const whole = to.precision - to.scale
  if (wholeDigits(from, to.scale) <= whole && (!to.unsigned || isUnsigned(from))) return []
  // Without sign and zeros in front; rounding may have added a digit.
  const text = `m3saas_decimal(${value}, ${to.scale})`
  const behind = to.scale === 0 ? 0 : to.scale + 1
  return [
    `${text} IS NULL`,
    `length(ltrim(${text}, '-0')) > ${whole + behind}`,
    ...(to.unsigned ? [`${text} LIKE '-%'`] : []),
  ]
}

/** How many digits a value may have before the point once it is rounded. */
function wholeDigits(from: Domain, scale: number): number {
  if (from.kind === 'integer')
    return Math.max(...[from.least, from.most].map((bound) => String(bound).replace('-', '').length))
  return from.kind === 'decimal' ? from.precision - from.scale + (from.scale > scale ? 1 : 0) : Number.POSITIVE_INFINITY
}

function isUnsigned(domain: Domain): boolean {
  return ('least' in domain && domain.least >= 0n) || ('unsigned' in domain && domain.unsigned)
}

/** A column of text holds what fits it, but SQLite does not see to that: what is there stays as it is. */
function textFaults(value: string, from: Domain, characters: number): string[] {
  if (from.kind === 'text' && from.characters <= characters) return []
  if (from.kind === 'enum' && from.values.every((word) => [...word].length <= characters)) return []
  return [characters < MOST_BYTES ? `length(${value}) > ${characters}` : `octet_length(${value}) > ${MOST_BYTES}`]
}

function isNumber(domain: Domain): boolean {
  return ['integer', 'decimal', 'float', 'double'].includes(domain.kind)
}

function isText(domain: Domain): boolean {
  return ['text', 'enum', 'json', 'other'].includes(domain.kind)
}
