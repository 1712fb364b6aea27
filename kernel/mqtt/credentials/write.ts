import { randomBytes } from 'node:crypto'
import { chmod, chown, lstat, mkdir, open, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { M3Error } from '../../errors.js'
import { readXmlText } from './read.js'

/** A lock that stays the same for so long was left behind by a process that died. */
const STALE_MS = 10_000
/** Whoever holds the lock longer than this writes no more: it may have been taken for stale. */
const LONGEST_HELD_MS = 4000
const RETRY_MS = 20
/** Of a change that others come before; each time one of them has got through. */
const MOST_ATTEMPTS = 200

/**
 * Replaces the text of a file by what `change` makes of it: whole or not at all, and only while it is what `change` was
 * given, which is called again if not: of several commands at once none undoes what another wrote. Mode and owner are
 * kept, a symbolic link is followed. `change` is given undefined where there is no file; the new one, and the folders up
 * to it, are made then, with the mode `newMode`.
 * Throws what `change` throws, and CREDENTIALS_INVALID if the file cannot be read or written: it is as it was then.
 */
export async function changeFile(
  file: string,
  newMode: number,
  change: (text: string | undefined) => string,
  staleMs = STALE_MS,
): Promise<void> {
  const name = path.basename(file)
  try {
    await mkdir(path.dirname(file), { recursive: true })
    const target = await resolved(file)
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      const before = await readXmlText(target)
      const after = change(before)
      if (after === before || (await replaceUnchanged(target, before, after, { newMode, staleMs }))) return
    }
    throw new M3Error('CREDENTIALS_INVALID', `${name} is written by others all the time: try again`)
  } catch (error) {
    if (error instanceof M3Error) throw error
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    throw new M3Error('CREDENTIALS_INVALID', `${name} cannot be written: ${reasonOf(code)}`, { cause: error })
  }
}

/** False, and nothing written, if somebody has written it since `before` was read. The lock is held for an instant only. */
function replaceUnchanged(
  target: string,
  before: string | undefined,
  after: string,
  { newMode, staleMs }: { readonly newMode: number; readonly staleMs: number },
): Promise<boolean> {
  return underLock(`${target}.lock`, staleMs, async (isHeld) => {
    if ((await readXmlText(target)) !== before) return false
    await replace(target, after, newMode, isHeld)
    return true
  })
}

async function resolved(file: string): Promise<string> {
  try {
    return await realpath(file)
  } catch (error) {
    if (await lstat(file).catch(() => undefined)) throw error
    return file
  }
}

function reasonOf(code: string): string {
  const reasons: Record<string, string> = {
    ENOENT: 'it is a link to nothing',
    EACCES: 'the folder does not let us',
    EROFS: 'the file system is read-only',
    ENOSPC: 'the disk is full',
    EBUSY: 'it is mounted by itself, and cannot be replaced: mount its folder',
    EPERM: 'it belongs to another user, whom it would not belong to any more: run this as that user',
  }
  return `${reasons[code] ?? 'the system refuses it'} (${code})`
}

async function replace(target: string, text: string, newMode: number, isHeld: () => Promise<boolean>): Promise<void> {
  const folder = path.dirname(target)
  const whole = path.join(folder, `.${path.basename(target)}.${randomBytes(6).toString('hex')}`)
  const old = await stat(target).catch(() => undefined)
  try {
    // Nobody else may read it before it has its mode.
    await writeFile(whole, text, { mode: 0o600, flag: 'wx', flush: true })
    if (old) await takeOver(whole, old)
    else await chmod(whole, newMode)
    if (!(await isHeld())) throw new M3Error('CREDENTIALS_INVALID', 'Another command writes the file: try again')
    await rename(whole, target)
  } catch (error) {
    await rm(whole, { force: true })
    throw error
  }
  await syncFolder(folder)
}

async function takeOver(file: string, old: { uid: number; gid: number; mode: number }): Promise<void> {
  const { uid, gid } = await stat(file)
  if (uid !== old.uid || gid !== old.gid) await chown(file, old.uid, old.gid)
  await chmod(file, old.mode & 0o7777)
}

/** The name of a new file is safe on disk once its folder is. Not every system can do that. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder)
    await handle.sync().finally(() => handle.close())
  } catch {
    // The file is whole whichever of its names survives.
  }
}

/** `isHeld`: whether the lock still is this one's. */
async function underLock<T>(
  lock: string,
  staleMs: number,
  work: (isHeld: () => Promise<boolean>) => Promise<T>,
): Promise<T> {
  const nonce = randomBytes(12).toString('hex')
  await take(lock, nonce, staleMs)
  const since = performance.now()
  const isOurs = async () => (await readLock(lock)) === nonce
  try {
    return await work(async () => performance.now() - since < LONGEST_HELD_MS && (await isOurs()))
  } finally {
    if (await isOurs()) await rm(lock, { force: true })
  }
}

async function take(lock: string, nonce: string, staleMs: number): Promise<void> {
  let seen: string | undefined
  let since = performance.now()
  for (;;) {
    if (await create(lock, nonce)) return
    const holder = await readLock(lock)
    if (holder !== seen) {
      seen = holder
      since = performance.now()
    } else if (performance.now() - since > staleMs) await breakLock(lock, holder)
    await sleep(RETRY_MS)
  }
}

/** False if there is one already. A lock that cannot be written, on a full disk, is not left behind. */
async function create(lock: string, nonce: string): Promise<boolean> {
  const handle = await open(lock, 'wx', 0o600).catch((error) => {
    if (error.code !== 'EEXIST') throw error
  })
  if (!handle) return false
  try {
    await handle.writeFile(nonce)
    return true
  } catch (error) {
    await rm(lock, { force: true })
    throw error
  } finally {
    await handle.close()
  }
}

/** Moved away first: of several that find it stale one gets it, and if that was a fresh one it is put back. */
async function breakLock(lock: string, stale: string | undefined): Promise<void> {
  const moved = `${lock}.${randomBytes(6).toString('hex')}`
  try {
    await rename(lock, moved)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  const found = await readLock(moved)
  if (found !== stale && found !== undefined) await create(lock, found)
  await rm(moved, { force: true })
}

async function readLock(lock: string): Promise<string | undefined> {
  try {
    return await readFile(lock, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
