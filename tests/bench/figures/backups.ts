import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import type { MariaDb } from '../../support/mariadb.js'
import { rootQuery } from '../../support/root-query.js'
import { type AppRoot, makeAppRoot } from '../app-root.js'
import type { RunInput, RunResult } from '../backups/one-run.js'
import { resultOf } from '../child-run.js'
import { type Figure, measureInTurn, ratioFigure, show } from '../pairs.js'
import { addTenants, migrateTenants, openBenchKernel } from '../tenants.js'

const RUN = fileURLToPath(new URL('../backups/one-run.js', import.meta.url))
const ROWS = 500_000
const MANY_ROWS = 5_000_000
const SQLITE_ROWS = 200_000
const ROUNDS = 3
const MOST_MEGABYTES = 60
const MOST_STALL_MS = 20
const [CATALOG, TENANT] = ['bench_backups', 'bench_backups_1']

const module = `
import { datetime, decimal, defineModule, defineTable, double, int, text, varchar } from 'm3saas'
const readings = defineTable('readings', {
  columns: {
    sensor: varchar(40), unit: varchar(12), amount: decimal(12, 3), ratio: double(), taken_at: datetime(),
    checked: int(), note: varchar(120), remark: text().nullable(),
  },
  indexes: [['sensor', 'taken_at']],
})
export const meters = defineModule({ name: 'meters', version: 1, tables: [readings], routes() {} })
`

const COLUMNS = 'sensor, unit, amount, ratio, taken_at, checked, note, remark'
/** Of a row n: some columns alike, some not, as data of people is. */
const VALUES = {
  mysql: `CONCAT('sensor ', n % 997), ELT(1 + n % 3, 'kWh', 'm³', 'L'), n * 0.125, SQRT(n), '2026-01-01' + INTERVAL n SECOND,
    n % 7, CONCAT('read by hand at the door of house ', n, ': it''s fine'), IF(n % 4 = 0, MD5(n), NULL)`,
  sqlite: `'sensor ' || (n % 997), 'kWh', n * 0.125, sqrt(n), datetime('2026-01-01', '+' || n || ' seconds'),
    n % 7, 'read by hand at the door of house ' || n || ': it''s fine', iif(n % 4 = 0, hex(n * 7919), NULL)`,
}

/** Backups and restores of one tenant against the tools of the server, and what they hold in memory. */
export async function backups(server: MariaDb): Promise<Figure[]> {
  const app = await makeTenant({ server, name: CATALOG })
  try {
    await fill(server, ROWS)
    const dumpFile = path.join(app.root, 'bare.sql')
    const dumped = await measureInTurn(
      ROUNDS,
      Math.min,
      () => timeOf(server, `mariadb-dump $LOGIN --single-transaction --quick ${TENANT} | gzip -6 > ${dumpFile}.gz`),
      async () => (await run(app, 'backup')).ms,
    )
    await timeOf(server, `mariadb-dump $LOGIN --single-transaction --quick ${TENANT} > ${dumpFile}`)
    const restored = await measureInTurn(
      ROUNDS,
      Math.min,
      async () => {
        await rootQuery(server)('DROP DATABASE IF EXISTS bench_bare')
        await rootQuery(server)('CREATE DATABASE bench_bare')
        return timeOf(server, `mariadb $LOGIN bench_bare < ${dumpFile}`)
      },
      async () => (await run(app, 'restore')).ms,
    )
    const few = await memoryOf(app)
    await fill(server, MANY_ROWS)
    const many = await memoryOf(app)
    return [
      ratioFigure('backup of 500,000 rows, against mariadb-dump piped to gzip -6', dumped, 'ms', { most: 2 }),
      ratioFigure('restore of them, against the mariadb client loading its own dump', restored, 'ms', { most: 1.1 }),
      memoryFigure('memory over the process’s own, 500,000 rows: backup', few.backup),
      memoryFigure('the same: restore', few.restore),
      memoryFigure('memory over the process’s own, 5,000,000 rows: backup', many.backup),
      memoryFigure('the same: restore', many.restore),
    ]
  } finally {
    await app.remove()
    for (const name of [CATALOG, TENANT, 'bench_bare']) await rootQuery(server)(`DROP DATABASE IF EXISTS ${name}`)
    await rootQuery(server)(`DROP USER IF EXISTS ${TENANT}`)
  }
}

