import mysql from 'mysql2'
import type { SqlValue } from '../../contract/context.js'

const { LONGLONG } = mysql.TypedParameter

const LEAST_INT64 = -(2n ** 63n)
const MOST_INT64 = 2n ** 63n - 1n
const MOST_UINT64 = 2n ** 64n - 1n

/**
 * The values as mysql2 is to bind them. By itself it sends every number as a double, which `LIMIT ?` does not take on
 * every server and which turns 1e15 into '1e15' in a text column; a bigint as text; a Uint8Array as text.
 */
export function toBound(values: readonly SqlValue[]): unknown[] {
  return values.map(bind)
}

function bind(value: SqlValue): unknown {
  switch (typeof value) {
    case 'number':
      return Number.isSafeInteger(value) ? LONGLONG(value) : value
    case 'bigint':
      if (value >= LEAST_INT64 && value <= MOST_INT64) return LONGLONG(value)
      return value > 0n && value <= MOST_UINT64 ? LONGLONG.unsigned(value) : value.toString()
    case 'object':
      if (value instanceof Date && Number.isNaN(value.getTime())) throw new TypeError('A parameter is an invalid Date')
      return value instanceof Uint8Array && !Buffer.isBuffer(value)
        ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
        : value
    case 'undefined':
      throw new TypeError('A parameter is undefined; for NULL pass null')
    default:
      return value
  }
}
