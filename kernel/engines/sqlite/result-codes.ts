/** SQLite's extended result codes, as far as they are told apart: https://sqlite.org/rescode.html */
export const CODE = {
  PERM: 3,
  BUSY: 5,
  NOMEM: 7,
  READONLY: 8,
  IOERR: 10,
  CORRUPT: 11,
  FULL: 13,
  CANTOPEN: 14,
  PROTOCOL: 15,
  CONSTRAINT: 19,
  AUTH: 23,
  NOTADB: 26,
  CONSTRAINT_CHECK: 275,
  BUSY_SNAPSHOT: 517,
  IOERR_WRITE: 778,
  CONSTRAINT_FOREIGNKEY: 787,
  CONSTRAINT_NOTNULL: 1299,
  CONSTRAINT_PRIMARYKEY: 1555,
  CONSTRAINT_TRIGGER: 1811,
  CONSTRAINT_UNIQUE: 2067,
  CONSTRAINT_ROWID: 2579,
} as const

/** The driver gives no code with an error that comes while rows are read, only SQLite's message. */
const MESSAGES: readonly [start: string, code: number][] = [
  ['access permission denied', CODE.PERM],
  ['database is locked', CODE.BUSY],
  ['out of memory', CODE.NOMEM],
  ['attempt to write a readonly database', CODE.READONLY],
  ['disk I/O error', CODE.IOERR],
  ['database disk image is malformed', CODE.CORRUPT],
  ['database or disk is full', CODE.FULL],
  ['unable to open database file', CODE.CANTOPEN],
  ['locking protocol', CODE.PROTOCOL],
  ['authorization denied', CODE.AUTH],
  ['not authorized', CODE.AUTH],
  ['file is not a database', CODE.NOTADB],
  ['CHECK constraint failed', CODE.CONSTRAINT_CHECK],
  ['FOREIGN KEY constraint failed', CODE.CONSTRAINT_FOREIGNKEY],
  ['NOT NULL constraint failed', CODE.CONSTRAINT_NOTNULL],
  ['UNIQUE constraint failed', CODE.CONSTRAINT_UNIQUE],
]

/** The extended result code of an error of the driver, 1 where it is unknown; undefined for any other error. */
export function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined
  const { errcode, code, message } = error as Error & { errcode?: number; code?: string }
  if (typeof errcode === 'number') return errcode
  if (code !== 'ERR_SQLITE_ERROR') return undefined
  return MESSAGES.find(([start]) => message.startsWith(start))?.[1] ?? 1
}

/** The code without what it is extended by. */
export function primaryCode(code: number): number {
  return code & 0xff
}
