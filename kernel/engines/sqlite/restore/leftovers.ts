import { existsSync } from 'node:fs'
import { open, rm } from 'node:fs/promises'

/** The files that stand beside a database while it is restored. No database has such a name. */
export interface RestoreFiles {
  /** What is loaded. */
  readonly staging: string
  /** What was there before. */
  readonly former: string
}

export function restoreFiles(file: string): RestoreFiles {
  return { staging: `${file}.restoring`, former: `${file}.former` }
}

export function hasLeftovers(file: string): boolean {
  const { staging, former } = restoreFiles(file)
  return existsSync(staging) || existsSync(former)
}

/** Removes them, and what SQLite may have put beside them. */
export async function removeLeftovers(file: string): Promise<void> {
  for (const each of Object.values(restoreFiles(file))) {
    for (const suffix of ['', '-journal', '-wal', '-shm']) await rm(`${each}${suffix}`, { force: true })
  }
}

/** An empty file, which SQLite takes for an empty database, closed to other users. */
export async function createEmpty(file: string): Promise<void> {
  await (await open(file, 'wx', 0o600)).close()
}
