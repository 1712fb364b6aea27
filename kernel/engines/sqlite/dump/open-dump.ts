import { randomBytes } from 'node:crypto'
import { open, unlink } from 'node:fs/promises'
import path from 'node:path'
import type { DatabaseSyncInstance } from '@photostructure/sqlite'
import { M3Error } from '../../../errors.js'
import type { SqliteDatabaseConnection } from '../../contract.js'
import type { Dump, DumpFrame, DumpOptions } from '../../dump.js'
import { retryBusy } from '../busy-retry.js'
import { CODE, resultCode } from '../result-codes.js'
import { isBusy, translate } from '../sqlite-errors.js'
import { openFile, sqliteVersion } from './open-file.js'
import { sqlText } from './sql-text.js'
import { countRows, unreadableViews } from './survey.js'
import { withhold } from './withhold.js'

const FRAME = 1024 * 1024
const UNWRITTEN: Readonly<Record<number, string>> = {
  [CODE.FULL]: 'the disk is full',
  [CODE.IOERR_WRITE]: 'its disk takes no more of it',
}

/**
 * A dump of one file: SQLite copies it within one read transaction, without what is deleted, and the copy is read.
 * Synchronous work: for a thread that nobody waits for. Throws DATABASE_UNAVAILABLE, BACKUP_FAILED where the copy cannot
 * be written, and what the file system throws.
 */
export async function openSqliteDump(connection: SqliteDatabaseConnection, options: DumpOptions): Promise<Dump> {
  const copy = path.join(options.folder, `.m3saas-${randomBytes(8).toString('hex')}.part`)
  await copyTo(connection, copy)
  const remove = () => unlink(copy).catch(() => undefined)
  try {
    return await dumpOf(copy, options, remove)
  } catch (error) {
    await remove()
    throw copyFailure(error, connection.database)
  }
}

async function copyTo({ file, database, limits }: SqliteDatabaseConnection, copy: string): Promise<void> {
  const live = await openFile(file, database)
  try {
    // SQLite takes an empty file, and would make one that others may read.
    await (await open(copy, 'wx', 0o600)).close()
    await retryBusy(
      () => live.prepare('VACUUM INTO ?').run(copy),
      limits.waitSeconds,
      (error) => isBusy(error, false),
    )
  } catch (error) {
    await unlink(copy).catch(() => undefined)
    throw copyFailure(error, database)
  } finally {
    live.close()
  }
}

/** What is written is the copy alone: what fails at that is no fault of the live database. */
function copyFailure(error: unknown, database: string): unknown {
  const reason = UNWRITTEN[resultCode(error) ?? 0]
  if (reason === undefined) return translate(error, database, '').error
  const message = `The backup cannot be written to the folder of backups: ${reason}`
  return new M3Error('BACKUP_FAILED', message, { cause: error })
}

async function dumpOf(copy: string, options: DumpOptions, remove: () => Promise<void>): Promise<Dump> {
  const database = await openFile(copy, 'copy')
  let isOpen = true
  const close = () => {
    if (isOpen) database.close()
    isOpen = false
  }
  try {
    withhold(database, options.withheld)
    const version = sqliteVersion(database)
    const warnings: string[] = []
    const rows = countRows(database, warnings)
    const unreadable = unreadableViews(database)
    for (const view of unreadable) warnings.push(`the view ${view} cannot be read`)
    const isText = options.format === 'sql'
    if (!isText) close()
    const handle = await open(copy, 'r')
    const { size } = await handle.stat()
    const frames = isText ? textFrames(database, size) : fileFrames(handle, unreadable)
    return {
      engine: 'sqlite',
      version,
      total: size,
      frames,
      rows,
      warnings,
      async close() {
        close()
        await handle.close()
        await remove()
      },
    }
  } catch (error) {
    close()
    throw error
  }
}

async function* fileFrames(
  handle: { read(buffer: Uint8Array, offset: number, length: number): Promise<{ bytesRead: number }> },
  unreadable: readonly string[],
): AsyncGenerator<DumpFrame> {
  yield { head: { kind: 'about', units: 0, unreadable }, body: new Uint8Array() }
  for (;;) {
    const buffer = Buffer.allocUnsafe(FRAME)
    const { bytesRead } = await handle.read(buffer, 0, FRAME)
    if (bytesRead === 0) return
    yield { head: { kind: 'file', units: bytesRead }, body: buffer.subarray(0, bytesRead) }
  }
}

async function* textFrames(database: DatabaseSyncInstance, size: number): AsyncGenerator<DumpFrame> {
  let told = 0
  for (const text of sqlText(database, FRAME)) {
    const body = Buffer.from(text)
    // How the text will compare with the file nobody knows: the bar goes on, ever more slowly.
    const units = Math.round((size - told) * 0.1)
    told += units
    yield { head: { kind: 'text', units }, body }
  }
}
