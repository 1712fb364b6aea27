/** A word may be a keyword or a name; a name is quoted; a text is a literal. White space and comments are no tokens. */
export interface Token {
  readonly kind: 'word' | 'name' | 'text' | 'other'
  /** As it stands in the statement. */
  readonly text: string
  /** A name without its quotes; else the text. */
  readonly value: string
}

/** https://sqlite.org/lang_keywords.html and the literals of https://sqlite.org/lang_expr.html */
const TOKEN = new RegExp(
  [
    String.raw`\s+|--[^\n]*|/\*[^]*?(?:\*/|$)`,
    "(?<text>x?'[^']*(?:''[^']*)*')",
    String.raw`(?<name>"[^"]*(?:""[^"]*)*"|${'`[^`]*(?:``[^`]*)*`'}|\[[^\]]*\])`,
    String.raw`(?<word>[a-z_\u0080-\uffff][\w$\u0080-\uffff]*)`,
    String.raw`(?<other>0x[\da-f_]+|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:e[-+]?\d+)?|->>?|\|\||<<|>>|[<>!=]=|<>|[^])`,
  ].join('|'),
  'giy',
)

export function tokenize(sql: string): Token[] {
  const tokens: Token[] = []
  for (const { groups = {} } of sql.matchAll(TOKEN)) {
    const { text, name, word, other } = groups
    if (name !== undefined) tokens.push({ kind: 'name', text: name, value: unquote(name) })
    else if (text !== undefined) tokens.push({ kind: 'text', text, value: text })
    else if (word !== undefined) tokens.push({ kind: 'word', text: word, value: word })
    else if (other !== undefined) tokens.push({ kind: 'other', text: other, value: other })
  }
  return tokens
}

function unquote(name: string): string {
  const quote = name.charAt(0)
  const inner = name.slice(1, -1)
  return quote === '[' ? inner : inner.replaceAll(quote + quote, quote)
}

export function isSymbol(token: Token | undefined, symbol: string): boolean {
  return token?.kind === 'other' && token.text === symbol
}

export function isWord(token: Token | undefined, ...words: readonly string[]): boolean {
  return token?.kind === 'word' && words.includes(token.text.toUpperCase())
}

/** What a name or a keyword is called; undefined for anything else. A literal names something in old statements. */
export function nameOf(token: Token | undefined): string | undefined {
  if (token?.kind === 'text') return token.text.slice(1, -1).replaceAll("''", "'")
  return token?.kind === 'word' || token?.kind === 'name' ? token.value : undefined
}

/** The same text whatever the white space, comments and quotes: names lose theirs where they need none. */
export function plainText(tokens: readonly Token[]): string {
  return tokens.map((token) => (token.kind === 'name' ? plainName(token.value) : token.text)).join(' ')
}

export function plainName(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`
}
