import type { StoredText } from '../live-schema.js'
import { quote } from './ddl-columns.js'
import { isSymbol, isWord, plainName, type Token } from './sql-tokens.js'

/** Unquoted, these are never the name of a column, even where a column has that name. */
const RESERVED = [
  ...['AND', 'AS', 'BETWEEN', 'CASE', 'CAST', 'COLLATE', 'DISTINCT', 'ELSE', 'END', 'ESCAPE', 'EXISTS', 'FROM', 'GLOB'],
  ...[
    'IN',
    'IS',
    'ISNULL',
    'LIKE',
    'MATCH',
    'NOT',
    'NOTNULL',
    'NULL',
    'OR',
    'REGEXP',
    'SELECT',
    'THEN',
    'WHEN',
    'WHERE',
  ],
  ...['ASC', 'DESC'],
]

/** An expression over one table's columns, each of them its place among `columns`. */
export function storedText(tokens: readonly Token[], table: string, columns: readonly string[]): StoredText {
  const places = new Map(columns.map((column, i) => [column.toLowerCase(), i]))
  const stored: (string | number)[] = []
  for (const [i, token] of tokens.entries()) {
    // What is rebuilt has another name meanwhile.
    if (isQualifier(tokens, i, table) || (isSymbol(token, '.') && isQualifier(tokens, i - 1, table))) continue
    stored.push((isColumn(tokens, i) ? places.get(token.value.toLowerCase()) : undefined) ?? token.text)
  }
  return stored
}

function isQualifier(tokens: readonly Token[], at: number, table: string): boolean {
  const token = tokens[at]
  return isSymbol(tokens[at + 1], '.') && token?.kind !== 'other' && token?.value.toLowerCase() === table.toLowerCase()
}

/** A collation, a type to cast to and a function have names too. */
function isColumn(tokens: readonly Token[], at: number): boolean {
  const token = tokens[at]
  if (token?.kind !== 'word' && token?.kind !== 'name') return false
  return !isWord(token, ...RESERVED) && !isWord(tokens[at - 1], 'COLLATE', 'AS') && !isSymbol(tokens[at + 1], '(')
}

/** SQL again, with the names that the columns have now. */
export function writtenText(stored: StoredText, columns: readonly string[]): string {
  return stored.map((part) => (typeof part === 'number' ? quote(columns[part] ?? '') : part)).join(' ')
}

/** Equal for what means the same: capitals, white space and quotes do not matter, and neither does the name of `own`. */
export function canonicalText(
  tokens: readonly Token[],
  table: string,
  columns: readonly string[],
  own: number | undefined,
): string {
  const texts = storedText(tokens, table, columns).map((part) => {
    if (part === own) return '@'
    if (typeof part === 'number') return plainName(columns[part] ?? '')
    return part.startsWith("'") ? part : part.toUpperCase()
  })
  return texts.join(' ')
}
