import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { M3Error } from '../../errors.js'
import { parseBackupName } from '../folder/backup-name.js'
import { decrypt } from './encryption.js'
import { type OpenArchive, openArchive } from './read-archive.js'
import { NoArchive } from './records.js'

const READ_CHUNK = 256 * 1024

export interface ReadOptions {
  readonly keys: readonly Uint8Array[]
  readonly signal?: AbortSignal
  /** Told of the bytes of the file that were read so far. */
  readonly read?: (bytes: number) => void
}

/** The text inside the file of a backup: decrypted, decompressed. Throws BACKUP_INVALID, at any time. */
export async function* readText(file: string, name: string, options: ReadOptions): AsyncGenerator<Uint8Array> {
  try {
    yield* plainBytes(file, name, options)
  } catch (error) {
    throw readFailure(error, name)
  }
}

/**
 * The file of a backup as an archive, whose `frames` end only if nothing of it was changed or left out. Throws
 * BACKUP_INVALID, from the frames too.
 */
export async function readArchiveFile(file: string, name: string, options: ReadOptions): Promise<OpenArchive> {
  const bytes = plainBytes(file, name, options)
  try {
    const archive = await openArchive(bytes)
    return { ...archive, rows: archive.rows, frames: named(archive.frames, name) }
  } catch (error) {
    await bytes.return(undefined)
    throw readFailure(error, name)
  }
}

async function* named<T>(items: AsyncIterable<T>, name: string): AsyncGenerator<T> {
  try {
    yield* items
  } catch (error) {
    throw readFailure(error, name)
  }
}

async function* plainBytes(
  file: string,
  name: string,
  { keys, signal, read }: ReadOptions,
): AsyncGenerator<Uint8Array> {
  const isEncrypted = parseBackupName(name)?.encrypted ?? false
  let count = 0
  async function* counted(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of bytes) {
      count += piece.length
      read?.(count)
      yield piece
    }
  }
  const source = createReadStream(file, { highWaterMark: READ_CHUNK, ...(signal ? { signal } : {}) })
  const gunzip = createGunzip()
  const stages = [source, counted, ...(isEncrypted ? [(bytes: AsyncIterable<Uint8Array>) => decrypt(bytes, keys)] : [])]
  // Its errors come out of `gunzip`, which is what is read.
  pipeline([...stages, gunzip] as never, () => {})
  for await (const piece of gunzip) yield piece
}

/** What is wrong with the bytes, or with reading them, as an error that names the backup. Any other as it is. */
function readFailure(error: unknown, name: string): unknown {
  if (error instanceof NoArchive) {
    return new M3Error('BACKUP_INVALID', `The backup ${name} cannot be read: ${error.message}`, { cause: error })
  }
  const { code } = error as NodeJS.ErrnoException
  if (typeof code !== 'string' || error instanceof M3Error) return error
  if (code.startsWith('Z_')) {
    return new M3Error('BACKUP_INVALID', `The backup ${name} cannot be read: it is damaged or cut off (${code})`, {
      cause: error,
    })
  }
  if (code === 'ENOENT') return new M3Error('BACKUP_UNKNOWN', `There is no backup named ${name}`, { cause: error })
  return error
}
