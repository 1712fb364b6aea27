import { M3Error } from '../../errors.js'

/** An error of the driver: `errcode` is SQLite's extended result code, https://sqlite.org/rescode.html */
interface DriverError extends Error {
  code: string
  errcode: number
}

const BUSY = 5
const BUSY_SNAPSHOT = 517
const AUTH = 23

const CONSTRAINTS: Readonly<Record<number, string>> = {
  275: 'SQLITE_CONSTRAINT_CHECK',
  787: 'SQLITE_CONSTRAINT_FOREIGNKEY',
  1299: 'SQLITE_CONSTRAINT_NOTNULL',
  1555: 'SQLITE_CONSTRAINT_PRIMARYKEY',
  1811: 'SQLITE_CONSTRAINT_TRIGGER',
  2067: 'SQLITE_CONSTRAINT_UNIQUE',
  2579: 'SQLITE_CONSTRAINT_UNIQUE',
}

/** The file, the disk or the memory is at fault, not the statement. */
const UNREACHABLE: Readonly<Record<number, string>> = {
  3: 'its file may not be opened',
  7: 'there is no memory left',
  8: 'its file is read-only',
  10: 'its file cannot be read or written',
  11: 'its file is damaged',
  13: 'the disk is full',
  14: 'its file cannot be opened',
  15: 'its file is locked in a way that cannot be resolved',
  26: 'its file is no database',
}

export function isDriverError(error: unknown): error is DriverError {
  return error instanceof Error && typeof (error as Partial<DriverError>).errcode === 'number'
}

/**
 * Another connection writes, and it is worth waiting. Not so for a transaction that has read what another one has
 * changed since: its snapshot stays old however long it waits.
 */
export function isBusy(error: unknown, inTransaction: boolean): boolean {
  if (!isDriverError(error) || (error.errcode & 0xff) !== BUSY) return false
  return !(inTransaction && error.errcode === BUSY_SNAPSHOT)
}

/**
 * The error as the rest of the kernel knows it. `broken` tells that the connection is of no more use. A statement's own
 * failure stays the driver's error, under the name that SQLite gives it: the driver calls all of them ERR_SQLITE_ERROR,
 * and Sequelize looks for SQLITE_CONSTRAINT_UNIQUE.
 */
export function translate(error: unknown, database: string, refused: string): { error: unknown; broken: boolean } {
  if (!isDriverError(error)) return { error, broken: false }
  const primary = error.errcode & 0xff
  const reason = UNREACHABLE[primary]
  if (reason) return { error: unavailable(database, reason, error), broken: true }
  if (primary === BUSY) return { error: unavailable(database, 'another writer keeps it busy', error), broken: false }
  if (primary === AUTH && refused) {
    const message = `A module cannot use ${refused} on SQLite: it reaches its tenant's own database, as the kernel opened it`
    return { error: new M3Error('MODULE_INVALID', message, { cause: error }), broken: false }
  }
  error.code = CONSTRAINTS[error.errcode] ?? (primary === 19 ? 'SQLITE_CONSTRAINT' : 'SQLITE_ERROR')
  return { error, broken: false }
}

export function unavailable(database: string, reason: string, cause?: unknown): M3Error {
  const message = `The database ${database} cannot be used: ${reason}`
  return new M3Error('DATABASE_UNAVAILABLE', message, { retryAfter: 5, cause })
}

/** A DATABASE_UNAVAILABLE that provisioning mends: the file is not there yet. */
class MissingDatabase extends M3Error {}

export function missing(database: string): M3Error {
  const message = `The database ${database} cannot be used: it does not exist; migrating it creates it`
  return new MissingDatabase('DATABASE_UNAVAILABLE', message, { retryAfter: 5 })
}

export function isMissing(error: unknown): boolean {
  return error instanceof MissingDatabase
}
