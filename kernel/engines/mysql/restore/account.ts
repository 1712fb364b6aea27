import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import mysql from 'mysql2'
import { M3Error } from '../../../errors.js'
import type { MysqlConnection } from '../connection.js'
import { errnoOf } from '../failures.js'
import { grantTarget } from '../grants.js'
import { accountSql, withoutPassword } from '../provision.js'

const NO_SUCH_THREAD = 1094
/** What a killed connection had begun is taken back first. */
const GONE_MS = 30_000
const LOOK_MS = 20

/** Makes an account that reaches one database and nothing else. Gives its password. */
export async function createLoader(root: MysqlConnection, user: string, database: string): Promise<string> {
  const password = randomBytes(24).toString('base64url')
  await dropLoader(root, user)
  await withoutPassword(root.execute(`CREATE USER ${accountSql(user)} IDENTIFIED BY ${mysql.escape(password)}`))
  await root.execute(`GRANT ALL PRIVILEGES ON ${grantTarget(database)} TO ${accountSql(user)}`)
  return password
}

export async function dropLoader(root: MysqlConnection, user: string): Promise<void> {
  await root.execute(`DROP USER IF EXISTS ${accountSql(user)}`)
}

/** Nobody logs in as the user from now on, and whoever is logged in is not any more when this resolves. */
export async function shutOut(root: MysqlConnection, user: string): Promise<void> {
  // An account that is not there keeps nobody from being restored, nor from being let in.
  await root.execute(`ALTER USER IF EXISTS ${accountSql(user)} ACCOUNT LOCK`)
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
