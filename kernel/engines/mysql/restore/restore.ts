import { M3Error } from '../../../errors.js'
import type { MysqlDatabaseConnection, Staging } from '../../contract.js'
import { lockedError } from '../../driver.js'
import type { MysqlConnection } from '../connection.js'
import { takeLock } from '../driver.js'
import { lockName, quote, restoreNames, restoreUser } from '../identifiers.js'
import { collationOf, collationSql } from '../provision.js'
import { createLoader, dropLoader } from './account.js'
import { finish, type Step } from './finish.js'
import { isDatabase } from './journal.js'
import { keepAwake } from './keep-awake.js'
import { checkRights } from './rights.js'
import { type RestoredDatabase, swap } from './swap.js'

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
  const { staging, journal } = restoreNames(database)
  const user = restoreUser(database)
  return underLock(root, database, waitSeconds, async () => {
    const collation = await collationOf(root, database)
    if (collation === undefined) {
      throw new M3Error('DATABASE_UNAVAILABLE', `The database ${database} is not there`, { retryAfter: 5 })
    }
    await clean(root, database)
    try {
      await root.execute(`CREATE DATABASE ${quote(journal)} ${collationSql(collation)}`)
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
      // What is done is done, and what failed has its reason: whoever restores it next, or mends it, takes away what is left.
      await clean(root, database).catch(() => undefined)
    }
  })
}

/** See `Engine.recover`. One query where there is nothing. */
export async function recoverDatabase(root: MysqlConnection, database: string, step?: Step): Promise<string[]> {
  if (!(await isDatabase(root, restoreNames(database).journal))) return []
  return underLock(root, database, 0, () => clean(root, database, step))
}

/** Finishes what was begun, and drops what stands beside; last of all the sign that something does. */
async function clean(root: MysqlConnection, database: string, step?: Step): Promise<string[]> {
  const { staging, former, journal } = restoreNames(database)
  const done = await finish(root, { database }, step)
  await root.execute(`DROP DATABASE IF EXISTS ${quote(former)}`)
  step?.('drop')
  await root.execute(`DROP DATABASE IF EXISTS ${quote(staging)}`)
  // Behind what it may have defined: MySQL keeps the account of a definer.
  await dropLoader(root, restoreUser(database))
  const isLeft = await isDatabase(root, journal)
  await root.execute(`DROP DATABASE IF EXISTS ${quote(journal)}`)
  if (done !== undefined) return [done]
  return isLeft ? [`removed what a restore of the database ${database} left`] : []
}

async function underLock<T>(
  root: MysqlConnection,
  database: string,
  waitSeconds: number,
  fn: () => Promise<T>,
): Promise<T> {
  const rest = await keepAwake(root)
  try {
    const unlock = await takeLock(root, lockName('migrate', database), waitSeconds, () =>
      lockedError(database, 'migrate'),
    )
    try {
      return await fn()
    } finally {
      // The connection is closed next, which frees the lock as well.
      await unlock().catch(() => undefined)
    }
  } finally {
    rest()
  }
}
