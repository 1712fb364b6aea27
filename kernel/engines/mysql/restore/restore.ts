import { M3Error } from '../../../errors.js'
import type { MysqlDatabaseConnection, Staging } from '../../contract.js'
import { lockedError } from '../../driver.js'
import type { MysqlConnection } from '../connection.js'
import { takeLock } from '../driver.js'
import { lockName, quote, restoreNames, restoreUser } from '../identifiers.js'
import { collationOf, collationSql } from '../provision.js'
import { createLoader, dropLoader } from './account.js'
import { isDatabase } from './journal.js'
import { checkRights } from './rights.js'
import { finish, type RestoredDatabase, swap } from './swap.js'

/** A load may take hours, in which this connection is idle. */
const SETTINGS = 'SET SESSION wait_timeout = 604800, lock_wait_timeout = 60'

export interface RestoreParts {
  readonly live: RestoredDatabase
  /** As the loader connects, but for who it is. */
  readonly connection: MysqlDatabaseConnection
}

/** See `Engine.restore`; `root` is a connection of its own. */
export async function restoreDatabase<T>(
  root: MysqlConnection,
  { live, connection }: RestoreParts,
  waitSeconds: number,
  fn: (staging: Staging) => Promise<T>,
): Promise<T> {
  const { database } = live
  const { staging } = restoreNames(database)
  const user = restoreUser(database)
  await root.execute(SETTINGS)
  return underLock(root, database, waitSeconds, async () => {
    const collation = await collationOf(root, database)
    if (collation === undefined) {
      throw new M3Error('DATABASE_UNAVAILABLE', `The database ${database} is not there`, { retryAfter: 5 })
    }
    await clean(root, live)
    try {
      await root.execute(`CREATE DATABASE ${quote(staging)} ${collationSql(collation)}`)
      const password = await createLoader(root, user, staging)
      const { host, port } = connection.login
      const loader = { ...connection, database: staging, login: { host, port, user, password } }
      if (live.user !== undefined) await checkRights(root, loader, live.user)
      return await fn({
        connection: loader,
        async select<R>(sql: string) {
          await root.execute(`USE ${quote(staging)}`)
          return root.query<R>(sql)
        },
        swap: (loaded, hooks) => swap(root, { ...live, collation }, loaded, hooks),
      })
    } finally {
      await clean(root, live)
    }
  })
}

/** See `Engine.recover`. Two queries where there is nothing. */
export async function recoverDatabase(root: MysqlConnection, live: RestoredDatabase): Promise<string[]> {
  const { staging, former } = restoreNames(live.database)
  if (!(await isDatabase(root, staging)) && !(await isDatabase(root, former))) return []
  await root.execute(SETTINGS)
  return underLock(root, live.database, 0, () => clean(root, live))
}

/** Finishes what was begun, and drops what stands beside. The journal goes last of all. */
async function clean(root: MysqlConnection, live: RestoredDatabase): Promise<string[]> {
  const { staging, former } = restoreNames(live.database)
  const done = await finish(root, live)
  await root.execute(`DROP DATABASE IF EXISTS ${quote(former)}`)
  await dropLoader(root, restoreUser(live.database))
  const isLeft = await isDatabase(root, staging)
  await root.execute(`DROP DATABASE IF EXISTS ${quote(staging)}`)
  if (done !== undefined) return [done]
  return isLeft ? [`removed what a restore of the database ${live.database} left`] : []
}

async function underLock<T>(
  root: MysqlConnection,
  database: string,
  waitSeconds: number,
  fn: () => Promise<T>,
): Promise<T> {
  const unlock = await takeLock(root, lockName('migrate', database), waitSeconds, () =>
    lockedError(database, 'migrate'),
  )
  try {
    return await fn()
  } finally {
    // The connection is closed next, which frees the lock as well.
    await unlock().catch(() => undefined)
  }
}
