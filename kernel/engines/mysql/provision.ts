import mysql from 'mysql2'
import { M3Error } from '../../errors.js'
import { type ReservedNames, tenantNameFault, tenantUserFault } from '../../names.js'
import { lockedError } from '../driver.js'
import { charsetOf, isSameCollation } from './collation.js'
import type { MysqlConnection } from './connection.js'
import { takeLock } from './driver.js'
import { databaseFailure, errnoOf } from './failures.js'
import { grantDifference, grantTarget } from './grants.js'
import { lockName, quote } from './identifiers.js'

/** A tenant as the server is to know it. */
export interface TenantAccount {
  readonly database: string
  readonly user: string
  /** Of the database user, derived: see password.ts. */
  readonly password: string
}

const LOCK_SECONDS = 30
const MANDATORY_ROLE = 3628

/** Refuses, with CATALOG_REFUSED, a name that would reach beyond a tenant: statements are made of it here. */
export function refuseReserved({ database, user }: TenantAccount, reserved: ReservedNames): void {
  const faults = [
    { path: 'name', message: tenantNameFault(database, reserved) },
    { path: 'user', message: tenantUserFault(user, reserved) },
  ].flatMap(({ path, message }) => (message === undefined ? [] : [{ path, message }]))
  if (faults.length > 0) throw new M3Error('CATALOG_REFUSED', 'The tenant cannot have this database', { faults })
}

/** Creates the database if it is missing, and leaves one that is there as it is: it may be adopted. */
export async function createDatabase(root: MysqlConnection, database: string, collation: string): Promise<boolean> {
  if ((await collationOf(root, database)) !== undefined) return false
  await alter(root, `CREATE DATABASE IF NOT EXISTS ${quote(database)} ${collationSql(collation)}`)
  return true
}

/**
 * Makes the server have the tenant's database, user and rights, and tells what it did. `setPassword`: the account did
 * not accept its password. Under a lock of the server, since several processes may find the same tenant missing.
 */
export async function provisionAccount(
  root: MysqlConnection,
  account: TenantAccount,
  collation: string,
  setPassword: boolean,
): Promise<string[]> {
  const { database } = account
  const unlock = await takeLock(root, lockName('provision', database), LOCK_SECONDS, () => {
    return new M3Error('LOCKED', `Another process is providing the database ${database}`, { retryAfter: 5 })
  })
  try {
    return [
      ...(await provideDatabase(root, database, collation)),
      ...(await provideUser(root, account, setPassword)),
      ...(await provideRights(root, account)),
    ]
  } finally {
    await unlock()
  }
}

/** Drops a tenant's database and user. */
export async function removeAccount(root: MysqlConnection, database: string, user: string): Promise<void> {
  const unlock = await takeLock(root, lockName('migrate', database), 0, () => lockedError(database, 'migrate'))
  try {
    await root.execute(`DROP DATABASE IF EXISTS ${quote(database)}`)
    await root.execute(`DROP USER IF EXISTS ${accountSql(user)}`)
  } finally {
    await unlock()
  }
}

async function provideDatabase(root: MysqlConnection, database: string, collation: string): Promise<string[]> {
  if (await createDatabase(root, database, collation)) return [`created the database ${database}`]
  if (isSameCollation(collation, (await collationOf(root, database)) ?? collation)) return []
  await alter(root, `ALTER DATABASE ${quote(database)} ${collationSql(collation)}`)
  return [`set the collation of the database ${database} to ${collation}`]
}

async function provideUser(root: MysqlConnection, account: TenantAccount, setPassword: boolean): Promise<string[]> {
  const { user, password } = account
  const hosts = await hostsOf(root, user)
  const others = hosts.filter((host) => host !== '%')
  const report = others.map((host) => `left the account ${user}@${host} alone, which is not the tenant's`)
  if (!hosts.includes('%')) {
    await withoutPassword(root.execute(`CREATE USER ${accountSql(user)} IDENTIFIED BY ${mysql.escape(password)}`))
    return [...report, `created the user ${user}`]
  }
  if (!setPassword) return report
  await withoutPassword(root.execute(`ALTER USER ${accountSql(user)} IDENTIFIED BY ${mysql.escape(password)}`))
  return [...report, `set the password of the user ${user}`]
}

async function provideRights(root: MysqlConnection, { database, user }: TenantAccount): Promise<string[]> {
  const account = accountSql(user)
  // A server that folds names, as on Windows and macOS, shows them in lower case.
  const [setting] = await root.query<{ folded: number }>('SELECT @@lower_case_table_names AS folded')
  const stored = setting?.folded ? database.toLowerCase() : database
  const { missing, excess } = grantDifference(await grantsOf(root, account), account, stored)
  const report: string[] = []
  // First what is needed, then what is too much: a tenant that is being served keeps its rights throughout.
  if (missing) {
    await root.execute(`GRANT ALL PRIVILEGES ON ${grantTarget(stored)} TO ${account}`)
    report.push(`granted the user ${user} all rights on the database ${database}`)
  }
  for (const { what, sql } of excess) {
    try {
      await root.execute(sql)
      report.push(`took from the user ${user}: ${what}`)
    } catch (error) {
      // The server's administrator gives this role to everybody; it can be taken from nobody.
      if (errnoOf(error) !== MANDATORY_ROLE) throw error
    }
  }
  return report
}

export async function collationOf(root: MysqlConnection, database: string): Promise<string | undefined> {
  const sql = 'SELECT DEFAULT_COLLATION_NAME AS collation FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?'
  const rows = await root.select<{ collation: string }>(sql, [database])
  return rows[0]?.collation
}

async function hostsOf(root: MysqlConnection, user: string): Promise<string[]> {
  const rows = await root.select<{ host: string }>('SELECT Host AS host FROM mysql.user WHERE User = ?', [user])
  return rows.map(({ host }) => host)
}

async function grantsOf(root: MysqlConnection, account: string): Promise<string[]> {
  const rows = await root.query<Record<string, string>>(`SHOW GRANTS FOR ${account}`)
  return rows.flatMap((row) => Object.values(row))
}

export function accountSql(user: string): string {
  return `${mysql.escape(user)}@'%'`
}

export function collationSql(collation: string): string {
  return `CHARACTER SET ${charsetOf(collation)} COLLATE ${collation}`
}

async function alter(root: MysqlConnection, sql: string): Promise<void> {
  try {
    await root.execute(sql)
  } catch (error) {
    throw databaseFailure(error)
  }
}

/** mysql2 puts the statement into its errors, and this one holds a password. */
export async function withoutPassword(statement: Promise<void>): Promise<void> {
  try {
    await statement
  } catch (error) {
    const failure = (error instanceof M3Error ? error.cause : error) as { sql?: string }
    delete failure.sql
    throw error
  }
}
