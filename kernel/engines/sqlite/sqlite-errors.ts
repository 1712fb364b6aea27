import { M3Error } from '../../errors.js'
import { CODE, primaryCode, resultCode } from './result-codes.js'

const CONSTRAINTS: Readonly<Record<number, string>> = {
  [CODE.CONSTRAINT_CHECK]: 'SQLITE_CONSTRAINT_CHECK',
  [CODE.CONSTRAINT_FOREIGNKEY]: 'SQLITE_CONSTRAINT_FOREIGNKEY',
  [CODE.CONSTRAINT_NOTNULL]: 'SQLITE_CONSTRAINT_NOTNULL',
  [CODE.CONSTRAINT_PRIMARYKEY]: 'SQLITE_CONSTRAINT_PRIMARYKEY',
  [CODE.CONSTRAINT_TRIGGER]: 'SQLITE_CONSTRAINT_TRIGGER',
  [CODE.CONSTRAINT_UNIQUE]: 'SQLITE_CONSTRAINT_UNIQUE',
  [CODE.CONSTRAINT_ROWID]: 'SQLITE_CONSTRAINT_UNIQUE',
}

/** The file, the disk or the memory is at fault, not the statement. */
const UNREACHABLE: Readonly<Record<number, string>> = {
  [CODE.PERM]: 'its file may not be opened',
  [CODE.NOMEM]: 'there is no memory left',
  [CODE.READONLY]: 'its file is read-only',
  [CODE.IOERR]: 'its file cannot be read or written',
  [CODE.CORRUPT]: 'its file is damaged',
  [CODE.FULL]: 'the disk is full',
  [CODE.CANTOPEN]: 'its file cannot be opened',
  [CODE.PROTOCOL]: 'its file is locked in a way that cannot be resolved',
  [CODE.NOTADB]: 'its file is no database',
}

/**
 * Another connection writes, and it is worth waiting. Not so for a transaction that has read what another one has
 * changed since: its snapshot stays old however long it waits.
 */
export function isBusy(error: unknown, inTransaction: boolean): boolean {
  const code = resultCode(error)
  if (code === undefined || primaryCode(code) !== CODE.BUSY) return false
  return !(inTransaction && code === CODE.BUSY_SNAPSHOT)
}

/**
 * The error as the rest of the kernel knows it. `broken` tells that the connection is of no more use; `refused` is what
 * the guard refused last. A statement's own failure stays the driver's error, under the name that SQLite gives it: the
 * driver calls all of them ERR_SQLITE_ERROR, and Sequelize looks for SQLITE_CONSTRAINT_UNIQUE.
 */
export function translate(error: unknown, database: string, refused: string): { error: unknown; broken: boolean } {
  const code = resultCode(error)
  if (code === undefined) return { error, broken: false }
  const primary = primaryCode(code)
  const reason = UNREACHABLE[primary]
  if (reason) return { error: unavailable(database, reason, error), broken: true }
  if (primary === CODE.BUSY)
    return { error: unavailable(database, 'another writer keeps it busy', error), broken: false }
  if (primary === CODE.AUTH && refused) {
    const message = `A module cannot use ${refused} on SQLite: it reaches its tenant's own database, as the kernel opened it`
    return { error: new M3Error('MODULE_INVALID', message, { cause: error }), broken: false }
  }
  const name = primary === CODE.CONSTRAINT ? (CONSTRAINTS[code] ?? 'SQLITE_CONSTRAINT') : 'SQLITE_ERROR'
  return { error: Object.assign(error as Error, { code: name }), broken: false }
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