/** How long the event loop of a server stands still while a database of SQLite is backed up, or restored. */
export async function backupStall(): Promise<Figure[]> {
  const app = await makeTenant()
  const kernel = await openBenchKernel(app)
  try {
    const database = kernel.engine.tenant({ name: TENANT, user: TENANT, secret: '' })
    await database.run(
      `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${SQLITE_ROWS})
       INSERT INTO readings (${COLUMNS}) SELECT ${VALUES.sqlite} FROM numbers`,
    )
    await database.close()
    const { signal } = new AbortController()
    const backup = await stallOf(() => kernel.backups.create(1, { reason: 'manual', signal }))
    const restore = await stallOf(() => kernel.backups.restore({ from: 1 }, { signal }))
    return [
      stallFigure('longest stall of the event loop, SQLite, 200,000 rows: backup', backup),
      stallFigure('the same: restore', restore),
    ]
  } finally {
    await kernel.close()
    await app.remove()
  }
}

async function makeTenant(database?: { readonly server: MariaDb; readonly name: string }): Promise<AppRoot> {
  const app = await makeAppRoot({ meters: module }, { ...(database ? { database } : {}) })
  const kernel = await openBenchKernel(app)
  try {
    await addTenants(kernel, 1, ['meters'], `${CATALOG}_`)
    await migrateTenants(kernel, 1)
  } finally {
    await kernel.close()
  }
  return app
}

/** So many rows in the table of the tenant, those that are there already included. */
async function fill(server: MariaDb, rows: number): Promise<void> {
  const query = rootQuery(server)
  await query(`DELETE FROM ${TENANT}.readings WHERE id > ${rows}`)
  const portion = 250_000
  const [there] = (await query(`SELECT COUNT(*) AS number FROM ${TENANT}.readings`)) as { number: number }[]
  for (let from = Number(there?.number) + 1; from <= rows; from += portion) {
    const numbers = `(SELECT seq AS n FROM ${TENANT}.seq_${from}_to_${Math.min(rows, from + portion - 1)}) numbers`
    await query(`INSERT INTO ${TENANT}.readings (${COLUMNS}) SELECT ${VALUES.mysql} FROM ${numbers}`)
  }
}

async function run(app: AppRoot, action: RunInput['action']): Promise<RunResult> {
  const { root, configFile } = app
  return resultOf<RunResult>(RUN, { root, configFile, action } satisfies RunInput)
}

async function memoryOf(app: AppRoot): Promise<{ backup: number; restore: number }> {
  return { backup: (await run(app, 'backup')).megabytes, restore: (await run(app, 'restore')).megabytes }
}

/** Milliseconds that a line of the shell takes, in which `$LOGIN` are the options of the server's own programs. */
async function timeOf(server: MariaDb, line: string): Promise<number> {
  const login = `--no-defaults --protocol=TCP --host=${server.host} --port=${server.port} --user=${server.rootUser}`
  const began = performance.now()
  const child = spawn('bash', ['-c', `set -o pipefail; ${line.replaceAll('$LOGIN', login)}`], {
    env: { ...process.env, MYSQL_PWD: server.rootPassword },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const [status] = await once(child, 'exit')
  if (status !== 0) throw new Error(`${line} ended with ${status}`)
  return performance.now() - began
}

async function stallOf(work: () => Promise<unknown>): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  await work()
  delay.disable()
  return delay.max / 1e6
}

function memoryFigure(name: string, megabytes: number): Figure {
  const ours = show(megabytes, 'MB')
  return { name, ours, bare: '', result: ours, reach: `≤ ${MOST_MEGABYTES} MB`, reached: megabytes <= MOST_MEGABYTES }
}

function stallFigure(name: string, ms: number): Figure {
  const ours = show(ms, 'ms')
  return { name, ours, bare: '', result: ours, reach: `≤ ${MOST_STALL_MS} ms`, reached: ms <= MOST_STALL_MS }
}
