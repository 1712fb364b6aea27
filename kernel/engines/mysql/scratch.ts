import { M3Error } from '../../errors.js'
import type { Session } from '../contract.js'
import { HeldConnection } from '../held-connection.js'
import type { MysqlConnection } from './connection.js'
import { takeLock } from './driver.js'
import { databaseFailure } from './failures.js'
import { lockName, quote, scratchName } from './identifiers.js'
import { collationSql } from './provision.js'

const LOCK_SECONDS = 30

/**
 * Runs `fn` on the catalog's scratch database, made anew before and dropped afterwards, under a lock of the server. No
 * tenant's user may see it. What a killed process left goes at the next call. Throws LOCKED after half a minute.
 */
export async function onScratch<T>(
  root: MysqlConnection,
  catalog: string,
  collation: string,
  fn: (session: Session) => Promise<T>,
): Promise<T> {
  const name = scratchName(catalog)
  const unlock = await takeLock(root, lockName('scratch', catalog), LOCK_SECONDS, () => {
    return new M3Error('LOCKED', 'Another process is trying out declarations on the database server', { retryAfter: 5 })
  })
  try {
    await create(root, name, collation)
    const result = await fn(new HeldConnection(root, 'START TRANSACTION'))
    await drop(root, name)
    return result
  } catch (error) {
    // It says more than a failed cleanup, which the next call does again.
    await drop(root, name).catch(() => undefined)
    throw error
  } finally {
    // The connection is closed next, which frees the lock as well.
    await unlock().catch(() => undefined)
  }
}

async function create(root: MysqlConnection, name: string, collation: string): Promise<void> {
  await drop(root, name)
  try {
    await root.execute(`CREATE DATABASE ${quote(name)} ${collationSql(collation)}`)
  } catch (error) {
    throw databaseFailure(error)
  }
  await root.execute(`USE ${quote(name)}`)
}

async function drop(root: MysqlConnection, name: string): Promise<void> {
  await root.execute(`DROP DATABASE IF EXISTS ${quote(name)}`)
}

/** What is given runs one after another, whether the one before worked or not. */
export function oneAtATime(): <T>(fn: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (fn) => {
    const turn = last.then(fn)
    last = turn.catch(() => undefined)
    return turn
  }
}
