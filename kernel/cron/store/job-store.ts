import { randomUUID } from 'node:crypto'
import type { Database, Session } from '../../engines/contract.js'
import { isMissingTable } from '../../migrations/missing-table.js'
import type { JobState, RunOutcome, RunRecord } from '../contract.js'
import { creation, DATABASE_NOW, type JobTables, toMoment } from './job-tables.js'

/** What a database keeps of a job, and who has it. */
export interface StoredJob extends JobState {
  /** The run that has claimed it, or had when its process died. */
  readonly claim?: string
  /** Milliseconds until its lease runs out; 0 if nobody has one. */
  readonly leaseLeft: number
}

export interface StoredJobs {
  /** False where nothing was ever written. */
  readonly areKept: boolean
  /** By their keys. */
  readonly jobs: ReadonlyMap<string, StoredJob>
}

/** A run that has the claim on its job. */
export type ClaimedRun = Omit<RunRecord, 'ended' | 'outcome' | 'error'>

/** How a run ended, and when a job that failed may be tried again. */
export interface RunEnd {
  readonly outcome: RunOutcome
  readonly error?: string
  readonly ended: Date
  readonly retryAt?: Date
}

interface JobRow {
  readonly name: string
  readonly last_run: unknown
  readonly first_seen: unknown
  readonly attempts: unknown
  readonly retry_at: unknown
  readonly revision: unknown
  readonly claim: string | null
  readonly lease_left: unknown
}

const UNKNOWN = { areKept: false, jobs: new Map() }
/** Fits MySQL's TEXT, whatever the characters. */
const LONGEST_ERROR = 16_000

/**
 * The jobs of one database: when they ran and who has them. A claim is the id of a run with a lease by the clock of the
 * database; a job has one at most. Whatever changes a job makes its revision grow, so that a decision holds only for
 * what it was made for.
 */
export class JobStore {
  readonly #now: string

  constructor(
    readonly database: Database,
    readonly tables: JobTables,
  ) {
    this.#now = DATABASE_NOW[database.engine]
  }

  /** One statement. `unseen` is the moment at which a job counts as seen that an original catalog knows by name alone. */
  async read(unseen: Date): Promise<StoredJobs> {
    const { jobs } = this.tables
    try {
      const rows = await this.database.session((session) =>
        session.ask<JobRow>(
          'SELECT name, last_run, first_seen, attempts, retry_at, revision, claim,' +
            ` claimed_until - ${this.#now} AS lease_left FROM ${jobs}`,
        ),
      )
      return { areKept: true, jobs: new Map(rows.map((row) => [row.name, storedJob(row, unseen)])) }
    } catch (error) {
      if (isMissingTable(error, jobs)) return UNKNOWN
      throw error
    }
  }

  /** Makes the tables where they are missing. */
  async create(): Promise<void> {
    await this.database.session(async (session) => {
      for (const statement of creation(this.database.engine, this.tables)) await session.execute(statement)
    })
  }

  /** Keeps since when jobs have been known; those that are known already stay as they are. */
  async meet(keys: readonly string[], now: Date): Promise<void> {
    const isKnown = this.database.engine === 'mysql' ? 'ON DUPLICATE KEY UPDATE name = name' : 'ON CONFLICT DO NOTHING'
    await this.database.session(async (session) => {
      for (const key of keys) {
        const values = [key, now, 0, 0]
        await session.run(
          `INSERT INTO ${this.tables.jobs} (name, first_seen, attempts, revision) VALUES (?, ?, ?, ?) ${isKnown}`,
          values,
        )
      }
    })
  }

  /** Sets a last run back that lies in the future, unless something happened to the job meanwhile. */
  async setBack(key: string, { revision }: JobState, lastRun: Date): Promise<void> {
    await this.database.run(
      `UPDATE ${this.tables.jobs} SET last_run = ?, revision = revision + 1 WHERE name = ? AND revision = ?`,
      [lastRun, key, revision],
    )
  }

