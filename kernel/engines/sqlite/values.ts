import type { SqlValue } from '../../contract/context.js'
import { M3Error } from '../../errors.js'

/** What the driver binds. */
export type BoundValue = string | number | bigint | Uint8Array | null

const MOST = 2n ** 63n - 1n

/**
 * A parameter as the driver takes it: booleans are 1 and 0, dates text. Refuses with VALIDATION_FAILED what SQLite
 * would change without a word: it cuts a string at a NUL, and NaN becomes NULL. `place` names the parameter.
 */
export function toBound(value: unknown, place: string): BoundValue {
  switch (typeof value) {
    case 'string':
      if (value.includes('\0')) throw refusal(place, 'must not contain a NUL character')
      return value
    case 'number':
      if (!Number.isFinite(value)) throw refusal(place, 'must be a finite number')
      return value
    case 'bigint':
      if (value > MOST || value < -MOST - 1n) throw refusal(place, 'must fit 64 bits')
      return value
    case 'boolean':
      return value ? 1 : 0
    case 'undefined':
      return null
    default:
      if (value === null || value instanceof Uint8Array) return value
      if (value instanceof Date) return dateText(value, place)
      throw refusal(place, 'must be text, a number, a boolean, a date, bytes or null')
  }
}

export function toBoundList(values: readonly SqlValue[]): BoundValue[] {
  return values.map((value, i) => toBound(value, `parameter ${i + 1}`))
}

/** `YYYY-MM-DD HH:MM:SS.mmm +00:00`, the form in which Sequelize writes a date, so that both compare as text. */
export function dateText(date: Date, place: string): string {
  const year = date.getUTCFullYear()
  if (!(year >= 0 && year <= 9999)) throw refusal(place, 'must be a valid date of the years 0 to 9999')
  const iso = date.toISOString()
  return `${iso.slice(0, 10)} ${iso.slice(11, 23)} +00:00`
}

function refusal(path: string, message: string): M3Error {
  return new M3Error('VALIDATION_FAILED', `A value cannot be stored: ${path} ${message}`, {
    faults: [{ path, message }],
  })
}

type Decode = (stored: unknown) => unknown

/** How a stored value of a column of this declared type is read; undefined is a value of no column, such as `count(*)`. */
export function decoderOf(declaredType: string | null): Decode {
  const type = declaredType?.toUpperCase() ?? ''
  if (type === 'DATETIME') return (stored) => (typeof stored === 'string' ? toDate(stored) : plain(stored))
  const decimal = /^DECIMAL(?:_TEXT)?\(\d+,(\d+)\)$/.exec(type)
  if (!decimal) return plain
  const scale = Number(decimal[1])
  return (stored) => toDecimal(stored, scale)
}

/** Integers beyond 2⁵³ are decimal text, bytes a Buffer. */
function plain(stored: unknown): unknown {
  if (typeof stored === 'bigint') {
    const number = Number(stored)
    return Number.isSafeInteger(number) ? number : String(stored)
  }
  // The driver's bytes are its caller's own: no copy is needed.
  return stored instanceof Uint8Array ? Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength) : stored
}

/** Text without a zone is UTC, as SQLite's own CURRENT_TIMESTAMP is. Text that is no date stays text. */
function toDate(text: string): Date | string {
  const match = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)\s*(Z|[+-]\d\d:\d\d)?$/i.exec(text)
  if (!match) return text
  const date = new Date(`${match[1]}T${match[2]}${match[3] ?? 'Z'}`)
  return Number.isNaN(date.getTime()) ? text : date
}

/** Decimal text with all digits of the scale, as MySQL shows it. */
function toDecimal(stored: unknown, scale: number): unknown {
  if (typeof stored === 'number') return Math.abs(stored) < 1e21 ? stored.toFixed(scale) : String(stored)
  const match = /^(-?\d+)(?:\.(\d*))?$/.exec(typeof stored === 'bigint' ? String(stored) : (stored as string))
  if (!match) return plain(stored)
  return scale === 0 ? match[1] : `${match[1]}.${(match[2] ?? '').padEnd(scale, '0')}`
}
