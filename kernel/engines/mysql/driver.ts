import mysql from 'mysql2'
import type { Sequelize } from 'sequelize'
import type { M3Error } from '../../errors.js'
import type { LockPurpose } from '../contract.js'
import { type Driver, type DriverConnection, lockedError } from '../driver.js'
import { type MysqlConnection, type MysqlLogin, type MysqlSession, openMysql } from './connection.js'
import { isAccountLocked } from './failures.js'
import { lockName } from './identifiers.js'
import { createMysqlSequelize } from './sequelize.js'

/** One database as one user reaches it. `login` is asked at each connection, so that no password is derived before. */
export class MysqlDriver implements Driver {
  readonly engine = 'mysql'
  readonly begin = 'START TRANSACTION'

  constructor(
    readonly database: string,
    readonly login: () => MysqlLogin,
    readonly session: MysqlSession,
    /** Ends what has shut the user out, if a restore did whose process died. Says whether it did. */
    readonly endDeadRestore?: () => Promise<boolean>,
  ) {}

  async connect(): Promise<DriverConnection> {
    const open = () => openMysql({ ...this.login(), database: this.database }, this.session)
    try {
      return await open()
    } catch (error) {
      // A tenant that is served already is built and provided no more: this is where it is met.
      if (!this.endDeadRestore || !isAccountLocked(error) || !(await this.endDeadRestore())) throw error
      return open()
    }
  }

  lock(connection: MysqlConnection, waitSeconds: number, purpose: LockPurpose): Promise<() => Promise<void>> {
    const name = lockName(purpose, this.database)
    return takeLock(connection, name, waitSeconds, () => lockedError(this.database, purpose))
  }

  createSequelize(): Sequelize {
    return createMysqlSequelize()
  }
}

/** Takes a lock that all connections to the server share and that ends with this one at the latest. */
export async function takeLock(
  connection: MysqlConnection,
  name: string,
  waitSeconds: number,
  refusal: () => M3Error,
): Promise<() => Promise<void>> {
  // MySQL takes whole seconds, and would round half a second down to no waiting at all.
  const seconds = Math.max(0, Math.ceil(waitSeconds))
  const rows = await connection.query<{ taken: unknown }>(`SELECT GET_LOCK(${mysql.escape(name)}, ${seconds}) AS taken`)
  if (Number(rows[0]?.taken) !== 1) throw refusal()
  return async () => {
    await connection.query(`SELECT RELEASE_LOCK(${mysql.escape(name)}) AS released`)
  }
}
