import { randomUUID } from 'node:crypto'
import type { SqlValue } from '../contract/context.js'
import type { Database } from '../engines/contract.js'
import { isMissingTable } from '../migrations/missing-table.js'
import type { HistoryEntry, Target } from './contract.js'

const TABLE = 'm3saas_backups'
/** Fits MySQL's TEXT, whatever the characters. */
const LONGEST_ERROR = 16_000
/** Lines that are read for a list of files: older files are listed without their figures. */
const MOST_FIGURES = 20_000
const COLUMNS = 'id, action, tenant_id, database_name, name, reason, started_at, ms, bytes, row_count, error'

/** As it is kept. */
export interface HistoryLine {
  readonly id: string
  readonly action: 'backup' | 'restore'
  readonly tenant_id: number | null
  readonly database_name: string
  readonly name: string | null
  readonly reason: HistoryEntry['reason']
  readonly started_at: unknown
  readonly ms: unknown
  readonly bytes: unknown
  readonly row_count: unknown
  readonly error: string | null
}

/** What was backed up and restored, in a table of the catalog. The files do not need it. */
export class BackupHistory {
  constructor(readonly catalog: Database) {}

  async add(entry: Omit<HistoryEntry, 'id' | 'started'> & { readonly started: Date }): Promise<void> {
    const { action, target, database, name, reason, started, ms, bytes, rows, error } = entry
    await this.#create()
    await this.#insert([
      randomUUID(),
      action,
      typeof target === 'number' ? target : null,
      database,
      name ?? null,
      reason,
      started,
      Math.round(ms),
      bytes ?? null,
      rows ?? null,
      error?.slice(0, LONGEST_ERROR) ?? null,
    ])
  }

  /** What is kept while the catalog is restored, since that ends what its history tells of later than the backup. */
  async since(moment: Date): Promise<readonly HistoryLine[]> {
    return this.#select(`SELECT ${COLUMNS} FROM ${TABLE} WHERE started_at >= ? ORDER BY started_at`, [moment])
  }

  /** Those that are there stay as they are. */
  async putBack(lines: readonly HistoryLine[]): Promise<void> {
    if (lines.length === 0) return
    await this.#create()
    const there = await this.catalog.select<{ id: string }>(`SELECT id FROM ${TABLE}`)
    const known = new Set(there.map(({ id }) => id))
    for (const line of lines.filter(({ id }) => !known.has(id))) {
      const values = [line.name, line.reason, new Date(momentOf(line.started_at)), Number(line.ms)] as const
      const numbers = [line.bytes, line.row_count].map((each) => (each === null ? null : Number(each)))
      await this.#insert([line.id, line.action, line.tenant_id, line.database_name, ...values, ...numbers, line.error])
    }
  }

  /** The newest first; `database` is that of the catalog or of a tenant. */
  async newest(filter: { readonly database?: string; readonly most: number }): Promise<readonly HistoryEntry[]> {
    // MySQL takes no number as the parameter of a LIMIT.
    const most = Math.max(1, Math.trunc(filter.most))
    const where = filter.database === undefined ? '' : 'WHERE database_name = ?'
    const rows = await this.#select(
      `SELECT ${COLUMNS} FROM ${TABLE} ${where} ORDER BY started_at DESC, id LIMIT ${most}`,
      filter.database === undefined ? [] : [filter.database],
    )
    return rows.map((row) => toEntry(row, this.catalog.name))
  }

  /** Rows and milliseconds of backups, of one database or of all, by their names. */
  async figures(database?: string): Promise<ReadonlyMap<string, { readonly rows: number; readonly ms: number }>> {
    const where = `WHERE action = 'backup' AND name IS NOT NULL${database === undefined ? '' : ' AND database_name = ?'}`
    const rows = await this.#select(
      `SELECT ${COLUMNS} FROM ${TABLE} ${where} ORDER BY started_at DESC LIMIT ${MOST_FIGURES}`,
      database === undefined ? [] : [database],
    )
    return new Map(rows.map((row) => [row.name ?? '', { rows: Number(row.row_count), ms: Number(row.ms) }]))
  }

  async #insert(values: readonly SqlValue[]): Promise<void> {
    await this.catalog.run(`INSERT INTO ${TABLE} (${COLUMNS}) VALUES (${values.map(() => '?').join(', ')})`, values)
  }

  async #select(sql: string, parameters: readonly SqlValue[]): Promise<readonly HistoryLine[]> {
    try {
      return await this.catalog.select<HistoryLine>(sql, parameters)
    } catch (error) {
      if (isMissingTable(error, TABLE)) return []
      throw error
    }
  }

  async #create(): Promise<void> {
    const moment = this.catalog.engine === 'mysql' ? 'DATETIME(3)' : 'DATETIME'
    await this.catalog.session((session) =>
      session.execute(`CREATE TABLE IF NOT EXISTS ${TABLE} (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  action VARCHAR(8) NOT NULL,
  tenant_id INT UNSIGNED,
  database_name VARCHAR(64) NOT NULL,
  name VARCHAR(255),
  reason VARCHAR(10) NOT NULL,
  started_at ${moment} NOT NULL,
  ms BIGINT NOT NULL,
  bytes BIGINT,
  row_count BIGINT,
  error TEXT
)`),
    )
  }
}

function toEntry(row: HistoryLine, catalog: string): HistoryEntry {
  const target: Target | undefined = row.tenant_id ?? (row.database_name === catalog ? 'catalog' : undefined)
  return {
    id: row.id,
    action: row.action,
    ...(target === undefined ? {} : { target }),
    database: row.database_name,
    ...(row.name === null ? {} : { name: row.name }),
    reason: row.reason,
    started: momentOf(row.started_at),
    ms: Number(row.ms),
    ...(row.bytes === null ? {} : { bytes: Number(row.bytes) }),
    ...(row.row_count === null ? {} : { rows: Number(row.row_count) }),
    ...(row.error === null ? {} : { error: row.error }),
  }
}

function momentOf(stored: unknown): string {
  const moment = stored instanceof Date ? stored : new Date(String(stored))
  return moment.toISOString()
}
