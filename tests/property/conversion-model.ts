import type { EngineKind } from '../../kernel/engines/engine-kind.js'
import { folded } from './equality.js'
import { isInteger, isText, lengthOf, rangeOf } from './kinds.js'
import { decimalText } from './values.js'
import type { Kind } from './world.js'

/**
 * What is to become of a value whose column changes its type. `kept`: it is this one, and that is no reason to refuse.
 * `if`: this one, or the migration is refused. `open`: some value, or refused: roundings, and the ways in which an engine
 * writes moments and real numbers. `misfit`: it is refused.
 */
export type Conversion = { readonly as: 'kept' | 'if'; readonly value: string } | { readonly as: 'open' | 'misfit' }

const OPEN: Conversion = { as: 'open' }
const MISFIT: Conversion = { as: 'misfit' }
const kept = (value: string): Conversion => ({ as: 'kept', value })
/** Of another family of types, which the kernel may decline to convert at all. */
const maybe = ({ as, ...rest }: Conversion): Conversion =>
  as === 'kept' && 'value' in rest ? { as: 'if', value: rest.value as string } : ({ as, ...rest } as Conversion)

export function convert(engine: EngineKind, from: Kind, to: Kind, value: string): Conversion {
  if (sameStorage(from, to)) return kept(value)
  if (isNumber(from) && isNumber(to)) return toNumber(value, to)
  if (isWords(from) && isWords(to)) return toWords(engine, value, to)
  if (from.type === 'date' && to.type === 'datetime') return kept(`${value}T00:00:00.000Z`)
  if (from.type === 'datetime' && to.type === 'date' && value.endsWith('T00:00:00.000Z')) {
    return kept(value.slice(0, 10))
  }
  if (isNumber(from) && isWords(to)) return fromNumber(engine, from, to, value)
  if (isWords(from) && isNumber(to)) return /^-?\d+$/.test(value) ? maybe(toNumber(value, to)) : MISFIT
  if (isWords(from)) return fromWords(value, to)
  if (isWords(to) && (from.type === 'date' || from.type === 'time' || from.type === 'json')) {
    return maybe(toWords(engine, value, to))
  }
  if (from.type === 'json' && to.type === 'blob') return maybe(kept(Buffer.from(value).toString('hex')))
  return OPEN
}

/** Those whose values are the same whatever the attributes say: digits shown, words and lengths apart. */
function sameStorage(from: Kind, to: Kind): boolean {
  const text = ({ zerofill: _, ...kind }: Kind) => JSON.stringify(Object.entries(kind).sort())
  return text(from) === text(to)
}

const isNumber = (kind: Kind) => isInteger(kind) || ['boolean', 'float', 'double', 'decimal'].includes(kind.type)

const isWords = (kind: Kind) => isText(kind) || kind.type === 'text' || kind.type === 'enum'

/** Digits as any number writes them, or a number in the form of JavaScript. */
function toNumber(text: string, to: Kind): Conversion {
  const number = Number(text)
  if (to.unsigned && number < 0) return MISFIT
  if (isInteger(to) || to.type === 'boolean') return toWhole(text, to)
  if (to.type === 'decimal') return toDecimal(text, to)
  const exact = to.type === 'float' ? Math.fround(number) === number : text.replace(/\D/g, '').length <= 15
  return exact ? kept(String(number)) : OPEN
}

function toWhole(text: string, to: Kind): Conversion {
  const number = Number(text)
  const { least, most } = rangeOf(to)
  const whole = /^-?\d+(?:\.0*)?$/.test(text) ? BigInt(text.split('.')[0] ?? '') : undefined
  if (whole !== undefined) return whole >= least && whole <= most ? kept(String(whole)) : MISFIT
  return number > Number(most) + 1 || number < Number(least) - 1 ? MISFIT : OPEN
}

function toDecimal(text: string, { precision = 10, scale = 0 }: Kind): Conversion {
  const match = /^-?0*(\d*?)(?:\.(\d*?)0*)?$/.exec(text)
  // In the form of a number with an exponent.
  if (!match) return OPEN
  const [, whole = '', fraction = ''] = match
  if (whole.length > precision - scale) return MISFIT
  if (fraction.length > scale) return OPEN
  return kept(decimalText(text, scale))
}

function toWords(engine: EngineKind, text: string, to: Kind): Conversion {
  if (to.type === 'enum') {
    if (to.values?.includes(text)) return kept(text)
    const alike = to.values?.some((word) => folded(word) === folded(text))
    return alike && engine === 'mysql' ? OPEN : MISFIT
  }
  const most = lengthOf(to)
  return most !== undefined && [...text].length > most ? MISFIT : kept(text)
}

function fromNumber(engine: EngineKind, from: Kind, to: Kind, value: string): Conversion {
  // MySQL writes the zeros that it fills up with.
  if (from.zerofill && engine === 'mysql') return OPEN
  if (from.type === 'float' || from.type === 'double') return OPEN
  return maybe(toWords(engine, value, to))
}

function fromWords(value: string, to: Kind): Conversion {
  switch (to.type) {
    case 'date':
      return /^\d{4}-\d\d-\d\d$/.test(value) ? maybe(kept(value)) : MISFIT
    case 'time':
      return /^\d\d:\d\d:\d\d$/.test(value) ? maybe(kept(value)) : MISFIT
    case 'datetime':
      return /^\d{4}-\d\d-\d\d$/.test(value) ? OPEN : MISFIT
    case 'json':
      return isJson(value) ? maybe(kept(value)) : MISFIT
    case 'blob':
      return maybe(kept(Buffer.from(value).toString('hex')))
    default:
      return OPEN
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
