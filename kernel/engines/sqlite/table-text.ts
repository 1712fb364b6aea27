import { isWord, nameOf, type Token, tokenize } from './sql-tokens.js'
import { splitAtCommas, TokenReader } from './token-reader.js'

/** What the text of a CREATE TABLE tells and no pragma does. */
export interface TableText {
  readonly columns: readonly ColumnText[]
  readonly checks: readonly (readonly Token[])[]
  readonly keys: readonly KeyText[]
  readonly foreignKeys: readonly ForeignKeyText[]
  /** What stands behind the list of columns, such as `STRICT`. */
  readonly options: string
}

export interface ColumnText {
  readonly name: string
  readonly checks: (readonly Token[])[]
  /** The expression, without parentheses. */
  default: readonly Token[]
  collation: string
  autoIncrement: boolean
  /** What becomes of a row with a NULL: the word behind ON CONFLICT, empty for the usual one. */
  notNullConflict: string
  generated: { readonly expression: readonly Token[]; readonly stored: boolean } | undefined
}

/** A primary key or a uniqueness that is part of the table. */
export interface KeyText {
  readonly primary: boolean
  readonly columns: readonly string[]
  /** The word behind ON CONFLICT, empty for the usual one. */
  readonly conflict: string
}

export interface ForeignKeyText {
  readonly columns: readonly string[]
  /** It is looked at when the transaction ends. */
  readonly deferred: boolean
}

interface Parts {
  readonly columns: ColumnText[]
  readonly checks: (readonly Token[])[]
  readonly keys: KeyText[]
  readonly foreignKeys: ForeignKeyText[]
}

/** Undefined for what is no ordinary table: a virtual one has no list of columns. */
export function parseTable(sql: string): TableText | undefined {
  const tokens = tokenize(sql)
  const open = tokens.findIndex((token) => token.kind === 'other' && token.text === '(')
  if (open < 0 || tokens.slice(0, open).some((token) => isWord(token, 'VIRTUAL'))) return undefined
  const reader = new TokenReader(tokens.slice(open))
  const parts: Parts = { columns: [], checks: [], keys: [], foreignKeys: [] }
  for (const item of splitAtCommas(reader.group())) {
    const starts = isWord(item[0], 'CONSTRAINT', 'PRIMARY', 'UNIQUE', 'CHECK', 'FOREIGN')
    const column = starts ? undefined : emptyColumn(nameOf(item[0]) ?? '')
    if (column) parts.columns.push(column)
    readConstraints(new TokenReader(item.slice(column ? 1 : 0)), column, parts)
  }
  const options = splitAtCommas(reader.rest())
  return {
    ...parts,
    options: options.map((option) => option.map(({ text }) => text.toUpperCase()).join(' ')).join(', '),
  }
}

function emptyColumn(name: string): ColumnText {
  return {
    name,
    checks: [],
    default: [],
    collation: '',
    autoIncrement: false,
    notNullConflict: '',
    generated: undefined,
  }
}

/** Those of a column, whose type they stand behind, or of the table, where commas between them may be left out. */
function readConstraints(reader: TokenReader, column: ColumnText | undefined, parts: Parts): void {
  const own = column ? [column.name] : []
  while (!reader.ended) {
    if (reader.accept('CONSTRAINT')) reader.name()
    else if (reader.accept('PRIMARY', 'KEY')) {
      const columns = column ? own : indexedNames(reader)
      if (!reader.accept('ASC')) reader.accept('DESC')
      parts.keys.push({ primary: true, columns, conflict: conflict(reader) })
      if (reader.accept('AUTOINCREMENT') && column) column.autoIncrement = true
    } else if (reader.accept('UNIQUE')) {
      parts.keys.push({ primary: false, columns: column ? own : indexedNames(reader), conflict: conflict(reader) })
    } else if (reader.accept('CHECK')) (column ?? parts).checks.push(reader.group())
    else if (reader.accept('FOREIGN', 'KEY')) {
      const columns = indexedNames(reader)
      reader.accept('REFERENCES')
      parts.foreignKeys.push({ columns, deferred: readReference(reader) })
    } else if (reader.accept('REFERENCES')) parts.foreignKeys.push({ columns: own, deferred: readReference(reader) })
    else if (!column || !readAttribute(reader, column)) reader.next()
  }
}

/** False if what comes next is a word of the type. */
function readAttribute(reader: TokenReader, column: ColumnText): boolean {
  if (reader.accept('NOT', 'NULL')) column.notNullConflict = conflict(reader)
  else if (reader.accept('DEFAULT')) column.default = readDefault(reader)
  else if (reader.accept('COLLATE')) column.collation = reader.name()
  else if (reader.accept('GENERATED', 'ALWAYS', 'AS') || reader.accept('AS')) {
    const expression = reader.group()
    column.generated = { expression, stored: reader.accept('STORED') }
  } else return false
  return true
}

function readDefault(reader: TokenReader): Token[] {
  if (reader.opensGroup()) return reader.group()
  const first = reader.next()
  const second = first?.text === '-' || first?.text === '+' ? reader.next() : undefined
  return [first, second].filter((token) => token !== undefined)
}

/** Steps over table, columns and actions, in which NULL and DEFAULT are no attributes of the column. */
function readReference(reader: TokenReader): boolean {
  reader.name()
  reader.group()
  let deferred = false
  for (;;) {
    if (reader.accept('ON', 'DELETE') || reader.accept('ON', 'UPDATE')) {
      if (!reader.accept('SET')) reader.accept('NO')
      reader.next()
    } else if (reader.accept('MATCH')) reader.next()
    else if (reader.accept('NOT', 'DEFERRABLE')) readInitially(reader)
    else if (reader.accept('DEFERRABLE')) deferred = readInitially(reader)
    else return deferred
  }
}

function readInitially(reader: TokenReader): boolean {
  if (!reader.accept('INITIALLY')) return false
  return reader.accept('DEFERRED') || !reader.accept('IMMEDIATE')
}

function conflict(reader: TokenReader): string {
  return reader.accept('ON', 'CONFLICT') ? reader.name().toUpperCase() : ''
}

/** The first word of each part: a collation or a direction may follow. */
function indexedNames(reader: TokenReader): string[] {
  return splitAtCommas(reader.group()).map((part) => nameOf(part[0]) ?? '')
}
