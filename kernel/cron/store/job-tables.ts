import type { EngineKind } from '../../engines/engine-kind.js'

/** Where a database keeps its jobs and their runs. */
export interface JobTables {
  readonly jobs: string
  readonly runs: string
}

const RUNS = 'm3saas_cron_runs'

export const TENANT_TABLES: JobTables = { jobs: 'm3saas_cronjobs', runs: RUNS }
/** The catalog's jobs stand in a table that it declares: an original catalog has one, with the last runs. */
export const CATALOG_TABLES: JobTables = { jobs: 'cronjobs', runs: RUNS }

/** SQLite reads a moment as one by the declared type of its column, and knows no digits of it. */
const MOMENT: Readonly<Record<EngineKind, string>> = { mysql: 'DATETIME(3)', sqlite: 'DATETIME' }

/** Milliseconds since 1970 by the clock of the database, so that those of processes need not agree. */
export const DATABASE_NOW: Readonly<Record<EngineKind, string>> = {
  mysql: 'CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)',
  sqlite: "CAST(ROUND((julianday('now') - 2440587.5) * 86400000) AS INTEGER)",
}

/** What makes the tables where they are missing. That of the catalog's jobs is made by its migration. */
export function creation(engine: EngineKind, { jobs, runs }: JobTables): string[] {
  const moment = MOMENT[engine]
  const byStart = `${runs}_started_at`
  const inline = engine === 'mysql' ? `,\n  INDEX ${byStart} (started_at)` : ''
  const states = `CREATE TABLE IF NOT EXISTS ${jobs} (
  name VARCHAR(255) NOT NULL PRIMARY KEY,
  last_run ${moment},
  first_seen ${moment},
  attempts INT NOT NULL DEFAULT 0,
  retry_at ${moment},
  revision INT NOT NULL DEFAULT 0,
  claim VARCHAR(36),
  claimed_until BIGINT
)`
  const history = `CREATE TABLE IF NOT EXISTS ${runs} (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  job VARCHAR(255) NOT NULL,
  attempt INT NOT NULL,
  tick ${moment} NOT NULL,
  started_at ${moment} NOT NULL,
  ended_at ${moment},
  outcome VARCHAR(16) NOT NULL,
  error TEXT${inline}
)`
  return [
    history,
    ...(engine === 'mysql' ? [] : [`CREATE INDEX IF NOT EXISTS ${byStart} ON ${runs} (started_at)`]),
    // The last, since it is what tells that all of them are there: a process may be killed in between.
    ...(jobs === CATALOG_TABLES.jobs ? [] : [states]),
  ]
}

/** A moment as an engine gives it. An original catalog may hold a date alone, or text. */
export function toMoment(stored: unknown): Date | undefined {
  if (stored === null || stored === undefined) return undefined
  const moment = stored instanceof Date ? stored : new Date(String(stored))
  return Number.isNaN(moment.getTime()) ? undefined : moment
}
