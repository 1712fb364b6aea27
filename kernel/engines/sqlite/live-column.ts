import type { LiveColumn, StoredText } from '../live-schema.js'
import { domainOf } from './domains.js'
import type { FoundColumn } from './found.js'
import { isWord, type Token } from './sql-tokens.js'
import type { ColumnText } from './table-text.js'

/** A column as it is compared. `canonical` writes an expression in which the column itself is neutral. */
export function liveColumn(
  found: FoundColumn,
  text: ColumnText | undefined,
  canonical: (tokens: readonly Token[]) => string,
): LiveColumn {
  // As it is written, white space too: how values are read depends on it.
  const declared = found.type.toUpperCase()
  const type = text?.collation ? `${declared} COLLATE ${text.collation.toUpperCase()}` : declared
  const checks = (text?.checks ?? []).map(canonical)
  const domain = domainOf(declared, checks)
  const isUnsigned = ('least' in domain && domain.least === 0n) || ('unsigned' in domain && domain.unsigned)
  const value = defaultOf(text)
  const generated = text?.generated
  const definition = [
    type,
    ...(found.not_null ? ['NOT NULL'] : []),
    ...(value.length > 0 ? [`DEFAULT ${canonical(value)}`] : []),
    ...checks.map((check) => `CHECK ( ${check} )`),
    ...(generated ? [`AS ( ${canonical(generated.expression)} )${generated.stored ? ' STORED' : ''}`] : []),
    ...(text?.autoIncrement ? ['AUTOINCREMENT'] : []),
  ]
  return {
    name: found.name,
    type: isUnsigned ? `${type} UNSIGNED` : type,
    definition: definition.join(' '),
    domain,
    nullable: found.not_null === 0,
    hasDefault: value.length > 0,
    autoIncrement: text?.autoIncrement ?? false,
    generated: found.hidden > 1,
  }
}

/** NULL is what a column without a default has too. */
function defaultOf(text: ColumnText | undefined): readonly Token[] {
  const value = text?.default ?? []
  return value.length === 1 && isWord(value[0], 'NULL') ? [] : value
}

/** The definition to write again, without name, keys and references. */
export function storedColumn(
  found: FoundColumn,
  text: ColumnText | undefined,
  stored: (tokens: readonly Token[]) => StoredText,
): StoredText {
  if (!text) return [found.type]
  const { generated } = text
  const value = text.default.map((token) => token.text)
  // In parentheses a word in double quotes would be a column.
  const isLiteral = value.length < 2 || (value.length === 2 && /^[-+]$/.test(value[0] ?? ''))
  return [
    found.type,
    ...(found.not_null ? ['NOT NULL', onConflict(text.notNullConflict)] : []),
    ...(value.length > 0 ? ['DEFAULT', ...(isLiteral ? value : ['(', ...value, ')'])] : []),
    ...(text.collation ? ['COLLATE', text.collation] : []),
    ...text.checks.flatMap((check) => ['CHECK (', ...stored(check), ')']),
    ...(generated ? ['AS (', ...stored(generated.expression), generated.stored ? ') STORED' : ') VIRTUAL'] : []),
  ].filter((part) => part !== '')
}

export function onConflict(word: string | undefined): string {
  return word ? `ON CONFLICT ${word}` : ''
}
