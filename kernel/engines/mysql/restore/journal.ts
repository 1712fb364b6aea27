import { M3Error } from '../../../errors.js'
import type { Definition } from '../../dump.js'
import type { MysqlConnection } from '../connection.js'
import { errnoOf } from '../failures.js'
import { quote } from '../identifiers.js'

/** In a database of its own: what a file brings with it must not be taken for it. */
const JOURNAL = 'm3saas_restore'

/**
 * `forward`: as far as the marker tells. `kept`: what was loaded stands in its place, and was looked at. `back`: the former
 * tables are to stand there again. `done`: all that is left is to let the user in.
 */
export type Direction = 'forward' | 'kept' | 'back' | 'done'

export interface Journal {
  readonly direction: Direction
  /** Moves along with the new tables: where it stands tells whether they were moved. No table of anybody has its name. */
  readonly marker: string
  /** The user that is shut out, and the definer of what is made; absent for the catalog. */
  readonly user?: string
  /** An administrator has locked its account before: it stays so. */
  readonly staysLocked: boolean
  /** What RENAME TABLE moves: of the live database, and of the staging one. */
  readonly formerTables: readonly string[]
  readonly newTables: readonly string[]
  readonly formerDefinitions: readonly Definition[]
  readonly newDefinitions: readonly Definition[]
  /** By table, of what was loaded. */
  readonly newRows: Readonly<Record<string, number>>
}

const UNKNOWN = [1049, 1146]
/** A statement of less than a mebibyte each: the text of all procedures may be long. */
const PIECE = 500_000

/** `database` is the journal’s own. */
export async function writeJournal(root: MysqlConnection, database: string, journal: Journal): Promise<void> {
  const table = tableIn(database)
  await root.execute(
    `CREATE TABLE IF NOT EXISTS ${table} (number INT NOT NULL PRIMARY KEY, content LONGTEXT NOT NULL) ENGINE = InnoDB CHARACTER SET ascii`,
  )
  await root.execute('START TRANSACTION')
  try {
    await root.execute(`DELETE FROM ${table}`)
    // No piece ends in the middle of a character.
    const text = Buffer.from(JSON.stringify(journal)).toString('base64')
    for (let i = 0; i * PIECE < text.length; i++) {
      await root.run(`INSERT INTO ${table} VALUES (?, ?)`, [i, text.slice(i * PIECE, (i + 1) * PIECE)])
    }
    await root.execute('COMMIT')
  } catch (error) {
    await root.execute('ROLLBACK')
    throw error
  }
}

/** Undefined if no swap is under way. */
export async function readJournal(root: MysqlConnection, database: string): Promise<Journal | undefined> {
  let rows: readonly { content: string }[]
  try {
    rows = await root.query(`SELECT content FROM ${tableIn(database)} ORDER BY number`)
  } catch (error) {
    if (UNKNOWN.includes(errnoOf(error instanceof M3Error ? error.cause : error))) return undefined
    throw error
  }
  if (rows.length === 0) return undefined
  return JSON.parse(Buffer.from(rows.map(({ content }) => content).join(''), 'base64').toString()) as Journal
}

/** From now on there is nothing to finish. */
export async function forgetJournal(root: MysqlConnection, database: string): Promise<void> {
  await root.execute(`DROP TABLE IF EXISTS ${tableIn(database)}`)
}

function tableIn(database: string): string {
  return `${quote(database)}.${JOURNAL}`
}

/** The names of its tables and views. */
export async function tablesOf(root: MysqlConnection, database: string): Promise<ReadonlySet<string>> {
  const rows = await root.select<{ name: string }>(
    'SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?',
    [database],
  )
  return new Set(rows.map(({ name }) => name))
}

export async function isDatabase(root: MysqlConnection, database: string): Promise<boolean> {
  const rows = await root.select('SELECT 1 AS found FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?', [database])
  return rows.length > 0
}
