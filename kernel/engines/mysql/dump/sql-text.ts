import type { Definition, DumpFrame } from '../../dump.js'
import { quote } from '../identifiers.js'

/** What `mariadb` and `mysql` are told first, and last. */
const HEAD = `-- To be loaded into an empty database: mariadb --comments <database> < this file
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
    case 'piece':
      yield { head: { kind: 'text', units: head.units }, body }
      yield text(';\n', 0)
      return
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

function definitionText({ kind, name, unreadable, ...made }: Omit<Definition, 'sql'>, sql: string): string {
  if (unreadable) return `-- The ${kind} ${JSON.stringify(name)} could not be read:\n${sql.replaceAll(/^/gm, '-- ')}\n`
  const { sqlMode, collation, timeZone } = made
  // The text is in utf8mb4 whatever it was written in.
  const settings = [
    ...(sqlMode === undefined ? [] : [`sql_mode = ${literal(sqlMode)}`]),
    ...(collation === undefined ? [] : [`collation_connection = ${literal(collation)}`]),
    ...(timeZone === undefined ? [] : [`time_zone = ${literal(timeZone)}`]),
  ]
  const before = settings.length === 0 ? '' : `SET ${settings.join(', ')};\n`
  const after = "SET NAMES utf8mb4;\nSET sql_mode = 'NO_AUTO_VALUE_ON_ZERO', time_zone = '+00:00';\n"
  return `${before}DELIMITER ${DELIMITER}\n${sql}${DELIMITER}\nDELIMITER ;\n${after}`
}

/** A string whatever sql_mode says of backslashes: they and quotes are all that has a meaning in one. */
function literal(value: string): string {
  const escaped = value.replaceAll('\\', '\\\\').replaceAll("'", "''").replaceAll('\0', '\\0').replaceAll('\x1a', '\\Z')
  return `'${escaped}'`
}

function text(content: string, units: number): DumpFrame {
  return { head: { kind: 'text', units }, body: Buffer.from(content) }
}
