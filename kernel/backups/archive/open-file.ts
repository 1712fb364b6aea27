import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { M3Error } from '../../errors.js'
import { parseBackupName } from '../folder/backup-name.js'
import { decrypt } from './encryption.js'
import { type OpenArchive, openArchive } from './read-archive.js'
import { NoArchive } from './records.js'

const READ_CHUNK = 256 * 1024
const GUNZIP_CHUNK = 128 * 1024

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

/** An archive whose file is open. */
export interface ArchiveFile extends OpenArchive {
  /** Lets go of the file, whether the frames were read or not. */
  close(): Promise<void>
}

/**
 * The file of a backup as an archive, whose `frames` end only if nothing of it was changed or left out. Throws
 * BACKUP_INVALID, from the frames too.
 */
export async function readArchiveFile(file: string, name: string, options: ReadOptions): Promise<ArchiveFile> {
  const bytes = plainBytes(file, name, options)
  try {
    const archive = await openArchive(bytes)
    const close = async () => {
      await bytes.return(undefined)
    }
    return { ...archive, frames: named(archive.frames, name), close }
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
  const source = createReadStream(file, { highWaterMark: READ_CHUNK, ...(signal ? { signal } : {}) })
  const gunzip = createGunzip({ chunkSize: GUNZIP_CHUNK })
  let fed = 0
  const stages = [
    source,
    counted(read ?? (() => {})),
    ...(isEncrypted ? [(bytes: AsyncIterable<Uint8Array>) => decrypt(bytes, keys)] : []),
    counted((bytes) => {
      fed = bytes
    }),
    gunzip,
  ]
  // Its errors come out of `gunzip`, which is what is read.
  pipeline(stages as never, () => {})
  for await (const piece of gunzip) yield piece
  // It ends at a byte that is zero, and passes over whatever follows.
  if (gunzip.bytesWritten < fed) throw new NoArchive('something follows its end')
}

/** Tells of the bytes that have gone through so far. */
function counted(tell: (bytes: number) => void) {
  return async function* (pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let bytes = 0
    for await (const piece of pieces) {
      bytes += piece.length
      tell(bytes)
      yield piece
    }
  }
}

/** What is wrong with the bytes, or with reading them, as an error that names the backup. Any other as it is. */
export function readFailure(error: unknown, name: string): unknown {
  if (error instanceof NoArchive) {
    return new M3Error('BACKUP_INVALID', `The backup ${name} cannot be read: ${error.message}`, { cause: error })
  }
  const { code, syscall } = error as NodeJS.ErrnoException
  if (typeof code !== 'string' || error instanceof M3Error) return error
  if (code.startsWith('Z_')) {
    return new M3Error('BACKUP_INVALID', `The backup ${name} cannot be read: it is damaged or cut off (${code})`, {
      cause: error,
    })
  }
  if (code === 'ENOENT') return new M3Error('BACKUP_UNKNOWN', `There is no backup named ${name}`, { cause: error })
  if (syscall === undefined) return error
  return new M3Error('BACKUP_FAILED', `The backup ${name} cannot be read (${code})`, { cause: error })
}
