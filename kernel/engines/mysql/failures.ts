import { M3Error } from '../../errors.js'

/** As much of a mysql2 or socket error as tells what happened. */
interface DriverFailure {
  readonly errno?: unknown
  readonly code?: unknown
  readonly fatal?: unknown
}

// The numbers: https://dev.mysql.com/doc/mysql-errors/8.0/en/server-error-reference.html
// and https://mariadb.com/kb/en/mariadb-error-code-reference/
const ACCESS_DENIED_TO_DATABASE = 1044
const ACCESS_DENIED = 1045
const UNKNOWN_DATABASE = 1049
const UNKNOWN_CHARSET = 1115
const COLLATION_OF_ANOTHER_CHARSET = 1253
const UNKNOWN_COLLATION = 1273
const ACCESS_DENIED_NO_PASSWORD = 1698
const MUST_CHANGE_PASSWORD = 1820
const MUST_CHANGE_PASSWORD_LOGIN = 1862

/** ER_ACCOUNT_HAS_BEEN_LOCKED: of MySQL, and of MariaDB. */
const ACCOUNT_LOCKED = [3118, 4151]

/** 1053 shutting down, 1927 killed (MariaDB), 4031 idle for too long (MySQL). */
const ENDED_BY_SERVER = [1053, 1927, 4031]

const WRONG_PASSWORD = [ACCESS_DENIED, ACCESS_DENIED_NO_PASSWORD, MUST_CHANGE_PASSWORD, MUST_CHANGE_PASSWORD_LOGIN]
const MENDED_BY_PROVISIONING = [ACCESS_DENIED_TO_DATABASE, UNKNOWN_DATABASE, ...WRONG_PASSWORD]

const WRONG_COLLATION = [UNKNOWN_CHARSET, COLLATION_OF_ANOTHER_CHARSET, UNKNOWN_COLLATION]

const RETRY_AFTER_SECONDS = 2

/** Why a connection could not be opened: DATABASE_UNAVAILABLE, or CONFIG_INVALID for a collation that is none. */
export function connectFailure(error: unknown): M3Error {
  if (error instanceof M3Error) return error
  return WRONG_COLLATION.includes(errnoOf(error)) ? collationFailure(error) : unavailable(error)
}

/** A failed statement: DATABASE_UNAVAILABLE if the database went away meanwhile, else the driver's own error. */
export function statementFailure(error: unknown): unknown {
  // An unknown database has been dropped under an open connection.
  return isConnectionLost(error) || errnoOf(error) === UNKNOWN_DATABASE ? unavailable(error) : error
}

/** A failure to create or alter a database. */
export function databaseFailure(error: unknown): unknown {
  return WRONG_COLLATION.includes(errnoOf(error)) ? collationFailure(error) : error
}

/** The connection that reported this is of no further use. */
export function isConnectionLost(error: unknown): boolean {
  return (error as DriverFailure | null)?.fatal === true || ENDED_BY_SERVER.includes(errnoOf(error))
}

/** The server answers, but the database, its user, the user's password or rights are missing or differ. */
export function isNotProvisioned(error: unknown): boolean {
  return isUnavailableFor(error, MENDED_BY_PROVISIONING)
}

/** The server knows the user by another password, or does not know it. */
export function isWrongPassword(error: unknown): boolean {
  return isUnavailableFor(error, WRONG_PASSWORD)
}

/** The user may not log in: a restore shuts it out for a while, or an administrator did. */
export function isAccountLocked(error: unknown): boolean {
  return isUnavailableFor(error, ACCOUNT_LOCKED)
}

function isUnavailableFor(error: unknown, reasons: readonly number[]): boolean {
  return error instanceof M3Error && error.code === 'DATABASE_UNAVAILABLE' && reasons.includes(errnoOf(error.cause))
}

/** The server's number of an error; -1 for any other error. */
export function errnoOf(error: unknown): number {
  const errno = (error as DriverFailure | null)?.errno
  return typeof errno === 'number' ? errno : -1
}

function unavailable(cause: unknown): M3Error {
  if (ACCOUNT_LOCKED.includes(errnoOf(cause))) {
    const message =
      'The database server lets the user of the database not in: a restore is under way, or its account is locked'
    return new M3Error('DATABASE_UNAVAILABLE', message, { retryAfter: RETRY_AFTER_SECONDS, cause })
  }
  const message = MENDED_BY_PROVISIONING.includes(errnoOf(cause))
    ? 'The database server refuses the connection: the database, its user, password or rights are not as they must be'
    : 'The database cannot be reached; try again'
  return new M3Error('DATABASE_UNAVAILABLE', message, { retryAfter: RETRY_AFTER_SECONDS, cause })
}

function collationFailure(cause: unknown): M3Error {
  return new M3Error('CONFIG_INVALID', 'The database server does not know the configured collation', {
    faults: [{ path: '$.tenants.settings.collation', message: 'is no collation of the database server' }],
    cause,
  })
}
