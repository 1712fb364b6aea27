import { chmod, mkdir, open, rm, stat } from 'node:fs/promises'
import { platform } from 'node:os'
import path from 'node:path'
import { M3Error } from '../../errors.js'

/** The catalog stands a folder above the tenants: no name of a tenant reaches it. */
export function catalogFile(directory: string): string {
  return path.join(directory, 'catalog.sqlite')
}

/**
 * The file of a tenant's database. Some file systems ignore case, so the name is written in small letters; one that
 * has capitals is told apart by their positions, as a number behind `~`, which no identifier contains.
 */
export function tenantFile(directory: string, name: string): string {
  const capitals = [...name].reduce((bits, letter, i) => (/[A-Z]/.test(letter) ? bits | (1n << BigInt(i)) : bits), 0n)
  const mark = capitals === 0n ? '' : `~${capitals.toString(36)}`
  return path.join(directory, 'tenants', `${name.toLowerCase()}${mark}.sqlite`)
}

/**
 * Makes the folder (0700) and an empty file (0600), which SQLite takes for an empty database, and closes an existing
 * file to other users. Says what it did. Throws DATABASE_UNAVAILABLE.
 */
export async function provisionFile(file: string, database: string): Promise<string[]> {
  try {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
    if (await createFile(file)) return [`created the database ${database}`]
    if (platform() === 'win32' || ((await stat(file)).mode & 0o077) === 0) return []
    await chmod(file, 0o600)
    return [`closed the file of the database ${database} to other users`]
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new M3Error('DATABASE_UNAVAILABLE', `The database ${database} cannot be created (${code})`, {
      retryAfter: 5,
      cause: error,
    })
  }
}

/**
 * False if it is there. An existing file is never opened: closing it again would drop the locks that SQLite holds on it
 * in this process (https://sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
 */
async function createFile(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx', 0o600)
    await handle.close()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** The file of a database that nobody has opened, and what SQLite has put beside it. */
export async function removeFile(file: string): Promise<void> {
  for (const suffix of ['', '-wal', '-shm', '-journal', '.lock', '.lock-journal']) {
    await rm(`${file}${suffix}`, { force: true })
  }
}
