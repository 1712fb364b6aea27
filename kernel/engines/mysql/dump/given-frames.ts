import { isUtf8 } from 'node:buffer'
import { M3Error } from '../../../errors.js'
import type { Definition, DumpFrame } from '../../dump.js'
import { quote } from '../identifiers.js'
import { VARIABLE } from './long-row.js'

/** How the statement of a frame begins, as `openMysqlDump` writes it. */
const HEADS: Readonly<Record<string, (name: string) => string>> = {
  table: (name) => `CREATE TABLE ${quote(name)} `,
  sequence: (name) => `CREATE SEQUENCE ${quote(name)} `,
  rows: (name) => `INSERT INTO ${quote(name)} (`,
  piece: () => `SET ${VARIABLE}`,
}

/** A frame whose head and statement belong together: it comes from a file. */
export interface GivenStatement {
  readonly kind: 'table' | 'sequence' | 'rows' | 'piece'
  readonly name: string
  readonly sql: string
}

/** The statement of a frame, or the definition. Throws BACKUP_INVALID for what no dump writes. */
export function givenFrame({ head, body }: DumpFrame): GivenStatement | { readonly definition: Definition } {
  if (!isUtf8(body)) throw invalid('a part that is no text')
  const sql = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')
  if (head.kind === 'definition') return { definition: givenDefinition(head.definition, sql) }
  const name = head.table ?? head.name
  const beginning = Object.hasOwn(HEADS, head.kind) ? HEADS[head.kind] : undefined
  if (!beginning) throw invalid(`a part that this version does not know: ${head.kind}`)
  if (typeof name !== 'string' || !sql.startsWith(beginning(name))) {
    throw invalid(`a part of kind ${head.kind} that is no such statement`)
  }
  return { kind: head.kind as GivenStatement['kind'], name, sql }
}

/** What a sequence gives next, as a frame tells it. */
export function givenNumber(value: unknown): string {
  const text = String(value)
  if (!/^-?\d{1,20}$/.test(text)) throw invalid('a sequence without its next value')
  return text
}

const KINDS: Readonly<Record<string, RegExp>> = {
  view: /^CREATE\s+(?:ALGORITHM\s*=\s*\w+\s+)?(?:SQL\s+SECURITY\s+\w+\s+)?VIEW\s/i,
  trigger: /^CREATE\s+TRIGGER\s/i,
  procedure: /^CREATE\s+PROCEDURE\s/i,
  function: /^CREATE\s+(?:AGGREGATE\s+)?FUNCTION\s/i,
  event: /^CREATE\s+EVENT\s/i,
}
const SETTINGS = ['sqlMode', 'characterSet', 'collation', 'timeZone']

function givenDefinition(given: unknown, sql: string): Definition {
  const { kind, name, unreadable, ...settings } = (given ?? {}) as Record<string, unknown>
  const areSettings = Object.entries(settings).every(
    ([key, value]) => SETTINGS.includes(key) && typeof value === 'string',
  )
  if (typeof kind !== 'string' || !Object.hasOwn(KINDS, kind) || typeof name !== 'string' || !areSettings) {
    throw invalid('a definition that does not tell what it is')
  }
  const beginning = KINDS[kind]?.exec(sql)?.[0]
  // A trigger's text is its author's own; whatever else the server writes, it writes with the plain name.
  const isNamed = kind === 'trigger' || sql.slice(beginning?.length).trimStart().startsWith(quote(name))
  const isQualified = sql
    .slice(beginning?.length)
    .trimStart()
    .startsWith(`${quote(name)}.`)
  if (beginning === undefined || !isNamed || isQualified) throw invalid(`a ${kind} that is no such statement: ${name}`)
  return { kind, name, sql, ...settings, ...(unreadable === true ? { unreadable } : {}) } as Definition
}

function invalid(what: string): M3Error {
  return new M3Error('BACKUP_INVALID', `The backup has ${what}`)
}
