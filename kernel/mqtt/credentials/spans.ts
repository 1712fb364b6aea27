import type { Element } from '@xmldom/xmldom'
import { M3Error } from '../../errors.js'
import { blanked, isElement } from './xml.js'

/** Where an element stands in its text, in characters. Of `<a/>` the inside is empty and ends where the element does. */
export interface Span {
  readonly start: number
  readonly innerStart: number
  readonly innerEnd: number
  readonly end: number
  readonly selfClosed: boolean
}

/** A tag, once comments, CDATA and instructions are blanked: no value of an attribute holds a `<`. */
const TAG = /<(\/)?(?:[^<>"']|"[^"]*"|'[^']*')*?(\/)?>/g

/**
 * Where each element below `root` stands, `source` being the text that it was parsed from. So an edit changes the text of
 * what it is about; all else stays as it was written, to the character.
 */
export function spansOf(source: string, root: Element): (element: Element) => Span {
  const spans = spansInOrder(blanked(source))
  const elements = elementsInOrder(root)
  // Both come in the order of the tags that open them.
  if (spans.length !== elements.length)
    throw new M3Error('CREDENTIALS_INVALID', 'The file cannot be edited: it is odd XML')
  const known = new Map(elements.map((element, i) => [element, spans[i] as Span]))
  return (element) => known.get(element) as Span
}

function spansInOrder(text: string): Span[] {
  const spans: Span[] = []
  const open: { readonly index: number; readonly start: number; readonly innerStart: number }[] = []
  let number = 0
  for (const { 0: tag, 1: closes, 2: selfClosed, index: start } of text.matchAll(TAG)) {
    const end = start + tag.length
    if (closes) {
      const opened = open.pop()
      if (!opened) break
      const { index, ...rest } = opened
      spans[index] = { ...rest, innerEnd: start, end, selfClosed: false }
    } else if (selfClosed) spans[number++] = { start, innerStart: end, innerEnd: end, end, selfClosed: true }
    else open.push({ index: number++, start, innerStart: end })
  }
  return spans
}

function elementsInOrder(root: Element): Element[] {
  const elements: Element[] = []
  const waiting = [root]
  for (let element = waiting.pop(); element; element = waiting.pop()) {
    elements.push(element)
    for (let node = element.lastChild; node; node = node.previousSibling) if (isElement(node)) waiting.push(node)
  }
  return elements
}
