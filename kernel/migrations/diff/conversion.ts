import type { Domain } from '../../engines/live-schema.js'

/**
 * What becomes of a column's values when it gets another domain. `same`: the domains are. `widening`: every value stays
 * what it is. `narrowing`: some do not fit, or lose a part of what they say. `impossible`: values of the one mean nothing
 * in the other; a migration by hand may know better.
 */
export type Conversion = 'same' | 'widening' | 'narrowing' | 'impossible'

export function conversion(from: Domain, to: Domain): Conversion {
  if (sameDomain(from, to)) return 'same'
  const fits = allFit(from, to)
  if (fits === undefined) return 'impossible'
  return fits ? 'widening' : 'narrowing'
}

/** Whole numbers up to here are exact in a floating-point column, and so many digits of a decimal one. */
const EXACT = {
  float: { integer: 2n ** 24n, digits: 6 },
  double: { integer: 2n ** 53n, digits: 15 },
} as const
/** Of a floating-point number: `-1.7976931348623157e+308`. */
const FLOAT_CHARACTERS = 24
/** Of a date or a time of day, and of a moment in the longest form in which an engine writes it. */
const TIME_CHARACTERS = { date: 10, time: 10, datetime: 30 } as const

/** Of a character at most, and of a blob. */
const BYTES = 4
const BLOB_BYTES = 65_535

type Exact = Extract<Domain, { kind: 'integer' }> | Extract<Domain, { kind: 'decimal' }>
type Numeric = Exact | { readonly kind: 'float' | 'double'; readonly unsigned: boolean }

/** Whether all values of `from` are values of `to`; undefined where it makes no sense to ask. */
function allFit(from: Domain, to: Domain): boolean | undefined {
  switch (to.kind) {
    case 'integer':
    case 'decimal':
    case 'float':
    case 'double':
      if (from.kind === 'text') return false
      return isNumeric(from) ? numbersFit(from, to) : undefined
    case 'text': {
      // Bytes may be no text at all.
      if (from.kind === 'blob') return false
      const longest = textLength(from)
      return longest === undefined ? undefined : longest <= to.characters
    }
    case 'enum':
      if (from.kind === 'enum') return from.values.every((value) => to.values.includes(value))
      return from.kind === 'text' ? false : undefined
    case 'date':
      return from.kind === 'datetime' || from.kind === 'text' ? false : undefined
    case 'datetime':
      return from.kind === 'date' ? true : from.kind === 'text' ? false : undefined
    case 'time':
      return from.kind === 'datetime' || from.kind === 'text' ? false : undefined
    case 'json':
      return from.kind === 'text' ? false : undefined
    case 'blob':
      return from.kind === 'text' ? from.characters * BYTES <= BLOB_BYTES : undefined
    case 'other':
      return undefined
  }
}

function isNumeric(domain: Domain): domain is Numeric {
  return ['integer', 'decimal', 'float', 'double'].includes(domain.kind)
}

function numbersFit(from: Numeric, to: Numeric): boolean {
  if (!isExact(to)) {
    if (to.unsigned && !isUnsigned(from)) return false
    const { integer, digits } = EXACT[to.kind]
    if (from.kind === 'integer') return from.least >= -integer && from.most <= integer
    if (from.kind === 'decimal') return from.precision <= digits
    return to.kind === 'double' || from.kind === 'float'
  }
  if (!isExact(from)) return false
  if (from.kind === 'decimal' && to.kind === 'decimal') {
    const fits = to.scale >= from.scale && to.precision - to.scale >= from.precision - from.scale
    return fits && (from.unsigned || !to.unsigned)
  }
  if (from.kind === 'decimal' && from.scale > 0) return false
  const inner = bounds(from)
  const outer = bounds(to)
  return inner.least >= outer.least && inner.most <= outer.most
}

function isExact(domain: Numeric): domain is Exact {
  return domain.kind === 'integer' || domain.kind === 'decimal'
}

function isUnsigned(domain: Numeric): boolean {
  return domain.kind === 'integer' ? domain.least >= 0n : domain.unsigned
}

/** Of the whole numbers in it. */
function bounds(domain: Exact): { least: bigint; most: bigint } {
  if (domain.kind === 'integer') return domain
  const most = 10n ** BigInt(domain.precision - domain.scale) - 1n
  return { least: domain.unsigned ? 0n : -most, most }
}

/** The length of the longest value as text; undefined where values do not become text. */
function textLength(from: Domain): number | undefined {
  switch (from.kind) {
    case 'integer':
      return Math.max(String(from.least).length, String(from.most).length)
    case 'decimal':
      // A sign, a point, and a zero in front of the point.
      return (
        from.precision + (from.unsigned ? 0 : 1) + (from.scale > 0 ? 1 : 0) + (from.precision === from.scale ? 1 : 0)
      )
    case 'float':
    case 'double':
      return FLOAT_CHARACTERS
    case 'date':
    case 'time':
    case 'datetime':
      return TIME_CHARACTERS[from.kind]
    case 'text':
      return from.characters
    case 'enum':
      return Math.max(...from.values.map((value) => [...value].length))
    case 'json':
      return Number.POSITIVE_INFINITY
    case 'blob':
    case 'other':
      return undefined
  }
}

function sameDomain(a: Domain, b: Domain): boolean {
  if (a.kind === 'integer' && b.kind === 'integer') return a.least === b.least && a.most === b.most
  if (a.kind === 'decimal' && b.kind === 'decimal') {
    return a.precision === b.precision && a.scale === b.scale && a.unsigned === b.unsigned
  }
  if ((a.kind === 'float' || a.kind === 'double') && (b.kind === 'float' || b.kind === 'double')) {
    return a.kind === b.kind && a.unsigned === b.unsigned
  }
  if (a.kind === 'text' && b.kind === 'text') return a.characters === b.characters
  if (a.kind === 'enum' && b.kind === 'enum') return JSON.stringify(a.values) === JSON.stringify(b.values)
  if (a.kind === 'other' && b.kind === 'other') return a.type === b.type
  return a.kind === b.kind
}
