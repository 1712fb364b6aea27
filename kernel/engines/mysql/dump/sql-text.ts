import type { Definition, DumpFrame } from '../../dump.js'
import { quote } from '../identifiers.js'
import { type Carriage, placeholderOf } from './column-literal.js'
import { type CarriedColumn, carriedRows } from './table-rows.js'

/** What `mariadb` and `mysql` are told first, and last. */
const HEAD = `-- To be loaded into an empty database: mariadb <database> < this file
SET NAMES utf8mb4;
SET @m3saas_mode = @@sql_mode, @m3saas_keys = @@foreign_key_checks, @m3saas_unique = @@unique_checks, @m3saas_zone = @@time_zone;
SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO', foreign_key_checks = 0, unique_checks = 0, time_zone = '+00:00';
`
const TAIL = `SET sql_mode = @m3saas_mode, foreign_key_checks = @m3saas_keys, unique_checks = @m3saas_unique, time_zone = @m3saas_zone;
`
/** Of a body that has semicolons of its own. */
const DELIMITER = ';;m3saas;;'

/** The frames of an archive as text for the server’s own client. */
export async function* sqlFrames(frames: AsyncIterable<DumpFrame>): AsyncGenerator<DumpFrame> {
  yield text(HEAD, 0)
  for await (const frame of frames) yield* textOf(frame)
  yield text(TAIL, 0)
}

function* textOf({ head, body }: DumpFrame): Generator<DumpFrame> {
  const statement = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  switch (head.kind) {
    case 'rows':
      yield { head: { kind: 'text', units: head.units }, body: Buffer.concat([statement, Buffer.from(';\n')]) }
      return
    case 'values': {
      for (const row of valueStatements(head, body)) yield { head: { kind: 'text', units: 0 }, body: row }
      yield text('', head.units)
      return
    }
    case 'sequence':
      yield text(`${statement};\nDO SETVAL(${quote(String(head.name))}, ${head.next}, 0);\n`, 0)
      return
    case 'definition':
      yield text(definitionText(head.definition as Omit<Definition, 'sql'>, statement.toString()), 0)
      return
    default:
      yield text(`${statement};\n`, 0)
  }
}

function definitionText({ sqlMode, characterSet, collation, timeZone }: Omit<Definition, 'sql'>, sql: string): string {
  const settings = [
    ...(sqlMode === undefined ? [] : [`sql_mode = ${literal(sqlMode)}`]),
    ...(characterSet === undefined ? [] : [`character_set_client = ${literal(characterSet)}`]),
    ...(collation === undefined ? [] : [`collation_connection = ${literal(collation)}`]),
    ...(timeZone === undefined ? [] : [`time_zone = ${literal(timeZone)}`]),
  ]
  const before = settings.length === 0 ? '' : `SET ${settings.join(', ')};\n`
  const after = "SET NAMES utf8mb4;\nSET sql_mode = 'NO_AUTO_VALUE_ON_ZERO', time_zone = '+00:00';\n"
  return `${before}DELIMITER ${DELIMITER}\n${sql}${DELIMITER}\nDELIMITER ;\n${after}`
}

/** A statement a row. Bytes stand there as they are: in hexadecimal digits they could be more than a server takes. */
function* valueStatements(head: DumpFrame['head'], body: Uint8Array): Generator<Buffer> {
  const columns = head.columns as readonly CarriedColumn[]
  const into = `INSERT INTO ${quote(String(head.table))} (${columns.map(({ name }) => quote(name)).join(', ')}) VALUES (`
  for (const row of carriedRows(body, columns.length)) {
    const pieces: Buffer[] = [Buffer.from(into)]
    for (const [i, value] of row.entries()) {
      if (i > 0) pieces.push(Buffer.from(', '))
      pieces.push(...literalOf(value, columns[i]?.carriage ?? 'bytes'))
    }
    pieces.push(Buffer.from(');\n'))
    yield Buffer.concat(pieces)
  }
}

function literalOf(value: Buffer | null, carriage: Carriage): Buffer[] {
  if (value === null) return [Buffer.from('NULL')]
  if (carriage === 'number') {
    return [Buffer.from(placeholderOf(carriage).replace('?', literal(value.toString('latin1'))))]
  }
  if (carriage === 'text') return [Buffer.from(literal(value.toString()))]
  return [Buffer.from("_binary '"), escaped(value), Buffer.from("'")]
}

const ESCAPES: Readonly<Record<number, string>> = { 0: '0', 10: 'n', 13: 'r', 26: 'Z', 39: "'", 92: '\\' }

function escaped(bytes: Buffer): Buffer {
  const target = Buffer.allocUnsafe(bytes.length * 2)
  let length = 0
  for (const byte of bytes) {
    const letter = ESCAPES[byte]
    if (letter === undefined) target[length++] = byte
    else {
      target[length++] = 0x5c
      target[length++] = letter.charCodeAt(0)
    }
  }
  return target.subarray(0, length)
}

/** A string whatever sql_mode says of backslashes: they and quotes are all that has a meaning in one. */
function literal(value: string): string {
  const escaped = value.replaceAll('\\', '\\\\').replaceAll("'", "''").replaceAll('\0', '\\0').replaceAll('\x1a', '\\Z')
  return `'${escaped}'`
}

function text(content: string, units: number): DumpFrame {
  return { head: { kind: 'text', units }, body: Buffer.from(content) }
}
