import mysql from 'mysql2'
import type { Domain } from '../live-schema.js'
import { quote } from './identifiers.js'
import { numberMisfits } from './number-misfits.js'

/** Bytes of a TEXT and of a BLOB column. */
const TEXT_BYTES = 65_535

const DATE = String.raw`^[0-9]{4}-[0-9]{2}-[0-9]{2}\z`
const DATETIME = String.raw`^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?)?\z`
/** To 838:59:59: https://dev.mysql.com/doc/refman/8.0/en/time.html */
const TIME = String.raw`^-?([0-7]?[0-9]{1,2}|8[0-2][0-9]|83[0-8]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?\z`

/** See `Ddl.misfits`. What the server refuses in strict mode, and what it would take for something else. */
export function misfits(column: string, from: Domain, to: Domain): string | undefined {
  const condition = conditionOf(quote(column), from, to)
  return condition === undefined ? undefined : `(${condition})`
}

function conditionOf(value: string, from: Domain, to: Domain): string | undefined {
  switch (to.kind) {
    case 'integer':
    case 'decimal':
    case 'float':
    case 'double':
      // By itself a word of an enum counts as its place in the list.
      return numberMisfits(value, from.kind === 'enum' ? `CAST(${value} AS CHAR)` : textOf(value, from), from, to)
    case 'date':
    case 'datetime':
      return from.kind === 'date' || from.kind === 'datetime' ? undefined : momentMisfits(textOf(value, from), to.kind)
    case 'time':
      return from.kind === 'time' || from.kind === 'datetime' ? undefined : unlike(textOf(value, from), TIME)
    case 'text':
      return textMisfits(value, from, to.characters)
    case 'enum':
      return enumMisfits(textOf(value, from), from, to.values)
    case 'json':
      return from.kind === 'json' ? undefined : `NOT JSON_VALID(${textOf(value, from)})`
    case 'blob':
      return bytesOf(from) > TEXT_BYTES ? `OCTET_LENGTH(${value}) > ${TEXT_BYTES}` : undefined
    case 'other':
      return undefined
  }
}

/** The value as the text that it becomes, without the zeros of ZEROFILL. Text itself keeps the collation of its column. */
function textOf(value: string, from: Domain): string {
  switch (from.kind) {
    case 'text':
    case 'enum':
      return value
    case 'integer':
    case 'decimal':
      return `CAST(${value} + 0 AS CHAR)`
    case 'blob':
      return `CONVERT(${value} USING utf8mb4)`
    default:
      return `CAST(${value} AS CHAR)`
  }
}

function unlike(text: string, pattern: string): string {
  return `NOT ${text} REGEXP ${mysql.escape(pattern)}`
}

/** A day that no calendar has is NULL to CAST. */
function momentMisfits(text: string, kind: 'date' | 'datetime'): string {
  const [pattern, type] = kind === 'date' ? [DATE, 'DATE'] : [DATETIME, 'DATETIME(3)']
  return `${unlike(text, pattern)} OR (${text} IS NOT NULL AND CAST(${text} AS ${type}) IS NULL)`
}

function textMisfits(value: string, from: Domain, characters: number): string | undefined {
  const text = textOf(value, from)
  const conditions: string[] = []
  // The servers differ in what they make of bytes that are no text: NULL, or question marks.
  if (from.kind === 'blob') conditions.push(`NOT CONVERT(${text} USING binary) <=> ${value}`)
  if (characters < TEXT_BYTES) conditions.push(`CHAR_LENGTH(${text}) > ${characters}`)
  else if (bytesOf(from) > TEXT_BYTES) conditions.push(`OCTET_LENGTH(CONVERT(${text} USING utf8mb4)) > ${TEXT_BYTES}`)
  return conditions.length === 0 ? undefined : conditions.join(' OR ')
}

/** Compared as the column compares; a number in text, which is no word, would be taken for a place in the list. */
function enumMisfits(text: string, from: Domain, words: readonly string[]): string | undefined {
  if (from.kind === 'enum' && from.values.every((word) => words.includes(word))) return undefined
  return `${text} NOT IN (${words.map((word) => mysql.escape(word)).join(', ')})`
}

/** The most that a value takes as text in utf8mb4. */
function bytesOf(from: Domain): number {
  switch (from.kind) {
    case 'text':
      return from.characters * 4
    case 'json':
    case 'other':
      return Number.POSITIVE_INFINITY
    case 'blob':
      return TEXT_BYTES
    default:
      return 1024
  }
}
