import type { SqliteModule } from '@photostructure/sqlite'
import { M3Error } from '../../errors.js'
import { retryBusy } from './busy-retry.js'
import { isBusy } from './sqlite-errors.js'

/**
 * Takes the lock beside a database: an exclusive transaction on a file of its own (`<file>.lock`), by a handle of its
 * own. The operating system frees it when the process dies, and the database itself stays free for others meanwhile.
 * Throws LOCKED after `waitSeconds`. Returns its release.
 */
export async function takeMigrationLock(
  driver: Pick<SqliteModule, 'DatabaseSync'>,
  file: string,
  database: string,
  waitSeconds: number,
): Promise<() => Promise<void>> {
  const handle = new driver.DatabaseSync(`${file}.lock`, { timeout: 0 })
  try {
    await retryBusy(
      () => handle.exec('BEGIN EXCLUSIVE'),
      waitSeconds,
      (error) => isBusy(error, false),
    )
  } catch (error) {
    handle.close()
    if (!isBusy(error, false)) throw error
    throw new M3Error('LOCKED', `Another migration of the database ${database} is running; try again when it is done`, {
      retryAfter: 5,
      cause: error,
    })
  }
  return async () => handle.close()
}
