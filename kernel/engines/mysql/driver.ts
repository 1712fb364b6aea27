import type { Sequelize } from 'sequelize'
import { M3Error } from '../../errors.js'
import type { Driver, DriverConnection } from '../driver.js'
import { type MysqlLogin, type MysqlSession, openMysql } from './connection.js'
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
  ) {}

  connect(): Promise<DriverConnection> {
    return openMysql({ ...this.login(), database: this.database }, this.session)
  }

  lock(connection: DriverConnection, waitSeconds: number): Promise<() => Promise<void>> {
    return takeLock(connection, lockName('migrate', this.database), waitSeconds, () => {
      return new M3Error('LOCKED', `Another migration of the database ${this.database} is running`, { retryAfter: 5 })
    })
  }

  createSequelize(): Sequelize {
    return createMysqlSequelize()
  }
}

/** Takes a lock that all connections to the server share and that ends with this one at the latest. */
export async function takeLock(
  connection: DriverConnection,
  name: string,
  waitSeconds: number,
  refusal: () => M3Error,
): Promise<() => Promise<void>> {
  // MySQL takes whole seconds, and would round half a second down to no waiting at all.
  const rows = await connection.select<{ taken: unknown }>('SELECT GET_LOCK(?, ?) AS taken', [
    name,
    Math.max(0, Math.ceil(waitSeconds)),
  ])
  if (Number(rows[0]?.taken) !== 1) throw refusal()
  return async () => {
    await connection.select('SELECT RELEASE_LOCK(?) AS released', [name])
  }
}
