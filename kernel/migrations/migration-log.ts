import type { UmzugStorage } from 'umzug'
import type { Database, Session } from '../engines/contract.js'
import { isMissingTable } from './missing-table.js'

/** `reverting`: a hand-written one was taken back. It has a row of its own, and that of its `up` stays. */
export type MigrationKind = 'written' | 'generated' | 'reverting'

/** `started`: it runs, or it was killed. */
export type Outcome = 'started' | 'done' | 'failed'

export interface LoggedMigration {
  readonly id: number
  readonly name: string
  readonly kind: MigrationKind
  readonly outcome: Outcome
}

const TABLE = 'm3saas_migrations'

/** Types that both engines know; the numbers are given out under the migration lock. */
const CREATE = `CREATE TABLE IF NOT EXISTS ${TABLE} (
  id INT NOT NULL PRIMARY KEY,
  name VARCHAR(255) NOT NULL,
  module VARCHAR(100),
  kind VARCHAR(10) NOT NULL,
  started_at DATETIME(3) NOT NULL,
  took_ms INT,
  outcome VARCHAR(10) NOT NULL,
  error TEXT
)`

const SELECT = `SELECT id, name, kind, outcome FROM ${TABLE} ORDER BY id`

/** Fits MySQL's TEXT, whatever the characters. */
const LONGEST_ERROR = 16_000

/**
 * The history of a database, kept in the database itself: a row for each migration that was done, and for each that
 * failed the last attempt. Every method but `read` needs the migration lock. Umzug asks it what is done and tells it
 * what it did.
 */
export class MigrationLog implements UmzugStorage<Session> {
  readonly #session: Session
  readonly #rows: LoggedMigration[]
  readonly #startedAt = new Map<string, number>()

  private constructor(session: Session, rows: LoggedMigration[]) {
    this.#session = session
    this.#rows = rows
  }

  /** One query; none was done where there is no log yet. */
  static async read(database: Pick<Database, 'select'>): Promise<LoggedMigration[]> {
    return (await readRows(database)) ?? []
  }

  /** Creates the table of the log if it is missing. */
  static async open(session: Session): Promise<MigrationLog> {
    const rows = await readRows({ select: (sql) => session.ask(sql) })
    if (!rows) await session.execute(CREATE)
    return new MigrationLog(session, rows ?? [])
  }

  get done(): string[] {
    return namesDone(this.#rows)
  }

  /** See `writtenDone`. */
  get written(): string[] {
    return writtenDone(this.#rows)
  }

  /** The generated migration that is done and that nothing came after, if there is one. */
  get settled(): string | undefined {
    return settledBy(this.#rows)
  }

  executed(): Promise<string[]> {
    return Promise.resolve(this.done)
  }

  /** Notes that it runs, before it changes anything: if it is killed, that is what remains. */
  async start(name: string, kind: MigrationKind, module: string | null): Promise<void> {
    const formers = this.#rows.filter((row) => row.name === name && row.outcome !== 'done')
    const id = (this.#rows.at(-1)?.id ?? 0) + 1
    await this.#session.run(
      `INSERT INTO ${TABLE} (id, name, module, kind, started_at, outcome) VALUES (?, ?, ?, ?, ?, 'started')`,
      [id, name, module, kind, new Date()],
    )
    this.#rows.push({ id, name, kind, outcome: 'started' })
    // Only now: without any row of it, a generated migration before it would count as done if this process were killed.
    for (const former of formers) {
      await this.#session.run(`DELETE FROM ${TABLE} WHERE id = ?`, [former.id])
      this.#rows.splice(this.#rows.indexOf(former), 1)
    }
    this.#startedAt.set(name, performance.now())
  }

  async logMigration({ name }: { name: string }): Promise<void> {
    await this.#finish(name, ['started'], 'done', null)
  }

  /** Also one that was noted as done in a transaction that could not be committed. */
  async fail(name: string, reason: string): Promise<void> {
    await this.#finish(name, ['started', 'done'], 'failed', reason.slice(0, LONGEST_ERROR))
  }

  /** What Umzug calls once `down` has run: the row that `start` made for it is done, too. */
  async unlogMigration({ name }: { name: string }): Promise<void> {
    await this.#finish(name, ['started'], 'done', null)
  }

  async #finish(name: string, from: readonly Outcome[], outcome: Outcome, error: string | null): Promise<void> {
    const at = this.#rows.findLastIndex((row) => row.name === name && from.includes(row.outcome))
    const row = this.#rows[at]
    if (!row) throw new Error(`The migration ${name} is not ${from.join(' or ')}: it cannot become ${outcome}`)
    const began = this.#startedAt.get(name)
    const took = began === undefined ? null : Math.round(performance.now() - began)
    await this.#session.run(`UPDATE ${TABLE} SET outcome = ?, error = ?, took_ms = COALESCE(?, took_ms) WHERE id = ?`, [
      outcome,
      error,
      took,
      row.id,
    ])
    this.#rows[at] = { ...row, outcome }
  }
}

/** The hand-written migrations that are done and not reverted since, in the order in which they were done. */
export function writtenDone(rows: readonly LoggedMigration[]): string[] {
  const done = new Set<string>()
  for (const { name, kind, outcome } of rows) {
    if (outcome !== 'done' || kind === 'generated') continue
    done.delete(name)
    if (kind === 'written') done.add(name)
  }
  return [...done]
}

/**
 * Which migrations count as done. A generated one only while nothing came after it: code rolled back to an older
 * declaration must be compared again, even if what was newer failed half-way, and so must the database after a
 * hand-written migration or its reverting, which may have changed anything.
 */
export function namesDone(rows: readonly LoggedMigration[]): string[] {
  const settled = settledBy(rows)
  return [...writtenDone(rows), ...(settled === undefined ? [] : [settled])]
}

function settledBy(rows: readonly LoggedMigration[]): string | undefined {
  const last = rows.at(-1)
  return last?.kind === 'generated' && last.outcome === 'done' ? last.name : undefined
}

/** Undefined where there is no log yet. */
async function readRows(database: Pick<Database, 'select'>): Promise<LoggedMigration[] | undefined> {
  try {
    return await database.select<LoggedMigration>(SELECT)
  } catch (error) {
    if (isMissingTable(error, TABLE)) return undefined
    throw error
  }
}
