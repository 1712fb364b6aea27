import type { Database, Session } from '../engines/contract.js'
import type { Ddl } from '../engines/ddl.js'
import type { LiveSchema } from '../engines/live-schema.js'
import type { MigrationStep } from './diff/step.js'
import { isMissingTable } from './missing-table.js'
import { runStep } from './run-step.js'

/** A table as it was before a destructive step: a table of its own in the same database, until somebody drops it. */
export interface Copy {
  readonly name: string
  readonly table: string
  readonly rows: number
}

/** A copy as the database lists it. */
export interface ListedCopy extends Omit<Copy, 'rows'> {
  /** The one before whose steps it was taken. */
  readonly migration: string
  /** ISO 8601, in UTC; null for one that is being made, or that was when its run was killed. */
  readonly takenAt: string | null
  readonly rows: number | null
}

const TABLE = 'm3saas_copies'
/** https://dev.mysql.com/doc/refman/8.0/en/identifier-length.html */
const LONGEST_NAME = 64

export interface CopyStep extends MigrationStep {
  readonly copy: string
}

/** What is never to stand in a copy: columns by table, in lower case, emptied there. */
export type Withheld = Readonly<Record<string, readonly string[]>>

interface Row {
  readonly name: string
  readonly table_name: string
  readonly migration: string
  readonly taken_at: unknown
  readonly copied: unknown
}

/** The copies of a database. */
export class Copies {
  readonly #quote: Ddl['quote']
  /** By their numbers. */
  readonly listed: readonly ListedCopy[]
  #hasTable: boolean

  private constructor(quote: Ddl['quote'], rows: readonly Row[], hasTable: boolean) {
    this.#quote = quote
    this.listed = rows.map(toListed).sort((a, b) => numberOf(a.name) - numberOf(b.name))
    this.#hasTable = hasTable
  }

  /** One query. */
  static async read(session: Pick<Session, 'ask'>, { quote }: Pick<Ddl, 'quote'>): Promise<Copies> {
    try {
      const columns = `name, table_name, migration, taken_at, ${quote('rows')} AS copied`
      return new Copies(quote, await session.ask<Row>(`SELECT ${columns} FROM ${TABLE}`), true)
    } catch (error) {
      if (isMissingTable(error, TABLE)) return new Copies(quote, [], false)
      throw error
    }
  }

  /** A step for each table that holds rows. */
  async steps(
    session: Pick<Database, 'select'>,
    ddl: Pick<Ddl, 'quote' | 'copyTable'>,
    live: LiveSchema,
    tables: readonly string[],
  ): Promise<CopyStep[]> {
    const steps: CopyStep[] = []
    let last = Math.max(0, ...this.listed.map(({ name }) => numberOf(name)))
    for (const table of tables) {
      const rows = await session.select(`SELECT 1 AS found FROM ${ddl.quote(table)} LIMIT 1`)
      if (rows.length === 0) continue
      let copy: string
      // One that somebody took from the list keeps its name.
      do copy = `m3saas_copy_${++last}_${table}`.slice(0, LONGEST_NAME)
      while (await isThere(session, ddl.quote(copy), copy))
      const changes = [`copies its rows to ${copy}`]
      const columns = live.tables[table]?.columns ?? []
      const stored = columns.filter(({ generated }) => !generated).map(({ name }) => name)
      const sql = ddl.copyTable(table, copy, ...(stored.length < columns.length ? [stored] : []))
      steps.push({ kind: 'copyTable', table, copy, sql, destructive: false, changes })
    }
    return steps
  }

  /** Removes what runs that were killed left half-made. */
  async removeUnfinished(session: Session): Promise<void> {
    for (const { name } of this.listed.filter(({ takenAt }) => takenAt === null)) await this.drop(session, name)
  }

  /** The table first: wherever a kill falls, what is still there is still listed. */
  async drop(session: Session, name: string): Promise<void> {
    await session.execute(`DROP TABLE IF EXISTS ${this.#quote(name)}`)
    await session.run(`DELETE FROM ${TABLE} WHERE name = ?`, [name])
  }

  /** Listed before it is begun, and as taken once it is whole: wherever a kill falls, the list says what it is. */
  async take(session: Session, step: CopyStep, migration: string, withheld: Withheld): Promise<Copy> {
    const { table, copy: name } = step
    const rowsColumn = this.#quote('rows')
    if (!this.#hasTable) {
      await session.execute(`CREATE TABLE IF NOT EXISTS ${TABLE} (
        name VARCHAR(64) NOT NULL PRIMARY KEY,
        table_name VARCHAR(64) NOT NULL,
        migration VARCHAR(255) NOT NULL,
        taken_at DATETIME(3),
        ${rowsColumn} BIGINT
      )`)
      this.#hasTable = true
    }
    await session.run(`INSERT INTO ${TABLE} (name, table_name, migration) VALUES (?, ?, ?)`, [name, table, migration])
    await runStep(session, step)
    const columns = Object.hasOwn(withheld, table.toLowerCase()) ? withheld[table.toLowerCase()] : undefined
    for (const column of columns ?? []) {
      await session.run(`UPDATE ${this.#quote(name)} SET ${this.#quote(column)} = ''`)
    }
    const [counted] = await session.select<{ n: number }>(`SELECT COUNT(*) AS n FROM ${this.#quote(name)}`)
    const rows = Number(counted?.n)
    await session.run(`UPDATE ${TABLE} SET taken_at = ?, ${rowsColumn} = ? WHERE name = ?`, [new Date(), rows, name])
    return { name, table, rows }
  }
}

function numberOf(name: string): number {
  return Number(/^m3saas_copy_(\d+)_/.exec(name)?.[1] ?? 0)
}

function toListed({ name, table_name, migration, taken_at, copied }: Row): ListedCopy {
  const takenAt = taken_at === null ? null : momentOf(taken_at)
  return { name, table: table_name, migration, takenAt, rows: copied === null ? null : Number(copied) }
}

/** SQLite gives the text that it stores: `2026-01-31 07:30:00.000 +00:00`. */
function momentOf(stored: unknown): string {
  if (stored instanceof Date) return stored.toISOString()
  return String(stored).replace(/^(\S+) (\S+) \+00:00$/, '$1T$2Z')
}

async function isThere(session: Pick<Database, 'select'>, quoted: string, name: string): Promise<boolean> {
  try {
    await session.select(`SELECT 1 AS found FROM ${quoted} LIMIT 1`)
    return true
  } catch (error) {
    if (isMissingTable(error, name)) return false
    throw error
  }
}
