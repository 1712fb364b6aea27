import { M3Error } from '../../../errors.js'
import type { MysqlDatabaseConnection } from '../../contract.js'
import { type MysqlConnection, openMysql } from '../connection.js'
import { errnoOf } from '../failures.js'
import { quote } from '../identifiers.js'
import { accountSql } from '../provision.js'

/** ER_SPECIFIC_ACCESS_DENIED_ERROR, ER_KILL_DENIED_ERROR, ER_NO_SUCH_THREAD. */
const [DENIED, KILL_DENIED, NO_SUCH_THREAD] = [1227, 1095, 1094]

const DEFINING =
  'make views and triggers in the name of others (MariaDB: SET USER; MySQL: SET_ANY_DEFINER, or SET_USER_ID before 8.2)'
const ENDING = 'see and end connections of others (PROCESS; MariaDB: CONNECTION ADMIN, MySQL: CONNECTION_ADMIN)'

/**
 * Tries out beside the live database what a swap of a tenant's needs rights for: one that stops in the middle for want of
 * them could be taken neither forward nor back. `loader` is the connection of the temporary account. Throws RESTORE_REFUSED.
 */
export async function checkRights(root: MysqlConnection, loader: MysqlDatabaseConnection, user: string): Promise<void> {
  const missing = [
    ...((await mayDefine(root, loader.database, user)) ? [] : [DEFINING]),
    ...((await mayEnd(root, loader)) ? [] : [ENDING]),
  ]
  if (missing.length === 0) return
  const message = `Nothing is changed: for a restore the user of tenants.database must have the right to ${missing.join(', and to ')}`
  throw new M3Error('RESTORE_REFUSED', message)
}

async function mayDefine(root: MysqlConnection, database: string, user: string): Promise<boolean> {
  const view = `${quote(database)}.${quote('m3saas_rights')}`
  try {
    await root.execute(`CREATE DEFINER=${accountSql(user)} VIEW ${view} AS SELECT 1 AS one`)
  } catch (error) {
    if (errnoOf(error) === DENIED) return false
    throw error
  }
  await root.execute(`DROP VIEW ${view}`)
  return true
}

/** Whoever may not see a connection would take it for ended, and its writes would go on. */
async function mayEnd(root: MysqlConnection, { login, collation, timeout }: MysqlDatabaseConnection): Promise<boolean> {
  const other = await openMysql(login, { collation, timeout })
  try {
    const [own] = await other.query<{ id: unknown }>('SELECT CONNECTION_ID() AS id')
    const id = Number(own?.id)
    const seen = await root.query<{ Id: unknown }>('SHOW PROCESSLIST')
    if (!seen.some(({ Id }) => Number(Id) === id)) return false
    await root.execute(`KILL CONNECTION ${id}`)
    return true
  } catch (error) {
    if (errnoOf(error) === KILL_DENIED || errnoOf(error) === DENIED) return false
    if (errnoOf(error) === NO_SUCH_THREAD) return true
    throw error
  } finally {
    await other.close()
  }
}
