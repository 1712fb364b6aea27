/** The largest that one row may make a body, whatever a damaged or hostile file says. */
export const LONGEST_BODY = 512 * 1024 * 1024
export const LONGEST_HEAD = 1024 * 1024

/** A record of an archive: a line of JSON that tells the bytes behind it. */
export interface ArchiveRecord {
  readonly head: Readonly<Record<string, unknown>>
  readonly body: Uint8Array
}

const NEWLINE = 0x0a
const CUT = 'it ends in the middle of a record'

/** The line of a head; `bytes` of the body follow it. */
export function headLine(head: Readonly<Record<string, unknown>>, bytes: number): Buffer {
  return Buffer.from(`${JSON.stringify({ ...head, bytes })}\n`)
}

/** What is wrong with the bytes of an archive. */
export class NoArchive extends Error {}

/**
 * The records that a stream of bytes is made of. `line` is the head as it stands there, for a digest. Throws NoArchive
 * at a head that is none, and for bytes that end in the middle of a record.
 */
export async function* readRecords(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<ArchiveRecord & { readonly line: Uint8Array }, void, undefined> {
  const source = chunks[Symbol.asyncIterator]()
  const pieces = new Pieces(source)
  try {
    for (;;) {
      const line = await pieces.line()
      if (line === undefined) return
      const head = parseHead(line)
      yield { head, line, body: await pieces.exactly(head.bytes) }
    }
  } finally {
    // Whoever reads no further lets go of the file.
    await source.return?.()
  }
}

function parseHead(line: Uint8Array): Readonly<Record<string, unknown>> & { readonly bytes: number } {
  let head: unknown
  try {
    head = JSON.parse(Buffer.from(line).toString('utf8'))
  } catch {
    throw new NoArchive('a record has a head that is no JSON')
  }
  if (typeof head !== 'object' || head === null || Array.isArray(head)) throw new NoArchive('a record has no head')
  const { bytes } = head as { bytes?: unknown }
  if (typeof bytes !== 'number' || !Number.isSafeInteger(bytes) || bytes < 0 || bytes > LONGEST_BODY) {
    throw new NoArchive('a record does not tell its length, or one that no record has')
  }
  return head as Record<string, unknown> & { bytes: number }
}

/** Bytes that come in chunks, read by lines and by numbers. What is not read yet is held as it came. */
class Pieces {
  readonly #chunks: AsyncIterator<Uint8Array>
  readonly #held: Buffer[] = []

  constructor(chunks: AsyncIterator<Uint8Array>) {
    this.#chunks = chunks
  }

  /** Up to and with the next line feed; undefined at the end of all. */
  async line(): Promise<Uint8Array | undefined> {
    let searched = 0
    for (let i = 0; ; i++) {
      if (i === this.#held.length && !(await this.#more())) {
        if (searched === 0) return undefined
        throw new NoArchive(CUT)
      }
      const piece = this.#held[i] as Buffer
      const end = piece.indexOf(NEWLINE)
      if (end !== -1 && searched + end < LONGEST_HEAD) return this.exactly(searched + end + 1)
      searched += piece.length
      if (searched >= LONGEST_HEAD) throw new NoArchive('a record has a head that does not end')
    }
  }

  /** Filled as they come: a long body is never in memory twice. */
  async exactly(bytes: number): Promise<Uint8Array> {
    const [first] = this.#held
    if (first && first.length >= bytes) return this.#take(first, bytes)
    const all = Buffer.allocUnsafe(bytes)
    for (let filled = 0; filled < bytes; ) {
      if (this.#held.length === 0 && !(await this.#more())) throw new NoArchive(CUT)
      const piece = this.#held[0] as Buffer
      filled += this.#take(piece, Math.min(piece.length, bytes - filled)).copy(all, filled)
    }
    return all
  }

  #take(first: Buffer, bytes: number): Buffer {
    if (bytes === first.length) this.#held.shift()
    else this.#held[0] = first.subarray(bytes)
    return first.subarray(0, bytes)
  }

  async #more(): Promise<boolean> {
    const { done, value } = await this.#chunks.next()
    if (done) return false
    this.#held.push(Buffer.from(value.buffer, value.byteOffset, value.byteLength))
    return true
  }
}
