import { createHash } from 'node:crypto'
import type { LockPurpose } from '../contract.js'

/** MySQL's limit for the names of tables, columns, indexes, constraints and locks. */
const MAX_NAME = 64

export function quote(identifier: string): string {
  return `\`${identifier.replaceAll('`', '``')}\``
}

/**
 * The name of an index, the same at every time and on every machine. No identifier of ours has a `$`, so that the names
 * of (a_b, c) and (a, b_c) differ.
 */
export function indexName(table: string, columns: readonly string[], unique: boolean): string {
  return fit([table, ...columns, unique ? 'unique' : 'index'].join('$'))
}

/**
 * The name of a foreign key. Foreign keys share one name space a database, and a key keeps its name when its table is
 * renamed, unless it begins like those that the server makes: then the server renames it too, and a new table of the old
 * name may have a key of the old name. https://dev.mysql.com/doc/refman/8.0/en/rename-table.html
 */
export function foreignKeyName(table: string, columns: readonly string[]): string {
  return fit(`${table}_ibfk_${columns.map((column) => `$${column}`).join('')}`)
}

/** Its name after RENAME TABLE: the server renames those that begin like its own. */
export function renamedForeignKey(name: string, from: string, to: string): string {
  const made = `${from}_ibfk_`
  return name.startsWith(made) ? `${to}_ibfk_${name.slice(made.length)}` : name
}

/** The name itself, or with a number behind it if it is taken, and then taken as well. Names are kept in lower case. */
export function freeName(name: string, taken: Set<string>): string {
  let free = name
  for (let i = 2; taken.has(free.toLowerCase()); i++) free = fit(`${name}$${i}`)
  taken.add(free.toLowerCase())
  return free
}

/** The database in which a catalog's declarations are tried out. No tenant's name has a `-`. */
export function scratchName(catalog: string): string {
  return fit(`m3saas-scratch-${catalog}`)
}

/** What stands beside a database while it is restored. */
export interface RestoreNames {
  /** Where the new one is loaded. GRANT takes its name. */
  readonly staging: string
  /** Where the former one stays until the new one is looked at. */
  readonly former: string
  /** Holds the journal, out of reach of what is loaded. It is made first and goes last. */
  readonly journal: string
}

export function restoreNames(database: string): RestoreNames {
  return {
    staging: fit(`m3saas-restore-${database}`, lengthInGrant),
    former: fit(`m3saas-former-${database}`),
    journal: fit(`m3saas-journal-${database}`),
  }
}

/** GRANT takes `_` with a backslash before it, and counts that. */
function lengthInGrant(name: string): number {
  return name.replaceAll('_', '\\_').length
}

/** The account that loads it: no tenant’s user has a `-`. Within MySQL’s 32 characters. */
export function restoreUser(database: string): string {
  return `m3saas-${createHash('sha256').update(database).digest('hex').slice(0, 24)}`
}

/** A user-level lock is the server's, so its name says whose it is. */
export function lockName(purpose: LockPurpose | 'provision' | 'scratch', database: string): string {
  return fit(`m3saas:${purpose}:${database}`)
}

/** Too long a name keeps its start, to be recognised by, and ends in a digest of the whole. */
function fit(name: string, lengthOf = (text: string) => text.length): string {
  if (lengthOf(name) <= MAX_NAME) return name
  const end = `$${createHash('sha256').update(name).digest('hex').slice(0, 16)}`
  let start = name.slice(0, MAX_NAME - end.length)
  while (lengthOf(start) > MAX_NAME - end.length) start = start.slice(0, -1)
  return start + end
}
