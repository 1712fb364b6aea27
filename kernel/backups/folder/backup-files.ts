import { constants } from 'node:fs'
import { type FileHandle, lstat, open, readdir, unlink } from 'node:fs/promises'
import path from 'node:path'
import { M3Error } from '../../errors.js'
import type { NamedBackup } from '../contract.js'
import { parseBackupName } from './backup-name.js'
import { syncFolder } from './sync-folder.js'

/** A backup that stands in the folder. */
export interface BackupFile extends NamedBackup {
  readonly bytes: number
}

/** Those of a database, or all, the newest first; foreign files, links and folders are passed over. */
export async function listBackups(folder: string, database?: string): Promise<readonly BackupFile[]> {
  const backups = (await namesIn(folder))
    .flatMap((name) => parseBackupName(name) ?? [])
    .filter((backup) => database === undefined || backup.database === database)
  const files = await Promise.all(backups.map((backup) => withSize(folder, backup)))
  return files
    .filter((file) => file !== undefined)
    .sort((a, b) => b.taken.getTime() - a.taken.getTime() || (a.name < b.name ? -1 : 1))
}

/** One by its name. Throws BACKUP_UNKNOWN for a name that is none, also one that leads elsewhere. */
export async function findBackup(folder: string, name: string): Promise<BackupFile> {
  const backup = parseBackupName(name)
  // A folder may take a name in other letters for the same, which is that of another database.
  const isThere = backup !== undefined && (await namesIn(folder)).includes(name)
  const file = isThere ? await withSize(folder, backup) : undefined
  if (file) return file
  throw unknown(name)
}

/** Its absolute path. `name` is that of a backup: it leads to no other folder. */
export function backupPath(folder: string, { name }: Pick<NamedBackup, 'name'>): string {
  return path.join(folder, name)
}

/**
 * The file as it is: opened, so that what is told of its size stays true, and what takes its name meanwhile is not read.
 * Throws BACKUP_UNKNOWN if it is gone, BACKUP_FAILED if it cannot be read.
 */
export async function openBackup(
  folder: string,
  backup: Pick<NamedBackup, 'name'>,
): Promise<{ readonly bytes: number; readonly stream: NodeJS.ReadableStream }> {
  let file: FileHandle | undefined
  try {
    file = await open(backupPath(folder, backup), constants.O_RDONLY | constants.O_NOFOLLOW)
    const { size } = await file.stat()
    return { bytes: size, stream: file.createReadStream({ end: Math.max(0, size - 1) }) }
  } catch (error) {
    await file?.close()
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ELOOP') throw unknown(backup.name)
    throw new M3Error('BACKUP_FAILED', `The backup ${backup.name} cannot be read (${code})`, { cause: error })
  }
}

/** Throws BACKUP_UNKNOWN if it is gone already, BACKUP_FAILED if it cannot be removed. */
export async function removeBackup(folder: string, backup: Pick<NamedBackup, 'name'>): Promise<void> {
  try {
    await unlink(backupPath(folder, backup))
    await syncFolder(folder)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') throw unknown(backup.name)
    throw new M3Error('BACKUP_FAILED', `The backup ${backup.name} cannot be removed (${code})`, { cause: error })
  }
}

function unknown(name: string): M3Error {
  return new M3Error('BACKUP_UNKNOWN', `There is no backup named ${name.slice(0, 200)}`)
}

/** Of the files in it: no links, no folders. No folder yet: no backups yet. */
async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true })
    return entries.filter((entry) => entry.isFile()).map(({ name }) => name)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return []
    throw new M3Error('BACKUP_FAILED', `The folder of backups cannot be read (${code})`, { cause: error })
  }
}

/** Undefined for what is no file, such as a link, or is gone meanwhile. */
async function withSize(folder: string, backup: NamedBackup): Promise<BackupFile | undefined> {
  try {
    const stats = await lstat(backupPath(folder, backup))
    return stats.isFile() ? { ...backup, bytes: stats.size } : undefined
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw new M3Error('BACKUP_FAILED', `The backup ${backup.name} cannot be read (${code})`, { cause: error })
  }
}
