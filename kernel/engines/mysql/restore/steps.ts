import { M3Error, messageOf } from '../../../errors.js'
import type { Definition, LoadReport } from '../../dump.js'
import type { MysqlConnection } from '../connection.js'
import { lookAtView } from '../dump/look-at-view.js'
import { quote } from '../identifiers.js'
import { definedBy, dropAll, makeAll } from './definitions.js'
import type { Journal } from './journal.js'

/** What is made before the tables are looked at. An event begins to do its work when it is made. */
const STILL: readonly Definition['kind'][] = ['view', 'trigger', 'procedure', 'function', 'sequence']

/**
 * In one statement, which is done as a whole or not at all, whatever ends it: https://dev.mysql.com/doc/refman/8.0/en/atomic-ddl.html,
 * https://mariadb.com/kb/en/atomic-ddl/. From left to right, so that a name that is taken gets free in time.
 */
export async function renameTables(
  root: MysqlConnection,
  moves: readonly (readonly [from: string, to: string, table: string])[],
): Promise<void> {
  await root.execute('SET SESSION foreign_key_checks = 0')
  const parts = moves.map(([from, to, table]) => `${quote(from)}.${quote(table)} TO ${quote(to)}.${quote(table)}`)
  await root.execute(`RENAME TABLE ${parts.join(', ')}`)
}

/** Makes those of the new database, of these kinds, in the place of all of these kinds that are there. */
export async function placeDefinitions(
  root: MysqlConnection,
  database: string,
  { newDefinitions, user }: Journal,
  kinds = STILL,
): Promise<void> {
  await root.execute(`USE ${quote(database)}`)
  await dropAll(root, kinds)
  const wanted = newDefinitions.filter(({ kind }) => kinds.includes(kind))
  await makeAll(root, wanted, (definition) => definedBy(definition, user))
}

/** What stands in the place must be what was loaded. Nobody but root has been there, unless it is the catalog. */
export async function look(root: MysqlConnection, database: string, journal: Journal): Promise<void> {
  if (journal.user === undefined) {
    for (const table of Object.keys(journal.newRows)) {
      await root.query(`SELECT 1 AS one FROM ${quote(database)}.${quote(table)} LIMIT 1`)
    }
  } else {
    await lookAtRows(root, database, journal.newRows, database)
  }
  await root.execute(`USE ${quote(database)}`)
  for (const { kind, name, unreadable } of journal.newDefinitions) {
    if (kind === 'view' && !unreadable) await lookAtView(root, name)
  }
}

/** Counts the rows of what was loaded, where it stands. */
export async function lookAtRows(
  root: MysqlConnection,
  where: string,
  rows: LoadReport['rows'],
  database: string,
): Promise<void> {
  for (const [table, expected] of Object.entries(rows)) {
    const [row] = await root.query<{ number: unknown }>(
      `SELECT COUNT(*) AS number FROM ${quote(where)}.${quote(table)}`,
    )
    const number = Number(row?.number)
    if (number !== expected) {
      throw failure(database, new Error(`${table} has ${number} rows where ${expected} were loaded`))
    }
  }
}

export function failure(database: string, cause: unknown): M3Error {
  return new M3Error('RESTORE_FAILED', `The database ${database} is as it was: ${messageOf(cause)}`, { cause })
}
