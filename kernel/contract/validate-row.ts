import { isIP } from 'node:net'
import type { Fault } from '../errors.js'
import { type ColumnSpec, now } from './columns.js'
import { integerRange } from './integer-ranges.js'

/**
 * What is wrong with one value for a column, or undefined. The column is resolved: custom lengths are filled in.
 * Used by the models, by seeds and by the catalog, so that a rule stands once.
 */
export function valueFault(spec: ColumnSpec, value: unknown): string | undefined {
  if (value === null || value === undefined) return spec.nullable ? undefined : 'must not be null'
  switch (spec.type) {
    case 'int':
    case 'tinyint':
    case 'smallint':
    case 'mediumint':
    case 'bigint':
    case 'id':
      return integerFault(spec, value)
    case 'float':
    case 'double':
      return floatFault(spec, value)
    case 'decimal':
      return decimalFault(spec, value)
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'must be true or false'
    case 'date':
      return typeof value === 'string' && isDate(value) ? undefined : 'must be a date, YYYY-MM-DD'
    case 'time':
      return typeof value === 'string' && /^-?(?:[0-7]?\d\d|8[0-2]\d|83[0-8]):[0-5]\d:[0-5]\d$/.test(value)
        ? undefined
        : 'must be a time, HH:MM:SS, from -838:59:59 to 838:59:59'
    case 'datetime':
      return isDatetime(value) ? undefined : 'must be a date and time with its zone, ISO 8601: 2026-01-31T12:00:00Z'
    case 'json':
      return isJson(value) ? undefined : 'must be a JSON value'
    case 'blob':
      return value instanceof Uint8Array ? undefined : 'must be bytes: a Buffer or Uint8Array'
    case 'enum':
      return spec.values?.includes(value as string) ? undefined : `must be one of ${spec.values?.join(', ')}`
    default:
      return textFault(spec, value)
  }
}

/** Every fault of a row that is to be inserted: each column is checked, one that is not known is a fault. */
export function rowFaults(
  columns: Readonly<Record<string, ColumnSpec>>,
  row: Readonly<Record<string, unknown>>,
  path: string,
): Fault[] {
  const faults: Fault[] = []
  for (const name of Object.keys(row)) {
    if (!Object.hasOwn(columns, name)) faults.push({ path: `${path}.${name}`, message: 'is no column of the table' })
  }
  for (const [name, spec] of Object.entries(columns)) {
    const value = row[name]
    if (value === undefined && (spec.nullable || 'default' in spec || spec.autoIncrement)) continue
    const message = value === undefined ? 'is missing' : valueFault(spec, value)
    if (message) faults.push({ path: `${path}.${name}`, message })
  }
  return faults
}

/** The value a row gets that leaves the column out; undefined where the database decides. */
export function defaultOf(spec: ColumnSpec): unknown {
  return spec.default === now ? new Date() : spec.default
}

function integerFault(spec: ColumnSpec, value: unknown): string | undefined {
  const range = integerRange(spec)
  const isInteger =
    Number.isSafeInteger(value) ||
    typeof value === 'bigint' ||
    (spec.type === 'bigint' && typeof value === 'string' && /^-?\d{1,20}$/.test(value))
  if (!isInteger || !range) return 'must be an integer'
  const exact = BigInt(value as number | bigint | string)
  return exact < range.least || exact > range.most ? `must be from ${range.least} to ${range.most}` : undefined
}

function floatFault(spec: ColumnSpec, value: unknown): string | undefined {
  if (typeof value !== 'number' || !Number.isFinite(value)) return 'must be a finite number'
  if (spec.type === 'float' && !Number.isFinite(Math.fround(value))) return 'must be from -3.4e38 to 3.4e38'
  return spec.unsigned && value < 0 ? 'must not be negative' : undefined
}

function decimalFault(spec: ColumnSpec, value: unknown): string | undefined {
  const match = /^(-?)0*(\d*)(?:\.(\d*?)0*)?$/.exec(typeof value === 'number' ? decimalText(value) : String(value))
  const { precision = 10, scale = 0 } = spec
  const hasDigits = /\d/.test(String(value))
  if (!match || !['number', 'string'].includes(typeof value) || !hasDigits) return 'must be a decimal number'
  if ((match[2]?.length ?? 0) > precision - scale || (match[3]?.length ?? 0) > scale) {
    return `must have at most ${precision - scale} digits before and ${scale} behind the point`
  }
  return spec.unsigned && match[1] ? 'must not be negative' : undefined
}

/** A number without an exponent, so that its digits can be counted. */
function decimalText(value: number): string {
  const [, sign = '', first = '', rest = '', exponent] = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(String(value)) ?? []
  if (exponent === undefined) return String(value)
  const digits = first + rest
  const point = 1 + Number(exponent)
  return sign + (point > 0 ? digits.padEnd(point, '0') : `0.${'0'.repeat(-point)}${digits}`)
}

function textFault(spec: ColumnSpec, value: unknown): string | undefined {
  if (typeof value !== 'string') return 'must be a string'
  // SQLite would store what stands before it and drop the rest.
  if (value.includes('\0')) return 'must not contain a NUL character'
  // Half a character: UTF-8 has no form for it, and a driver would store another in its place.
  if (/\p{Surrogate}/u.test(value)) return 'must not contain half of a surrogate pair'
  if (spec.length !== undefined && [...value].length > spec.length) return `must have at most ${spec.length} characters`
  if (spec.type === 'text' && Buffer.byteLength(value) > 65_535) return 'must have at most 65535 bytes'
  switch (spec.type) {
    case 'email':
      return isEmail(value) ? undefined : 'must be an e-mail address'
    case 'phone':
      return /^[\d\s+\-().#*/]*\d[\d\s+\-().#*/]*$/.test(value) ? undefined : 'must be a telephone number'
    case 'ip':
      return isIP(value) ? undefined : 'must be an IPv4 or IPv6 address'
    case 'link':
      return isLink(value) ? undefined : 'must be an http or https URL'
    case 'password':
      return value === '' ? 'must not be empty' : undefined
    default:
      return undefined
  }
}

/** The rule of HTML's e-mail field, with a dot in the domain: https://html.spec.whatwg.org/#valid-e-mail-address */
function isEmail(value: string): boolean {
  const [local = '', domain = '', ...more] = value.split('@')
  return (
    more.length === 0 &&
    /^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}$/.test(local) &&
    domain.length <= 253 &&
    /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/.test(domain)
  )
}

function isLink(value: string): boolean {
  if (!/^https?:\/\//i.test(value) || /\s/.test(value)) return false
  return URL.canParse(value)
}

function isDate(value: string): boolean {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(value)
  if (!match) return false
  const moment = new Date(`${value}T00:00:00Z`)
  return !Number.isNaN(moment.getTime()) && moment.toISOString().startsWith(value)
}

/** Text without a zone would be read in that of the machine; a year of five digits fits no database. */
function isDatetime(value: unknown): boolean {
  if (value instanceof Date) return value.getUTCFullYear() >= 0 && value.getUTCFullYear() <= 9999
  if (typeof value !== 'string') return false
  const match = /^(\d{4}-\d\d-\d\d)[Tt ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:[Zz]|[+-]\d\d:\d\d)$/.exec(value)
  return match !== null && isDate(match[1] as string) && !Number.isNaN(Date.parse(value))
}

function isJson(value: unknown): boolean {
  try {
    return JSON.stringify(value) !== undefined
  } catch {
    return false
  }
}