  /** Undefined if another has it, or had it since it was read. The run of one that died is `lost` from now on. */
  claim(
    key: string,
    known: StoredJob,
    { tick, started, leaseMs }: { readonly tick: Date; readonly started: Date; readonly leaseMs: number },
  ): Promise<ClaimedRun | undefined> {
    const { jobs, runs } = this.tables
    const run = { id: randomUUID(), job: key, attempt: known.attempts + 1, tick, started }
    return this.#transaction(async (session) => {
      const { affectedRows } = await session.run(
        `UPDATE ${jobs} SET claim = ?, claimed_until = ${this.#now} + ?, attempts = attempts + 1, revision = revision + 1` +
          ` WHERE name = ? AND revision = ? AND (claimed_until IS NULL OR claimed_until < ${this.#now})`,
        [run.id, leaseMs, key, known.revision],
      )
      if (affectedRows !== 1) return undefined
      if (known.claim !== undefined) await endRun(session, runs, known.claim, { outcome: 'lost', ended: started })
      await session.run(
        `INSERT INTO ${runs} (id, job, attempt, tick, started_at, outcome) VALUES (?, ?, ?, ?, ?, 'running')`,
        [run.id, key, run.attempt, tick, started],
      )
      return run
    })
  }

  /** False if the claim is gone. */
  async extend({ id, job }: ClaimedRun, leaseMs: number): Promise<boolean> {
    const { jobs } = this.tables
    const { affectedRows } = await this.database.run(
      `UPDATE ${jobs} SET claimed_until = ${this.#now} + ? WHERE name = ? AND claim = ?`,
      [leaseMs, job, id],
    )
    if (affectedRows > 0) return true
    // MySQL counts a row that got the value it had, twice within a millisecond, as none.
    const rows = await this.database.select(`SELECT name FROM ${jobs} WHERE name = ? AND claim = ?`, [job, id])
    return rows.length > 0
  }

  /** Records the end of a run and frees its job. Gives the outcome that stands: `lost` if the claim was gone. */
  finish({ id, job, tick }: ClaimedRun, end: RunEnd): Promise<RunOutcome> {
    const { jobs, runs } = this.tables
    const free = 'claim = NULL, claimed_until = NULL, revision = revision + 1 WHERE name = ? AND claim = ?'
    return this.#transaction(async (session) => {
      const { affectedRows } =
        end.outcome === 'done'
          ? await session.run(`UPDATE ${jobs} SET last_run = ?, attempts = 0, retry_at = NULL, ${free}`, [
              tick,
              job,
              id,
            ])
          : await session.run(`UPDATE ${jobs} SET retry_at = ?, ${free}`, [end.retryAt ?? null, job, id])
      const outcome = affectedRows > 0 ? end.outcome : 'lost'
      await endRun(session, runs, id, { ...end, outcome })
      return outcome
    })
  }

  #transaction<T>(fn: (session: Session) => Promise<T>): Promise<T> {
    return this.database.session((session) => session.transaction(fn))
  }
}

async function endRun(session: Session, runs: string, id: string, { outcome, ended, error }: RunEnd): Promise<void> {
  await session.run(`UPDATE ${runs} SET ended_at = ?, outcome = ?, error = ? WHERE id = ? AND outcome = 'running'`, [
    ended,
    outcome,
    error?.slice(0, LONGEST_ERROR) ?? null,
    id,
  ])
}

function storedJob(row: JobRow, unseen: Date): StoredJob {
  const lastRun = toMoment(row.last_run)
  const retryAt = toMoment(row.retry_at)
  const leaseLeft = row.lease_left === null ? 0 : Math.max(0, Number(row.lease_left))
  return {
    firstSeen: toMoment(row.first_seen) ?? lastRun ?? unseen,
    ...(lastRun ? { lastRun } : {}),
    ...(retryAt ? { retryAt } : {}),
    attempts: Number(row.attempts),
    revision: Number(row.revision),
    ...(row.claim === null ? {} : { claim: row.claim }),
    claimed: leaseLeft > 0,
    leaseLeft,
  }
}
