import { mkdir } from 'node:fs/promises'
import { createGzip } from 'node:zlib'
import type { Dump, DumpFrame } from '../../engines/dump.js'
import { openDump } from '../../engines/open-dump.js'
import { encrypt } from '../archive/encryption.js'
import { archiveBytes, textBytes } from '../archive/write-archive.js'
import type { WorkOptions } from '../contract.js'
import { formatBackupName, parseBackupName } from '../folder/backup-name.js'
import { type Stage, sweepParts, writeAside, writeFailure } from '../folder/write-aside.js'
import type { DumpResult, DumpTask } from './tasks.js'

const GZIP_CHUNK = 128 * 1024
/** What is left for the end: the last of it is known only when it is there. */
const ALMOST = 0.99

/** Dumps a database to a file. See `BackupThreads.dump`. */
export async function dumpWork(task: DumpTask, { signal, progress }: WorkOptions): Promise<DumpResult> {
  const { connection, origin, format, withheld, folder, beforeMigration, compression, key } = task
  await makeFolder(folder)
  // It may have waited for its thread for long.
  signal.throwIfAborted()
  const taken = new Date()
  const dump = await openDump(connection, { format, withheld, folder }).catch((error: unknown) => {
    throw writeFailure(error)
  })
  try {
    const count = { raw: 0, written: 0, units: 0 }
    const tell = () => {
      progress?.({ part: Math.min(ALMOST, count.units / Math.max(1, dump.total)), bytes: count.written })
    }
    const watched = watching(dump, (units) => {
      count.units += units
      tell()
    })
    const plain = format === 'sql' ? textBytes(watched) : archiveBytes(watched, { origin, taken })
    const stages: Stage[] = [
      counted(plain, (bytes) => (count.raw += bytes)),
      createGzip({ level: compression, chunkSize: GZIP_CHUNK }),
      ...(key ? [(bytes: AsyncIterable<Uint8Array>) => encrypt(bytes, key)] : []),
      (bytes) => counted(bytes, (number) => (count.written += number)),
    ]
    const nameOf = (attempt: number) =>
      formatBackupName({
        ...{ database: origin.database, beforeMigration, format, encrypted: key !== undefined },
        taken: new Date(taken.getTime() + attempt),
      })
    const { name, bytes } = await writeAside(folder, stages, nameOf, signal)
    const backup = parseBackupName(name)
    if (!backup) throw new Error(`${name} is no name of a backup`)
    return { backup, bytes, rawBytes: count.raw, rows: dump.rows, warnings: dump.warnings }
  } finally {
    await dump.close()
  }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw writeFailure(error)
  }
  await sweepParts(folder, new Date())
}

function watching(dump: Dump, brought: (units: number) => void): Dump {
  async function* frames(): AsyncGenerator<DumpFrame> {
    for await (const frame of dump.frames) {
      yield frame
      brought(frame.head.units)
    }
  }
  const { engine, version, total, rows, warnings } = dump
  return { engine, version, total, rows, warnings, frames: frames(), close: () => dump.close() }
}

async function* counted(bytes: AsyncIterable<Uint8Array>, count: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  for await (const piece of bytes) {
    count(piece.length)
    yield piece
  }
}
