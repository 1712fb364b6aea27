import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import mysql from 'mysql2'
import { M3Error } from '../../../errors.js'
import type { MysqlConnection } from '../connection.js'
import { errnoOf } from '../failures.js'
import { grantTarget } from '../grants.js'
import { accountSql, withoutPassword } from '../provision.js'

const NO_SUCH_THREAD = 1094
/** ER_PASSWORD_NO_MATCH of MariaDB, ER_CANNOT_USER of MySQL. */
const NO_SUCH_USER = [1133, 1396]
/** What a killed connection had begun is taken back first. */
const GONE_MS = 30_000
const LOOK_MS = 20

/** Makes an account that reaches one database and nothing else. Gives its password. */
export async function createLoader(root: MysqlConnection, user: string, database: string): Promise<string> {
  // As `databasePassword`: with what a server's policy of passwords asks for.
  const password = `Aa1-${randomBytes(24).toString('base64url')}`
  await dropLoader(root, user)
  await withoutPassword(root.execute(`CREATE USER ${accountSql(user)} IDENTIFIED BY ${mysql.escape(password)}`))
  await root.execute(`GRANT ALL PRIVILEGES ON ${grantTarget(database)} TO ${accountSql(user)}`)
  return password
}

export async function dropLoader(root: MysqlConnection, user: string): Promise<void> {
  await root.execute(`DROP USER IF EXISTS ${accountSql(user)}`)
}

/**
 * Nobody logs in as the user from now on; who is logged in stays. What it has defined runs on:
 * https://dev.mysql.com/doc/refman/8.0/en/account-locking.html
 */
export async function lockOut(root: MysqlConnection, user: string): Promise<void> {
  // An account that is not there keeps nobody from being restored, nor from being let in.
  await root.execute(`ALTER USER IF EXISTS ${accountSql(user)} ACCOUNT LOCK`)
}

/**
 * Of a user that is locked out nobody is connected any more when this resolves. A connection is listed by its user before its
 * account is looked at, so that none slips in behind the lock.
 */
export async function endSessions(root: MysqlConnection, user: string): Promise<void> {
  const end = performance.now() + GONE_MS
  for (;;) {
    const sessions = await sessionsOf(root, user)
    if (sessions.length === 0) return
    if (performance.now() > end) {
      throw new M3Error('RESTORE_FAILED', `Connections of the user ${user} do not end: something keeps the server busy`)
    }
    for (const id of sessions) await kill(root, id)
    await delay(LOOK_MS)
  }
}

/** Whether an administrator has locked the account: nobody else has, as long as no restore is under way. */
export async function isLocked(root: MysqlConnection, user: string): Promise<boolean> {
  try {
    const rows = await root.query<Record<string, string>>(`SHOW CREATE USER ${accountSql(user)}`)
    const text = rows.flatMap((row) => Object.values(row)).join(' ')
    return /\bACCOUNT LOCK\b/.test(text.replace(/'(?:[^'\\]|''|\\.)*'/g, ''))
  } catch (error) {
    if (NO_SUCH_USER.includes(errnoOf(error))) return false
    throw error
  }
}

export async function letIn(root: MysqlConnection, user: string): Promise<void> {
  await root.execute(`ALTER USER IF EXISTS ${accountSql(user)} ACCOUNT UNLOCK`)
}

async function sessionsOf(root: MysqlConnection, user: string): Promise<readonly number[]> {
  const rows = await root.query<{ Id: number | string; User: string }>('SHOW PROCESSLIST')
  return rows.filter(({ User }) => User === user).map(({ Id }) => Number(Id))
}

/** One that is gone already has nothing left to end. */
async function kill(root: MysqlConnection, id: number): Promise<void> {
  try {
    await root.execute(`KILL CONNECTION ${id}`)
  } catch (error) {
    if (errnoOf(error) !== NO_SUCH_THREAD) throw error
  }
}
