import { isUtf8 } from 'node:buffer'
import { M3Error } from '../../../errors.js'
import type { DumpFrame } from '../../dump.js'
import type { MysqlConnection } from '../connection.js'
import { quote } from '../identifiers.js'
import { carriedValue, lengthOf, literalOf, longNatureOf } from './column-literal.js'
import { longRowStatements } from './long-row.js'
import type { DumpTable } from './objects.js'
import { Pad } from './pad.js'
import { rowStream } from './row-stream.js'

/** Of a frame: what nearly every server takes as one statement, whatever its max_allowed_packet is. */
const FRAME = 1024 * 1024
/** Bytes of a row that its long columns may take and be written by the server: as a literal thrice as many at most. */
const LONGEST = 256 * 1024
const COMMA = 0x2c

/**
 * The rows of a table in frames of statements: INSERTs, and of long rows also what puts their values together first.
 * `longestPacket` is the server’s max_allowed_packet; what it would write beyond that is NULL. `counted` is told of the rows.
 */
export async function* tableRows(
  connection: MysqlConnection,
  table: DumpTable,
  longestPacket: number,
  counted: (rows: number) => void,
): AsyncGenerator<DumpFrame> {
  const length = lengthOf(table.columns)
  const isLong = length && `${length} > ${Math.min(LONGEST, Math.floor(longestPacket / 8))}`
  let leftOut = 0
  for await (const frame of shortRows(connection, table, isLong, Math.min(FRAME, longestPacket / 2))) {
    if (frame === LEFT_OUT) {
      leftOut++
      continue
    }
    counted(frame.head.units)
    yield frame
  }
  if (leftOut === 0) return
  if (!isLong) {
    const message = `A row of ${table.name} is longer than the database server can write: raise its max_allowed_packet`
    throw new M3Error('BACKUP_FAILED', message)
  }
  for await (const frame of longRows(connection, table, isLong)) {
    counted(frame.head.units)
    yield frame
  }
}

const LEFT_OUT = Symbol('a row that is not among the short ones')

/** Each frame is a statement that inserts its rows. The server writes the literals, so that nothing is parsed here. */
async function* shortRows(
  connection: MysqlConnection,
  { name, columns }: DumpTable,
  isLong: string | undefined,
  longestFrame: number,
): AsyncGenerator<DumpFrame | typeof LEFT_OUT> {
  const into = Buffer.from(
    `INSERT INTO ${quote(name)} (${columns.map((column) => quote(column.name)).join(', ')}) VALUES `,
  )
  const line = `CONCAT('(', ${columns.map(literalOf).join(", ',', ")}, ')')`
  const pad = new Pad(FRAME + 64 * 1024)
  let rows = 0
  const taken = (): DumpFrame => {
    const frame = { head: { kind: 'rows', table: name, units: rows }, body: pad.take() }
    rows = 0
    if (isUtf8(frame.body)) return frame
    const message = `The table ${name} holds text that is none in its character set, which no statement can bring back`
    throw new M3Error('BACKUP_FAILED', message)
  }
  const sql = `SELECT ${isLong ? `IF(${isLong}, NULL, ${line})` : line} FROM ${quote(name)}`
  for await (const portion of rowStream(connection.raw, sql)) {
    for (const [row] of portion) {
      if (!row) {
        yield LEFT_OUT
        continue
      }
      if (rows > 0 && pad.length + row.length > longestFrame) yield taken()
      if (rows === 0) pad.add(into)
      else pad.addByte(COMMA)
      pad.add(row)
      rows++
    }
  }
  if (rows > 0) yield taken()
}

async function* longRows(
  connection: MysqlConnection,
  { name, columns }: DumpTable,
  isLong: string,
): AsyncGenerator<DumpFrame> {
  const long = columns.map((column) => ({ name: column.name, nature: longNatureOf(column) }))
  const sql = `SELECT ${columns.map(carriedValue).join(', ')} FROM ${quote(name)} WHERE ${isLong}`
  for await (const portion of rowStream(connection.raw, sql)) {
    for (const row of portion) {
      let former: Buffer | undefined
      for (const body of longRowStatements(name, long, row)) {
        if (former) yield { head: { kind: 'piece', table: name, units: 0 }, body: former }
        former = body
      }
      if (former) yield { head: { kind: 'rows', table: name, units: 1 }, body: former }
    }
  }
}
