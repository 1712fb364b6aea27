import type { DatabaseSyncInstance } from '@photostructure/sqlite'
import type { ColumnType } from '../../contract/columns.js'
import { valueFault } from '../../contract/validate-row.js'
import { roundedDecimal } from './decimal-text.js'

/** What `m3saas_is` tells of a text. */
export type TextKind = 'integer' | 'number' | 'date' | 'time' | 'datetime' | 'characters'

const MOST = 2n ** 63n - 1n
const OPTIONS = { deterministic: true, useBigIntArguments: true }

/**
 * What SQLite has no function for and the conversion of a column needs. NULL stays NULL; a value that is none of the
 * kind becomes NULL.
 *
 * - `m3saas_decimal(number, scale)`: decimal text, exact to any length
 * - `m3saas_integer(number)`: rounded, 64 bits
 * - `m3saas_text(double)`: the shortest text that gives the same double again
 * - `m3saas_is(kind, value)`: 1 or 0
 */
export function addValueFunctions(database: DatabaseSyncInstance): void {
  database.function('m3saas_decimal', OPTIONS, (value: unknown, scale: bigint) => {
    return roundedDecimal(value, Number(scale)) ?? null
  })
  database.function('m3saas_integer', OPTIONS, (value: unknown) => {
    const text = roundedDecimal(value, 0)
    const integer = text === undefined ? undefined : BigInt(text)
    return integer === undefined || integer > MOST || integer < -MOST - 1n ? null : integer
  })
  database.function('m3saas_text', OPTIONS, (value: unknown) => (typeof value === 'number' ? String(value) : value))
  database.function('m3saas_is', OPTIONS, (kind: TextKind, value: unknown) => (isOfKind(kind, value) ? 1 : 0))
}

function isOfKind(kind: TextKind, value: unknown): boolean {
  if (kind === 'characters') return isText(value)
  if (typeof value !== 'string') return false
  switch (kind) {
    case 'integer':
      return /^\s*[-+]?\d+\s*$/.test(value)
    case 'number':
      return roundedDecimal(value, 0) !== undefined && Number.isFinite(Number(value))
    case 'datetime':
      return isMoment(value)
    default:
      return isValid(kind, value)
  }
}

/** Also with a blank before the zone, as moments are stored. Without a zone it is UTC, without a time midnight. */
function isMoment(value: string): boolean {
  const text = value.replace(/ (?=[-+]\d\d:\d\d$)/, '')
  return isValid('datetime', text) || isValid('datetime', `${text}Z`) || isValid('date', text)
}

function isValid(type: ColumnType, value: string): boolean {
  const column = { nullable: false, unsigned: false, zerofill: false, autoIncrement: false, primary: false }
  return valueFault({ type, ...column, unique: false, index: false }, value) === undefined
}

/** Bytes as the text that they are to become: UTF-8, without a NUL, at which SQLite would cut it. */
function isText(value: unknown): boolean {
  if (!(value instanceof Uint8Array)) return typeof value === 'string'
  try {
    return !new TextDecoder('utf-8', { fatal: true }).decode(value).includes('\0')
  } catch {
    return false
  }
}
