import { randomBytes } from 'node:crypto'
import { type FileHandle, link, lstat, mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { M3Error } from '../../errors.js'
import { syncFolder } from './sync-folder.js'

/** Hidden, and no name of a backup: a half-written one is never taken for one. */
const PART = /^\.m3saas-[0-9a-f]{16}\.part$/
/** What has not grown for so long belongs to a process that died. */
const STALE_MS = 86_400_000
/** Names differ by the millisecond: so many tries to find a free one. */
const MOST_NAMES = 1000

/** What bytes come from, or go through on their way to the file. */
export type Stage =
  | AsyncIterable<Uint8Array>
  | NodeJS.ReadWriteStream
  | ((bytes: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>)

export interface WrittenFile {
  readonly name: string
  readonly bytes: number
}

/**
 * Writes what comes out of the stages to a file of the folder under another name, and gives it a name once it is whole and
 * on disk. `nameOf` is asked again, with a higher number, if the name is taken. Throws BACKUP_FAILED with the reason, or
 * what a stage throws: nothing is left then.
 */
export async function writeAside(
  folder: string,
  stages: readonly Stage[],
  nameOf: (attempt: number) => string,
  signal: AbortSignal,
): Promise<WrittenFile> {
  const part = path.join(folder, `.m3saas-${randomBytes(8).toString('hex')}.part`)
  await told(mkdir(folder, { recursive: true, mode: 0o700 }))
  try {
    const handle = await told(open(part, 'wx', 0o600))
    const bytes = await writeStages(handle, stages, signal).finally(() => told(handle.close()))
    signal.throwIfAborted()
    return { name: await told(giveName(folder, part, nameOf)), bytes }
  } catch (error) {
    // What went wrong says more; a part that cannot be removed is swept another time.
    await unlink(part).catch(() => undefined)
    throw error
  }
}

async function writeStages(handle: FileHandle, stages: readonly Stage[], signal: AbortSignal): Promise<number> {
  let bytes = 0
  const write = async (pieces: AsyncIterable<Uint8Array>) => {
    for await (const piece of pieces) {
      signal.throwIfAborted()
      await told(handle.writeFile(piece))
      bytes += piece.length
    }
  }
  await pipeline([...stages, write] as never, { signal })
  await told(handle.sync())
  return bytes
}

/** The name is on disk when this resolves; if it cannot be, it is taken away again. */
async function giveName(folder: string, part: string, nameOf: (attempt: number) => string): Promise<string> {
  const name = await firstFree(folder, part, nameOf)
  try {
    await syncFolder(folder)
    return name
  } catch (error) {
    await unlink(path.join(folder, name)).catch(() => undefined)
    throw error
  }
}

/** A link does not replace what is there; where a file system knows none, a look before has to do. */
async function firstFree(folder: string, part: string, nameOf: (attempt: number) => string): Promise<string> {
  for (let attempt = 0; attempt < MOST_NAMES; attempt++) {
    const name = nameOf(attempt)
    const file = path.join(folder, name)
    try {
      await link(part, file)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EEXIST') continue
      if (!NO_LINKS.has(code ?? '')) throw error
      if (await isThere(file)) continue
      await rename(part, file)
      return name
    }
    // The file has its name: a second one that cannot be removed is swept another time.
    await unlink(part).catch(() => undefined)
    return name
  }
  throw new M3Error('BACKUP_FAILED', 'Every name that the backup could have is taken')
}

const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'])

async function isThere(file: string): Promise<boolean> {
  try {
    await lstat(file)
    return true
  } catch {
    return false
  }
}

/** Removes what processes that died have left half-written. What cannot be removed stays for another time. */
export async function sweepParts(folder: string, now: Date): Promise<void> {
  const parts = (await readdir(folder).catch(() => [])).filter((name) => PART.test(name))
  for (const name of parts) {
    const file = path.join(folder, name)
    const stats = await stat(file).catch(() => undefined)
    if (stats && now.getTime() - stats.mtimeMs > STALE_MS) await unlink(file).catch(() => undefined)
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of the disk is used up',
  EFBIG: 'the file would be larger than the system allows',
  EROFS: 'the disk can only be read',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  ENOTDIR: 'a part of its path is no folder',
}

/** Only what concerns the file itself: what a stage throws goes on as it is. */
async function told<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw writeFailure(error)
  }
}

/** An error of the file system, as one that says what to do; any other as it is. */
export function writeFailure(error: unknown): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException
  if (typeof code !== 'string' || syscall === undefined) return error
  const reason = REASONS[code] ?? code
  return new M3Error('BACKUP_FAILED', `The backup cannot be written to the folder of backups: ${reason}`, {
    cause: error,
  })
}
