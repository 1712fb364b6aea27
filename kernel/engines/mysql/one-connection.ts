import type { ConnectionGate, GatedPool } from '../contract.js'
import { type MysqlConnection, type MysqlLogin, type MysqlSession, openMysql } from './connection.js'
import { errnoOf } from './failures.js'

const NO_SUCH_THREAD = 1094

/** Opens a connection for `use`, and closes it. */
export async function withConnection<T>(
  login: MysqlLogin,
  session: MysqlSession,
  use: (connection: MysqlConnection) => Promise<T>,
): Promise<T> {
  const connection = await openMysql(login, session)
  try {
    return await use(connection)
  } finally {
    await connection.close()
  }
}

/** One place in the budget for connections that are opened, used and closed, one after another. */
export async function onOneConnection<T>(
  gate: ConnectionGate,
  fn: (open: typeof withConnection) => Promise<T>,
): Promise<T> {
  const pool: GatedPool = { idleConnections: 0, releaseOne: () => false }
  const leave = await gate.admit(pool)
  try {
    return await fn(withConnection)
  } finally {
    leave()
    gate.forget(pool)
  }
}

/** One that is gone already has nothing left to end. */
export async function killSessions(connection: MysqlConnection, sessions: readonly number[]): Promise<void> {
  for (const id of sessions) {
    try {
      await connection.execute(`KILL CONNECTION ${Math.trunc(id)}`)
    } catch (error) {
      if (errnoOf(error) !== NO_SUCH_THREAD) throw error
    }
  }
}
