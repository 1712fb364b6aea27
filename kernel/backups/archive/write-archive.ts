import { createHash } from 'node:crypto'
import type { Dump } from '../../engines/dump.js'
import { type ArchiveOrigin, KIND, VERSION } from './origin.js'
import { headLine } from './records.js'

export interface ArchiveLabel {
  readonly origin: ArchiveOrigin
  readonly taken: Date
}

/** The bytes of an archive, before compression. */
export async function* archiveBytes(dump: Dump, { origin, taken }: ArchiveLabel): AsyncGenerator<Uint8Array> {
  const digest = createHash('sha256')
  const { engine, version: server } = dump
  let records = 0
  const first = headLine({ kind: KIND, version: VERSION, engine, server, origin, taken: taken.toISOString() }, 0)
  digest.update(first)
  yield first
  for await (const { head, body } of dump.frames) {
    const line = headLine(head, body.length)
    digest.update(line).update(body)
    records++
    yield line
    if (body.length > 0) yield body
  }
  yield headLine({ kind: 'end', records, rows: dump.rows, sha256: digest.digest('hex') }, 0)
}

/** The bytes of a text for people: the bodies alone. */
export async function* textBytes(dump: Dump): AsyncGenerator<Uint8Array> {
  for await (const { body } of dump.frames) {
    if (body.length > 0) yield body
  }
}
