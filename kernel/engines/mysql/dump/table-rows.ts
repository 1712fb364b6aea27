import type { DumpFrame } from '../../dump.js'
import type { MysqlConnection } from '../connection.js'
import { quote } from '../identifiers.js'
import {
  type Carriage,
  carriageOf,
  type DumpColumn,
  literalOf,
  longestLiteral,
  valueExpression,
} from './column-literal.js'
import type { DumpTable } from './objects.js'
import { rowStream } from './row-stream.js'

/** Of a frame: what a server takes as one statement, whatever its max_allowed_packet is. */
const FRAME = 1024 * 1024
const COMMA = 0x2c
/** Of a value that is NULL, in place of its length. */
const NULL_LENGTH = 0xffff_ffff

/** Columns of a frame of values, as its head tells them. */
export interface CarriedColumn {
  readonly name: string
  readonly carriage: Carriage
}

/** The rows of a table in frames; `counted` is told of them. */
export async function* tableRows(
  connection: MysqlConnection,
  table: DumpTable,
  longestPacket: number,
  counted: (rows: number) => void,
): AsyncGenerator<DumpFrame> {
  if (table.columns.length === 0) return
  const isWritable = await fitsIntoPackets(connection, table, longestPacket)
  for await (const frame of isWritable ? statements(connection, table) : values(connection, table)) {
    counted(frame.head.units)
    yield frame
  }
}

/**
 * Whether the server can write each row as literals: a text that is longer than its max_allowed_packet it gives as NULL. Half
 * of it is left for the statement around.
 */
async function fitsIntoPackets(connection: MysqlConnection, table: DumpTable, longestPacket: number): Promise<boolean> {
  const most = longestPacket / 2
  const bound = (columns: readonly DumpColumn[]) => columns.reduce((sum, column) => sum + longestLiteral(column), 0)
  if (bound(table.columns) <= most) return true
  const isLong = (column: DumpColumn) => longestLiteral(column) > 1024
  const long = table.columns.filter((column) => isLong(column) && !column.withheld)
  const lengths = long.map((column) => `IFNULL(LENGTH(${valueExpression(column)}), 0)`)
  const [row] = await connection.query<{ longest: unknown }>(
    `SELECT MAX(${lengths.join(' + ')}) AS longest FROM ${quote(table.name)}`,
  )
  const rest = bound(table.columns.filter((column) => !isLong(column)))
  return 2 * Number(row?.longest ?? 0) + 16 * long.length + rest <= most
}

/** Each frame is a statement that inserts its rows. The server writes the literals, so that nothing is parsed here. */
async function* statements(connection: MysqlConnection, { name, columns }: DumpTable): AsyncGenerator<DumpFrame> {
  const into = Buffer.from(
    `INSERT INTO ${quote(name)} (${columns.map((column) => quote(column.name)).join(', ')}) VALUES `,
  )
  const literals = columns.map(literalOf).join(", ',', ")
  const sql = `SELECT CONCAT('(', ${literals}, ')') FROM ${quote(name)}`
  const pad = new Pad(FRAME + 64 * 1024)
  let rows = 0
  const taken = (): DumpFrame => {
    const frame = { head: { kind: 'rows', table: name, rows, units: rows }, body: pad.take() }
    rows = 0
    return frame
  }
  for await (const portion of rowStream(connection.raw, sql)) {
    for (const [line] of portion) {
      if (!line) throw new Error(`A row of ${name} is longer than the server can write`)
      if (rows === 0) pad.add(into)
      else pad.addByte(COMMA)
      pad.add(line)
      rows++
      if (pad.length >= FRAME) yield taken()
    }
  }
  if (rows > 0) yield taken()
}

/** Each frame is the values of its rows, one after another, each behind its length in four bytes. */
async function* values(connection: MysqlConnection, { name, columns }: DumpTable): AsyncGenerator<DumpFrame> {
  const carried: readonly CarriedColumn[] = columns.map((column) => ({
    name: column.name,
    carriage: carriageOf(column),
  }))
  const sql = `SELECT ${columns.map(valueExpression).join(', ')} FROM ${quote(name)}`
  const pad = new Pad(FRAME + 64 * 1024)
  let rows = 0
  const taken = (): DumpFrame => {
    const frame = { head: { kind: 'values', table: name, columns: carried, rows, units: rows }, body: pad.take() }
    rows = 0
    return frame
  }
  for await (const portion of rowStream(connection.raw, sql)) {
    for (const row of portion) {
      for (const value of row) {
        pad.addUInt32(value ? value.length : NULL_LENGTH)
        if (value) pad.add(value)
      }
      rows++
      if (pad.length >= FRAME) yield taken()
    }
  }
  if (rows > 0) yield taken()
}

/** The values of a frame of `values`, row by row. Throws RangeError for bytes that are none. */
export function* carriedRows(body: Uint8Array, columns: number): Generator<(Buffer | null)[]> {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  let place = 0
  while (place < bytes.length) {
    const row: (Buffer | null)[] = []
    for (let i = 0; i < columns; i++) {
      const length = bytes.readUInt32BE(place)
      place += 4
      if (length === NULL_LENGTH) {
        row.push(null)
        continue
      }
      if (place + length > bytes.length) throw new RangeError('a value goes beyond the end of its frame')
      row.push(bytes.subarray(place, place + length))
      place += length
    }
    yield row
  }
}

/** Bytes put together in one piece of memory, which grows where it must. */
class Pad {
  #bytes: Buffer
  length = 0

  constructor(readonly size: number) {
    this.#bytes = Buffer.allocUnsafe(size)
  }

  add(bytes: Uint8Array): void {
    this.#ensure(bytes.length)
    this.#bytes.set(bytes, this.length)
    this.length += bytes.length
  }

  addByte(byte: number): void {
    this.#ensure(1)
    this.#bytes[this.length++] = byte
  }

  addUInt32(value: number): void {
    this.#ensure(4)
    this.#bytes.writeUInt32BE(value, this.length)
    this.length += 4
  }

  /** What was put in; the pad is empty then. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.length)
    this.#bytes = Buffer.allocUnsafe(this.size)
    this.length = 0
    return taken
  }

  #ensure(more: number): void {
    const needed = this.length + more
    if (needed <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2))
    this.#bytes.copy(larger, 0, 0, this.length)
    this.#bytes = larger
  }
}
