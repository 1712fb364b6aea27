import { isSymbol, isWord, nameOf, type Token } from './sql-tokens.js'

/** Reads tokens one after another. */
export class TokenReader {
  #at = 0

  constructor(readonly tokens: readonly Token[]) {}

  get ended(): boolean {
    return this.#at >= this.tokens.length
  }

  next(): Token | undefined {
    return this.tokens[this.#at++]
  }

  /** The name that comes next; the empty string where none does. */
  name(): string {
    return nameOf(this.next()) ?? ''
  }

  /** Steps over the words if they come next, all of them. */
  accept(...words: readonly string[]): boolean {
    if (!words.every((word, i) => isWord(this.tokens[this.#at + i], word))) return false
    this.#at += words.length
    return true
  }

  /** Steps over a symbol if it comes next. */
  acceptSymbol(symbol: string): boolean {
    if (!isSymbol(this.tokens[this.#at], symbol)) return false
    this.#at++
    return true
  }

  opensGroup(): boolean {
    return isSymbol(this.tokens[this.#at], '(')
  }

  /** What stands between the parenthesis that comes next and its counterpart; nothing where none comes. */
  group(): Token[] {
    if (!this.opensGroup()) return []
    const start = ++this.#at
    for (let depth = 1; !this.ended; this.#at++) {
      const token = this.tokens[this.#at]
      if (isSymbol(token, '(')) depth++
      else if (isSymbol(token, ')')) depth--
      if (depth === 0) return this.tokens.slice(start, this.#at++)
    }
    return this.tokens.slice(start)
  }

  rest(): Token[] {
    const rest = this.tokens.slice(this.#at)
    this.#at = this.tokens.length
    return rest
  }
}

/** The parts between commas that stand in no parentheses. */
export function splitAtCommas(tokens: readonly Token[]): Token[][] {
  const parts: Token[][] = [[]]
  let depth = 0
  for (const token of tokens) {
    if (isSymbol(token, '(')) depth++
    else if (isSymbol(token, ')')) depth--
    if (depth === 0 && isSymbol(token, ',')) parts.push([])
    else parts.at(-1)?.push(token)
  }
  return parts
}
