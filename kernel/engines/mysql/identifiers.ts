import { createHash } from 'node:crypto'
import type { LockPurpose } from '../contract.js'

/** MySQL's limit for the names of tables, columns, indexes, constraints and locks. */
const MAX_NAME = 64

export function quote(identifier: string): string {
  return `\`${identifier.replaceAll('`', '``')}\``
}

/**
 * The name of an index or a foreign key, the same at every time and on every machine. No identifier of ours has a `$`,
 * so that the names of `a_b` (c) and `a` (b_c) differ: foreign keys share one name space a database.
 */
export function keyName(table: string, columns: readonly string[], kind: 'unique' | 'index' | 'fk'): string {
  return fit([table, ...columns, kind].join('$'))
}

/** A user-level lock is the server's, so its name says whose it is. */
export function lockName(purpose: LockPurpose | 'provision', database: string): string {
  return fit(`m3saas:${purpose}:${database}`)
}

/** Too long a name keeps its start, to be recognised by, and ends in a digest of the whole. */
function fit(name: string): string {
  if (name.length <= MAX_NAME) return name
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 16)
  return `${name.slice(0, MAX_NAME - digest.length - 1)}$${digest}`
}
