import type { DatabaseSyncInstance } from '@photostructure/sqlite'
import { M3Error, messageOf } from '../../../errors.js'
import type { SqliteDatabaseConnection, Staging, SwapHooks } from '../../contract.js'
import { retryBusy } from '../busy-retry.js'
import { openFile, pageSizeOf } from '../dump/open-file.js'
import { takeMigrationLock } from '../migration-lock.js'
import { CODE, primaryCode, resultCode } from '../result-codes.js'
import { isBusy, translate } from '../sqlite-errors.js'
import { createEmpty, hasLeftovers, removeLeftovers, restoreFiles } from './leftovers.js'

/** The database whose place is taken. */
export type RestoredFile = Pick<SqliteDatabaseConnection, 'file' | 'database' | 'limits'>

/** Pages copied in one turn of SQLite’s: whoever waits for the file gets it between two of them. */
const PAGES = 2000

/** See `Engine.restore`. */
export async function restoreFile<T>(
  live: RestoredFile,
  waitSeconds: number,
  fn: (staging: Staging) => Promise<T>,
): Promise<T> {
  return underLock(live, waitSeconds, async () => {
    const pageSize = await onFile(live.file, live.database, (database) => {
      if (isDamaged(database)) throw damaged(live.database)
      return pageSizeOf(database)
    })
    await removeLeftovers(live.file)
    const { staging } = restoreFiles(live.file)
    try {
      await createEmpty(staging)
      return await fn({
        connection: { kind: 'sqlite', database: live.database, file: staging, pageSize, limits: live.limits },
        select: <R>(sql: string) =>
          onFile(staging, live.database, (database) => database.prepare(sql).all() as unknown as R[]),
        swap: (_loaded, hooks) => swap(live, hooks),
      })
    } finally {
      await removeLeftovers(live.file)
    }
  })
}

/** See `Engine.recover`: the swap is one transaction of SQLite’s, so that only files may be left. */
export async function recoverFile(live: RestoredFile): Promise<string[]> {
  if (!hasLeftovers(live.file)) return []
  return underLock(live, 0, async () => {
    await removeLeftovers(live.file)
    return [`removed what a restore of the database ${live.database} left`]
  })
}

async function underLock<T>({ file, database }: RestoredFile, waitSeconds: number, fn: () => Promise<T>): Promise<T> {
  const driver = await import('@photostructure/sqlite')
  let unlock: () => Promise<void>
  try {
    unlock = await takeMigrationLock(driver, file, database, waitSeconds, 'migrate')
  } catch (error) {
    throw translate(error, database, '').error
  }
  try {
    return await fn()
  } finally {
    await unlock()
  }
}

/**
 * SQLite’s own backup, from the loaded file into the live one: a single transaction, whatever ends this process, and seen
 * as one by whoever has the file open. https://sqlite.org/backup.html
 */
async function swap(live: RestoredFile, { shutOut, placed, step }: SwapHooks): Promise<void> {
  const { staging, former } = restoreFiles(live.file)
  step?.('former')
  await createEmpty(former)
  await onFile(live.file, live.database, async (source) => {
    // One moment of it: a copy begins anew whenever another connection writes.
    source.exec('BEGIN')
    source.prepare('SELECT COUNT(*) FROM sqlite_schema').get()
    await copy(source, former, live)
    source.exec('ROLLBACK')
  })
  const expected = await onFile(staging, live.database, schemaOf)
  await shutOut?.()
  await awaitWriters(live)
  step?.('swap')
  await onFile(staging, live.database, (source) => copy(source, live.file, live))
  try {
    step?.('look')
    if ((await onFile(live.file, live.database, schemaOf)) !== expected) {
      const message = `What was put in the place of the database ${live.database} is not what was loaded`
      throw new M3Error('RESTORE_FAILED', message)
    }
    step?.('placed')
    await placed()
  } catch (error) {
    await onFile(former, live.database, (source) => copy(source, live.file, live))
    throw error
  }
  step?.('clean')
}

/**
 * A backup into a file that another connection writes to would wait for it without end, and with a busy processor: the wait
 * comes before, and has one. Throws DATABASE_UNAVAILABLE.
 */
async function awaitWriters({ file, database, limits }: RestoredFile): Promise<void> {
  await onFile(file, database, async (handle) => {
    try {
      await retryBusy(
        () => handle.exec('BEGIN IMMEDIATE'),
        limits.waitSeconds,
        (error) => isBusy(error, false),
      )
    } catch (error) {
      throw translate(error, database, '').error
    }
    handle.exec('ROLLBACK')
  })
}

/** Whether the file is no database any more: that of a failing disk, or one that was cut off. */
function isDamaged(database: DatabaseSyncInstance): boolean {
  try {
    database.prepare('SELECT COUNT(*) FROM sqlite_schema').get()
    return false
  } catch (error) {
    const code = primaryCode(resultCode(error) ?? 0)
    if (code === CODE.NOTADB || code === CODE.CORRUPT) return true
    throw error
  }
}

/** SQLite writes to none, and a file that took its name would not be the one that other processes have open. */
function damaged(database: string): M3Error {
  return new M3Error(
    'RESTORE_FAILED',
    `The file of the database ${database} is damaged. Stop what uses it and move it away, with those beside it that are named alike, ` +
      'then restore again: a database that is lost is made anew',
  )
}

async function copy(source: DatabaseSyncInstance, to: string, { database, limits }: RestoredFile): Promise<void> {
  const { backup } = await import('@photostructure/sqlite')
  try {
    await retryBusy(
      () => backup(source, to, { rate: PAGES }),
      limits.waitSeconds,
      (error) => isBusy(error, false),
    )
  } catch (error) {
    const failure = translate(error, database, '').error
    if (failure instanceof M3Error) throw failure
    throw new M3Error('RESTORE_FAILED', `The database ${database} cannot be put in its place: ${messageOf(error)}`, {
      cause: error,
    })
  }
}

/** Cheap to ask for: what there is, and how. The rows were counted before, and are copied page by page. */
function schemaOf(database: DatabaseSyncInstance): string {
  return JSON.stringify(database.prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY rowid').all())
}

async function onFile<T>(
  file: string,
  name: string,
  use: (database: DatabaseSyncInstance) => T | Promise<T>,
): Promise<T> {
  const database = await openFile(file, name)
  try {
    return await use(database)
  } finally {
    database.close()
  }
}
