import assert from 'node:assert/strict'
import { after, describe, type TestContext, test } from 'node:test'
import { CronRoot } from '../cron/cron-root.js'
import { type MariaDb, startMariaDb } from '../support/mariadb.js'
import { rootQuery } from '../support/root-query.js'
import { until } from '../support/until.js'
import { type Mark, overlaps } from './cron-overlaps.js'
import { TickingProcess } from './ticking-process.js'

const TENANTS = 200
const PROCESSES = 3
/** One process is killed each time that so many jobs more have come to their end. */
const KILLS_AT = [20, 60, 100, 140]
const FREE_WITHIN_MS = 60_000

/** Writes down that it begins, takes a while, and writes down that it has ended. */
const WORK = `{ work: { async run({ sql, transaction }) {
  await sql.run\`CREATE TABLE IF NOT EXISTS marks (id INT AUTO_INCREMENT PRIMARY KEY, pid INT, began BIGINT, ended BIGINT)\`
  const { insertId } = await sql.run\`INSERT INTO marks (pid, began) VALUES (\${process.pid}, \${Date.now()})\`
  await new Promise((resolve) => setTimeout(resolve, 30 + Math.random() * 200))
  await sql.run\`UPDATE marks SET ended = \${Date.now()} WHERE id = \${insertId}\`
} } }`

/** Its own: 200 databases would be in the way of other tests. */
const server = await startMariaDb()
after(() => server?.stop())

test('two runs of a job at the same time would be seen', () => {
  const at = (began: number, ended: number | null, pid = 1): Mark => ({ pid, began, ended })
  const none = new Map<number, number>()
  assert.equal(overlaps([at(1, 5), at(6, 9)], none).length, 0)
  assert.equal(overlaps([at(6, 9), at(1, 7)], none).length, 1)
  assert.equal(overlaps([at(1, null), at(6, 9)], none).length, 1)
  assert.equal(overlaps([at(1, null), at(6, 9)], new Map([[1, 4]])).length, 0)
})

describe('on MariaDB', { skip: server ? false : 'no mariadbd is installed' }, () => {
  test(`${PROCESSES} processes, killed at any moment, run each due job of ${TENANTS} tenants once`, async (t) => {
    const made = await CronRoot.make(t, {
      server: server as MariaDb,
      jobs: WORK,
      tenants: TENANTS,
      config: { cron: { parallel: 2 }, limits: { connections: 20 } },
    })
    const { kernel } = await made.kernel()
    const killedAt = await runKilled(t, made.root)
    const databases = await kernel.engine.catalog.select<{ name: string }>('SELECT name FROM tenants')
    assert.equal(databases.length, TENANTS)
    const waits: number[] = []
    for (const { name } of databases) {
      const found = await lookAt(name)
      assert.deepEqual(overlaps(found.marks, killedAt), [], name)
      assert.deepEqual(
        found.marks.filter(({ ended, pid }) => ended === null && !killedAt.has(pid)),
        [],
        'only a killed process leaves a job without an end',
      )
      assert.ok(
        found.marks.some(({ ended }) => ended !== null),
        `the job of ${name} came to its end`,
      )
      const outcomes = found.runs.map(({ outcome }) => outcome)
      assert.equal(outcomes.at(-1), 'done', `${name}: ${outcomes}`)
      assert.ok(
        outcomes.slice(0, -1).every((outcome) => outcome === 'lost'),
        `${name}: ${outcomes}`,
      )
      assert.deepEqual(found.state, { isDone: 1, isFree: 1, attempts: 0 }, name)
      waits.push(...waitsIn(found.runs, killedAt))
    }
    assert.ok(waits.length > 0, 'no process was killed while it ran a job')
    assert.ok(Math.max(...waits) < FREE_WITHIN_MS, `${Math.max(...waits)} ms`)
    const [least, most] = [Math.min(...waits), Math.max(...waits)].map((ms) => `${(ms / 1000).toFixed(1)} s`)
    t.diagnostic(`${killedAt.size} kills, ${waits.length} claims left behind, taken over after ${least} to ${most}`)
  })
})

/** Runs the processes until nothing is due, killing and replacing some. Gives the moment at which each died. */
async function runKilled(t: TestContext, root: string): Promise<ReadonlyMap<number, number>> {
  const killedAt = new Map<number, number>()
  const killing: Promise<void>[] = []
  const processes: TickingProcess[] = []
  let runs = 0
  const begin = () => {
    processes.push(new TickingProcess(root, ({ event }) => event === 'run' && noteRun()))
  }
  const noteRun = () => {
    runs++
    if (KILLS_AT.includes(runs)) killing.push(killOne())
  }
  const killOne = async () => {
    const alive = processes.filter(({ isAlive }) => isAlive)
    const victim = alive[Math.floor(Math.random() * alive.length)]
    if (!victim) return
    // Some moment, not the one at which a job has just come to its end.
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 300))
    killedAt.set(victim.pid, await victim.kill())
    begin()
  }
  t.after(async () => {
    for (const each of processes) if (each.isAlive) await each.kill()
  })
  for (let i = 0; i < PROCESSES; i++) begin()
  await until(() => processes.every(({ isAlive }) => !isAlive) && killing.length === KILLS_AT.length, 'they end', 240)
  await Promise.all(killing)
  await Promise.all(processes.map(({ ended }) => ended))
  for (const each of processes) {
    const { status, signal } = await each.ended
    assert.ok(status === 0 || (signal === 'SIGKILL' && killedAt.has(each.pid)), `${status} ${signal}: ${each.stderr}`)
  }
  return killedAt
}

interface Run {
  readonly started: number
  readonly outcome: string
  readonly pid: number
}

/** What a tenant's database says, as root sees it. */
async function lookAt(database: string) {
  const query = rootQuery(server as MariaDb)
  const marks = await query<Mark>(`SELECT pid, began, ended FROM ${database}.marks ORDER BY id`)
  const runs = await query<Omit<Run, 'pid'>>(
    `SELECT ROUND(UNIX_TIMESTAMP(CONVERT_TZ(started_at, '+00:00', @@session.time_zone)) * 1000) AS started, outcome` +
      ` FROM ${database}.m3saas_cron_runs ORDER BY started_at`,
  )
  const [state] = await query<object>(
    `SELECT last_run IS NOT NULL AS isDone, claim IS NULL AS isFree, attempts FROM ${database}.m3saas_cronjobs`,
  )
  return { marks, runs: runs.map((run) => ({ ...run, started: Number(run.started) })), state: { ...state } }
}

/** From each death to the moment at which another process took the job over, in milliseconds. */
function waitsIn(runs: readonly Omit<Run, 'pid'>[], killedAt: ReadonlyMap<number, number>): number[] {
  const deaths = [...killedAt.values()].sort((a, b) => a - b)
  return runs.flatMap(({ started, outcome }, i) => {
    const next = runs[i + 1]
    const death = deaths.find((moment) => moment >= started)
    return outcome === 'lost' && next && death !== undefined ? [next.started - death] : []
  })
}
