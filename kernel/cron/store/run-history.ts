import type { Database } from '../../engines/contract.js'
import { isMissingTable } from '../../migrations/missing-table.js'
import type { RunRecord } from '../contract.js'
import { type JobTables, toMoment } from './job-tables.js'

interface RunRow {
  readonly id: string
  readonly job: string
  readonly attempt: unknown
  readonly tick: unknown
  readonly started_at: unknown
  readonly ended_at: unknown
  readonly outcome: RunRecord['outcome']
  readonly error: string | null
}

const COLUMNS = 'r.id, r.job, r.attempt, r.tick, r.started_at, r.ended_at, r.outcome, r.error'
const DAY = 86_400_000
/** Runs forgotten at a time; the rest when the next run ends. */
const PORTION = 500

/** The runs of one database. Where none was ever written there are none. */
export class RunHistory {
  constructor(
    readonly database: Database,
    readonly tables: JobTables,
  ) {}

  /** The newest first, of one job or of all. */
  newest(filter: { readonly job?: string; readonly most: number }): Promise<RunRecord[]> {
    // MySQL takes no number as the parameter of a LIMIT.
    const most = Math.max(1, Math.trunc(filter.most))
    const [where, parameters] = filter.job === undefined ? ['', []] : ['WHERE r.job = ?', [filter.job]]
    return this.#select(`${where} ORDER BY r.started_at DESC, r.id LIMIT ${most}`, parameters)
  }

  /** The newest run of each job, by the key of the job. */
  async latest(): Promise<ReadonlyMap<string, RunRecord>> {
    const { runs } = this.tables
    const found = await this.#select(
      `JOIN (SELECT job, MAX(started_at) AS newest FROM ${runs} GROUP BY job) n` +
        ' ON n.job = r.job AND n.newest = r.started_at ORDER BY r.id',
      [],
    )
    return new Map(found.map((run) => [run.job, run]))
  }

  /** Forgets runs that began more than `days` before. Looked for first, since a server locks what it deletes from. */
  async forget(days: number, now: Date): Promise<void> {
    const { runs } = this.tables
    const old = await this.database.select<{ id: string }>(
      `SELECT id FROM ${runs} WHERE started_at < ? AND outcome <> 'running' LIMIT ${PORTION}`,
      [new Date(now.getTime() - days * DAY)],
    )
    if (old.length === 0) return
    const ids = old.map(({ id }) => id)
    await this.database.run(`DELETE FROM ${runs} WHERE id IN (${ids.map(() => '?').join(', ')})`, ids)
  }

  async #select(rest: string, parameters: readonly string[]): Promise<RunRecord[]> {
    const { runs } = this.tables
    try {
      const rows = await this.database.select<RunRow>(`SELECT ${COLUMNS} FROM ${runs} r ${rest}`, parameters)
      return rows.map(runRecord)
    } catch (error) {
      if (isMissingTable(error, runs)) return []
      throw error
    }
  }
}

function runRecord(row: RunRow): RunRecord {
  const ended = toMoment(row.ended_at)
  return {
    id: row.id,
    job: row.job,
    attempt: Number(row.attempt),
    tick: momentIn(row.tick),
    started: momentIn(row.started_at),
    ...(ended ? { ended } : {}),
    outcome: row.outcome,
    ...(row.error === null ? {} : { error: row.error }),
  }
}

function momentIn(stored: unknown): Date {
  const moment = toMoment(stored)
  if (!moment) throw new TypeError(`${String(stored)} is no moment`)
  return moment
}
