import { createHash } from 'node:crypto'
import type { DumpFrame, FrameHead } from '../../engines/dump.js'
import type { EngineKind } from '../../engines/engine-kind.js'
import { type ArchiveOrigin, KIND, VERSION } from './origin.js'
import { type ArchiveRecord, NoArchive, readRecords } from './records.js'

/** It is shown in messages: what a hostile file says must not be. */
const DATABASE = /^[A-Za-z][A-Za-z0-9_]{0,63}$/

/** An archive whose first record has been read. */
export interface OpenArchive {
  readonly engine: EngineKind
  readonly origin: ArchiveOrigin
  readonly taken: Date
  /** To be read once. Throws NoArchive, at the end too: only then is it known that nothing was changed or left out. */
  readonly frames: AsyncIterable<DumpFrame>
  /** Rows by table, as the last record tells; complete when the frames have ended. */
  readonly rows: Readonly<Record<string, number>>
}

/** `bytes` are those of an archive, decompressed. Throws NoArchive if they do not begin like one. */
export async function openArchive(bytes: AsyncIterable<Uint8Array>): Promise<OpenArchive> {
  const records = readRecords(bytes)
  const { value: first, done } = await records.next()
  if (done) throw new NoArchive('it is empty')
  const label = labelOf(first)
  const digest = createHash('sha256').update(first.line)
  const rows: Record<string, number> = {}
  async function* frames(): AsyncGenerator<DumpFrame> {
    let count = 0
    for await (const { head, line, body } of records) {
      if (head.kind === 'end') {
        if (body.length > 0) throw new NoArchive('something follows its end')
        if (head.records !== count || head.sha256 !== digest.digest('hex')) {
          throw new NoArchive('it was changed since it was written: its checksum differs')
        }
        Object.assign(rows, rowsOf(head))
        const { done: isLast } = await records.next()
        if (!isLast) throw new NoArchive('something follows its end')
        return
      }
      digest.update(line).update(body)
      count++
      yield { head: frameHead(head), body }
    }
    throw new NoArchive('it was cut off: its end is missing')
  }
  return { ...label, frames: frames(), rows }
}

function labelOf({ head, body }: ArchiveRecord): Pick<OpenArchive, 'engine' | 'origin' | 'taken'> {
  if (head.kind !== KIND || body.length > 0) throw new NoArchive('it is no backup of this kind')
  if (head.version !== VERSION) {
    const version = typeof head.version === 'number' ? `version ${head.version}` : 'a version that it does not tell'
    throw new NoArchive(`it is of ${version}, and this is for ${VERSION}`)
  }
  const { engine, origin, taken } = head as { engine?: unknown; origin?: unknown; taken?: unknown }
  const moment = new Date(String(taken))
  if ((engine !== 'mysql' && engine !== 'sqlite') || !isOrigin(origin) || Number.isNaN(moment.getTime())) {
    throw new NoArchive('its first record does not tell what it is of')
  }
  return { engine, origin, taken: moment }
}

function isOrigin(value: unknown): value is ArchiveOrigin {
  if (typeof value !== 'object' || value === null) return false
  const { target, tenant, database } = value as Record<string, unknown>
  const isTenant = target === 'tenant' && Number.isSafeInteger(tenant)
  return (target === 'catalog' || isTenant) && typeof database === 'string' && DATABASE.test(database)
}

function frameHead(head: ArchiveRecord['head']): FrameHead {
  const { kind, units } = head
  if (typeof kind !== 'string' || typeof units !== 'number') throw new NoArchive('a record does not tell what it is')
  return { ...head, kind, units }
}

function rowsOf({ rows }: ArchiveRecord['head']): Record<string, number> {
  const entries = typeof rows === 'object' && rows !== null ? Object.entries(rows) : undefined
  if (!entries?.every(([, number]) => Number.isSafeInteger(number))) throw new NoArchive('its end tells no rows')
  return Object.fromEntries(entries)
}
