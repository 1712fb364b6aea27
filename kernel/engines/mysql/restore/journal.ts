import { M3Error } from '../../../errors.js'
import type { Definition } from '../../dump.js'
import type { MysqlConnection } from '../connection.js'
import { errnoOf } from '../failures.js'
import { quote } from '../identifiers.js'

/** Stands in the staging database while the swap is under way: whoever finds it knows what there is to finish. */
export const JOURNAL = 'm3saas_restore'
/** Moves along with the new tables: where it stands tells whether they were moved. */
export const MARKER = 'm3saas_restored'

export interface Journal {
  /** `back`: the former tables are to stand in their place again. `done`: all that is left is to let the user in. */
  readonly direction: 'forward' | 'back' | 'done'
  /** The user that is shut out; absent for the catalog. */
  readonly user?: string
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
const PIECE = 250_000

export async function writeJournal(root: MysqlConnection, staging: string, journal: Journal): Promise<void> {
  const table = `${quote(staging)}.${JOURNAL}`
  await root.execute(
    `CREATE TABLE IF NOT EXISTS ${table} (number INT NOT NULL PRIMARY KEY, content LONGTEXT NOT NULL) ENGINE = InnoDB CHARACTER SET utf8mb4`,
  )
  await root.execute('START TRANSACTION')
  try {
    await root.execute(`DELETE FROM ${table}`)
    const text = JSON.stringify(journal)
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
export async function readJournal(root: MysqlConnection, staging: string): Promise<Journal | undefined> {
  let rows: readonly { content: string }[]
  try {
    rows = await root.query(`SELECT content FROM ${quote(staging)}.${JOURNAL} ORDER BY number`)
  } catch (error) {
    if (UNKNOWN.includes(errnoOf(error instanceof M3Error ? error.cause : error))) return undefined
    throw error
  }
  if (rows.length === 0) return undefined
  return JSON.parse(rows.map(({ content }) => content).join('')) as Journal
}

export async function isTable(root: MysqlConnection, database: string, table: string): Promise<boolean> {
  const rows = await root.select(
    'SELECT 1 AS found FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?',
    [database, table],
  )
  return rows.length > 0
}

export async function isDatabase(root: MysqlConnection, database: string): Promise<boolean> {
  const rows = await root.select('SELECT 1 AS found FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?', [database])
  return rows.length > 0
}
