import { createGzip } from 'node:zlib'
import { encrypt } from '../../kernel/backups/archive/encryption.js'
import { archiveBytes } from '../../kernel/backups/archive/write-archive.js'
import { type Stage, writeAside } from '../../kernel/backups/folder/write-aside.js'
import type { Dump, DumpFrame } from '../../kernel/engines/dump.js'

export const TAKEN = new Date('2026-11-27T21:02:03.456Z')
export const ORIGIN = { target: 'tenant', tenant: 7, database: 'shop' } as const

/** A dump of frames that are made up. */
export function fakeDump(frames: Iterable<DumpFrame> | AsyncIterable<DumpFrame>, rows: Dump['rows'] = {}): Dump {
  async function* each(): AsyncGenerator<DumpFrame> {
    yield* frames
  }
  const facts = { engine: 'sqlite', version: 'SQLite 0', total: 1, warnings: [] } as const
  return { ...facts, rows, frames: each(), close: async () => {} }
}

export function frame(text: string, more: object = {}): DumpFrame {
  return { head: { kind: 'rows', units: 1, ...more }, body: Buffer.from(text) }
}

/** Writes an archive to a folder under the name `name`. */
export async function writeFakeArchive(folder: string, name: string, dump: Dump, key?: Uint8Array): Promise<void> {
  const stages: Stage[] = [
    archiveBytes(dump, { origin: ORIGIN, taken: TAKEN }),
    createGzip({ level: 1 }),
    ...(key ? [(bytes: AsyncIterable<Uint8Array>) => encrypt(bytes, key)] : []),
  ]
  await writeAside(folder, stages, () => name, new AbortController().signal)
}
