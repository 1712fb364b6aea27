import type { SqliteModule } from '@photostructure/sqlite'
import type { LockPurpose } from '../contract.js'
import { lockedError } from '../driver.js'
import { retryBusy } from './busy-retry.js'
import { isBusy } from './sqlite-errors.js'

/**
 * Takes the lock beside a database: an exclusive transaction on a file of its own (`<file>.lock`, `<file>.fleet.lock`),
 * by a handle of its own. The operating system frees it when the process dies, and the database itself stays free for others meanwhile.
 * Throws LOCKED after `waitSeconds`. Returns its release.
 */
export async function takeMigrationLock(
  driver: Pick<SqliteModule, 'DatabaseSync'>,
  file: string,
  database: string,
  waitSeconds: number,
  purpose: LockPurpose,
): Promise<() => Promise<void>> {
  const handle = new driver.DatabaseSync(`${file}${purpose === 'fleet' ? '.fleet' : ''}.lock`, { timeout: 0 })
  try {
    await retryBusy(
      () => handle.exec('BEGIN EXCLUSIVE'),
      waitSeconds,
      (error) => isBusy(error, false),
    )
  } catch (error) {
    handle.close()
    if (!isBusy(error, false)) throw error
    throw lockedError(database, purpose, error)
  }
  return async () => handle.close()
}
