import type { LiveTable, StoredTable } from '../live-schema.js'
import type { FoundObject, FoundParts } from './found.js'
import { liveColumn, onConflict, storedColumn } from './live-column.js'
import { liveForeignKeys, liveIndexes, sameName } from './live-keys.js'
import { isWord, plainText, type Token, tokenize } from './sql-tokens.js'
import { canonicalText, storedText } from './stored-text.js'
import { parseTable } from './table-text.js'
import { TokenReader } from './token-reader.js'

export interface Surroundings {
  /** The primary key of any table. */
  readonly keyOf: (table: string) => readonly string[]
  readonly hasTriggers: boolean
}

/** One table, as it is compared and as it can be written again. */
export function liveTable(
  { name, sql }: FoundObject,
  found: FoundParts,
  { keyOf, hasTriggers }: Surroundings,
): LiveTable {
  const table = sql === null ? undefined : parseTable(sql)
  const names = found.columns.map((column) => column.name)
  const canonical = (tokens: readonly Token[], own?: number) => canonicalText(tokens, name, names, own)
  const stored = (tokens: readonly Token[]) => storedText(tokens, name, names)
  const columns = found.columns.map((column, i) => ({
    column,
    text: table?.columns.find((each) => sameName(each.name, column.name)),
    own: (tokens: readonly Token[]) => canonical(tokens, i),
  }))
  const checks = table?.checks ?? []
  const indexes = ofKind(found.attached, 'index').map(({ name, tokens }) => ({ name, text: behindTable(tokens) }))
  const textOf = (index: string) => {
    const known = indexes.find((each) => each.name === index)
    return known && canonical(known.text)
  }
  const live: LiveTable = {
    columns: columns.map(({ column, text, own }) => liveColumn(column, text, own)),
    primaryKey: keyOf(name),
    indexes: liveIndexes(found.indexes, table, textOf),
    foreignKeys: liveForeignKeys(found.foreignKeys, keyOf),
    options: '',
    extras: [
      ...checks.map((check) => `CHECK ( ${canonical(check)} )`),
      ...ofKind(found.attached, 'trigger').map(({ tokens }) => plainText(tokens)),
    ],
  }
  if (!table) return live
  const places = (columns: readonly string[]) =>
    columns.map((column) => names.findIndex((own) => sameName(own, column)))
  const kept: StoredTable = {
    columns: columns.map(({ column, text }) => storedColumn(column, text, stored)),
    checks: checks.map(stored),
    indexes: indexes.map(({ name, text }) => ({ name, text: stored(text) })),
    deferred: table.foreignKeys.filter(({ deferred }) => deferred).map((key) => places(key.columns)),
    primaryKey: onConflict(table.keys.find(({ primary }) => primary)?.conflict),
    options: table.options,
    triggers: hasTriggers,
  }
  return { ...live, stored: kept }
}

/** Those that have a text: the indexes of keys have none. */
function ofKind(attached: readonly FoundObject[], wanted: FoundObject['kind']): { name: string; tokens: Token[] }[] {
  return attached.flatMap(({ kind, name, sql }) => (kind === wanted && sql ? [{ name, tokens: tokenize(sql) }] : []))
}

/** What an index covers, from the parenthesis behind the name of its table on. */
function behindTable(tokens: readonly Token[]): Token[] {
  const reader = new TokenReader(tokens.slice(tokens.findIndex((token) => isWord(token, 'ON')) + 1))
  reader.name()
  return reader.rest()
}
