import path from 'node:path'
import type { DumpFrame, LoadReport } from '../../engines/dump.js'
import { loadDump } from '../../engines/open-dump.js'
import { type Fault, M3Error } from '../../errors.js'
import { readArchiveFile } from '../archive/open-file.js'
import type { WorkOptions } from '../contract.js'
import { findBackup } from '../folder/backup-files.js'
import type { LoadResult, LoadTask } from './tasks.js'

const ALMOST = 0.99

/** Loads the file of a backup. See `BackupThreads.load`. */
export async function loadWork({ connection, file, keys }: LoadTask, options: WorkOptions): Promise<LoadResult> {
  const { signal, progress } = options
  const name = path.basename(file)
  const { bytes } = await findBackup(path.dirname(file), name)
  const read = (number: number) => progress?.({ part: Math.min(ALMOST, number / Math.max(1, bytes)), bytes: number })
  const archive = await readArchiveFile(file, name, { keys, signal, read })
  try {
    if (archive.engine !== connection.kind) {
      const message = `The backup ${name} is of ${archive.engine}, and this deployment has ${connection.kind}`
      throw new M3Error('BACKUP_INVALID', message)
    }
    const loaded = await loadDump(connection, untilAborted(archive.frames, signal))
    const faults = [...loaded.faults, ...countFaults(loaded.rows, archive.rows)]
    return { loaded: { ...loaded, faults }, origin: archive.origin, bytes }
  } finally {
    await archive.close()
  }
}

async function* untilAborted(frames: AsyncIterable<DumpFrame>, signal: AbortSignal): AsyncGenerator<DumpFrame> {
  for await (const frame of frames) {
    signal.throwIfAborted()
    yield frame
  }
  signal.throwIfAborted()
}

function countFaults(loaded: LoadReport['rows'], written: LoadReport['rows']): Fault[] {
  const tables = [...new Set([...Object.keys(written), ...Object.keys(loaded)])]
  return tables.flatMap((table) => {
    const [there, expected] = [loaded[table], written[table]]
    if (there === expected) return []
    return [{ path: table, message: `holds ${there ?? 'no'} rows, and ${expected ?? 'none'} were backed up` }]
  })
}
