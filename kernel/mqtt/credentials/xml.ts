import { DOMParser, type Element, type Node, ParseError } from '@xmldom/xmldom'
import { type Fault, M3Error } from '../../errors.js'

/** Some 40,000 users. More would hold up the server for seconds while it is read. */
const MOST_CHARACTERS = 16_000_000

/** What hides its content from the eye that looks for tags. */
const OPAQUE = /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<\?[\s\S]*?\?>/g

/** What is none of the characters of XML 1.0 (production 2). */
const NO_CHARACTER = /[^\t\n\r -\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u

/** What the parser lets pass, though no other parser of XML would. Each is looked for in the text without `OPAQUE`. */
const NOT_ALLOWED: readonly (readonly [RegExp, string])[] = [
  [/<!DOCTYPE/i, 'must have no DOCTYPE: entities and other files are not read'],
  [/&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[\dA-Fa-f]{1,6});)/, 'has an & that stands for nothing: write &amp;'],
  [/\]\]>/, 'has a ]]> outside of CDATA: write ]]&gt;'],
]

/** What the parser says, without the text that it quotes: that may be a password. */
const KNOWN_REASONS: readonly (readonly [RegExp, string])[] = [
  [/^missing root element/, 'has no root element'],
  [/^Only one element can be added|HierarchyRequestError|^Extra content/, 'has something after its root element'],
  [/^Unexpected content outside root/, 'has text outside of its root element'],
  [/^unclosed xml tag/, 'ends before an element is closed'],
  [/tag mismatch/, 'closes an element with the tag of another'],
  [/^comment/i, 'has a comment that is not closed, or has -- within'],
  [/CDATA/, 'has a CDATA section that is not closed'],
  [/xml declaration/, 'has something before its XML declaration'],
]

/** The same text with comments, CDATA and instructions blanked, of the same length: every `<` left in it opens a tag. */
export function blanked(text: string): string {
  return text.replace(OPAQUE, (hidden) => hidden.replace(/[^\n]/g, ' '))
}

/**
 * The root element of an XML text. Throws CREDENTIALS_INVALID with the line where it is broken; what stands there is not
 * repeated. Stricter than the parser, which takes much for good that no other does.
 */
export function parseXml(text: string, root: string): Element {
  const source = withoutMark(text)
  const fault = faultOf(source)
  if (fault) throw notXml(fault)
  const element = parsed(source)
  if (element.namespaceURI !== null || element.localName !== root) {
    throw notXml({ path: `line ${lineOf(element)}`, message: `must have ${root} as its root element` })
  }
  return element
}

/** Without the byte order mark that editors on Windows put before it. */
export function withoutMark(text: string): string {
  return text.replace(/^\uFEFF/, '')
}

/** The child elements of that name. Those of other namespaces are others: the extension ignores them. */
export function childrenOf(parent: Element, name: string): Element[] {
  const found: Element[] = []
  for (let node = parent.firstChild; node; node = node.nextSibling) {
    if (isElement(node) && node.namespaceURI === null && node.localName === name) found.push(node)
  }
  return found
}

/** The last one counts, as the extension reads it: each takes the place of the one before. */
export function childOf(parent: Element, name: string): Element | undefined {
  return childrenOf(parent, name).at(-1)
}

/** The text of an element as it stands, white space and all; undefined if it has elements. */
export function textOf(element: Element): string | undefined {
  for (let node = element.firstChild; node; node = node.nextSibling) if (isElement(node)) return undefined
  return element.textContent ?? ''
}

export function lineOf(node: Node): number {
  return node.lineNumber ?? 1
}

export function isElement(node: Node): node is Element {
  return node.nodeType === 1
}

function faultOf(source: string): Fault | undefined {
  if (source.length > MOST_CHARACTERS) {
    return { path: '', message: `is longer than ${MOST_CHARACTERS} characters` }
  }
  const encoding = /^<\?xml\s[^>]*?encoding\s*=\s*["']([^"']*)["']/.exec(source)?.[1]
  if (encoding !== undefined && !/^(?:utf-?8|us-ascii)$/i.test(encoding)) {
    return { path: 'line 1', message: 'must be declared and saved as UTF-8' }
  }
  const character = NO_CHARACTER.exec(source)
  if (character) return at(source, character.index, 'has a character that XML does not allow')
  const visible = blanked(source)
  for (const [pattern, message] of NOT_ALLOWED) {
    const match = pattern.exec(visible)
    if (match) return at(source, match.index, message)
  }
  for (const match of visible.matchAll(/&#(?:x([\dA-Fa-f]+)|(\d+));/g)) {
    const code = match[1] === undefined ? Number(match[2]) : Number.parseInt(match[1], 16)
    if (code > 0x10_ffff || NO_CHARACTER.test(String.fromCodePoint(code))) {
      return at(source, match.index, 'has a character that XML does not allow')
    }
  }
  return undefined
}

function parsed(source: string): Element {
  let first: { readonly message: string; readonly line: number | undefined } | undefined
  const parser = new DOMParser({
    // The parser's own takes U+0085 and U+2028 for line ends, which is XML 1.1.
    normalizeLineEndings: (text) => text.replace(/\r\n?/g, '\n'),
    // Its warnings are errors in every other parser.
    onError: (_level, message, context: { locator?: { lineNumber?: number } }) => {
      first ??= { message, line: context?.locator?.lineNumber }
      throw new ParseError(message)
    },
  })
  try {
    const element = parser.parseFromString(source, 'text/xml').documentElement
    if (element) return element
  } catch (error) {
    if (!first) throw error
  }
  const reason = KNOWN_REASONS.find(([pattern]) => pattern.test(first?.message ?? ''))?.[1]
  throw notXml({ path: first?.line ? `line ${first.line}` : '', message: reason ?? 'is not well-formed XML' })
}

function at(source: string, index: number, message: string): Fault {
  return { path: `line ${source.slice(0, index).split(/\r\n?|\n/).length}`, message }
}

function notXml(fault: Fault): M3Error {
  return new M3Error('CREDENTIALS_INVALID', 'The file is not the XML that is expected', { faults: [fault] })
}
