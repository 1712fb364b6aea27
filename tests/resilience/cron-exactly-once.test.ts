import assert from 'node:assert/strict'
import { after, describe, type TestContext, test } from 'node:test'
import type { CronEvent } from '../../kernel/cron/contract.js'
import { CronRoot } from '../cron/cron-root.js'
import { type MariaDb, startMariaDb } from '../support/mariadb.js'
import { rootQuery } from '../support/root-query.js'
import { until } from '../support/until.js'
import { type Mark, overlaps } from './cron-overlaps.js'
import { TickingProcess } from './ticking-process.js'

const TENANTS = 200
const PROCESSES = 3
/** One process is killed each time that so many jobs more have come to their end. */
const KILLS_AT = [15, 35, 55, 75]
/** A tenant whose migration was killed may have to wait until the server has noticed. */
const MOST_TROUBLES = 20
const FREE_WITHIN_MS = 60_000

/** Writes down that it begins, takes a while, and writes down that it has ended. */
const WORK = `{ work: { async run({ sql, transaction }) {
  await sql.run\`CREATE TABLE IF NOT EXISTS marks (id INT AUTO_INCREMENT PRIMARY KEY, pid INT, began BIGINT, ended BIGINT)\`
  const { insertId } = await sql.run\`INSERT INTO marks (pid, began) VALUES (\${process.pid}, \${Date.now()})\`
  await new Promise((resolve) => setTimeout(resolve, 30 + Math.random() * 200))
  await sql.run\`UPDATE marks SET ended = \${Date.now()} WHERE id = \${insertId}\`
} } }`

const HANGS_AT_FIRST = `{ work: { run: ({ job }) => job.attempt === 1 ? new Promise(() => setInterval(() => {}, 1000)) : undefined } }`

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

describe('on MariaDB', { skip: server ? false : 'no mariadbd is installed', concurrency: true }, () => {
  test(`${PROCESSES} processes, killed at any moment, run each due job of ${TENANTS} tenants once`, async (t) => {
    const made = await CronRoot.make(t, {
      server: server as MariaDb,
      jobs: WORK,
      tenants: TENANTS,
      config: { cron: { parallel: 2 }, limits: { connections: 20 } },
    })
    const { kernel } = await made.kernel()
    const { killedAt, leases } = await runKilled(t, made.root)
    const databases = await kernel.engine.catalog.select<{ name: string }>('SELECT name FROM tenants')
    assert.equal(databases.length, TENANTS)
    let lost = 0
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
      lost += outcomes.length - 1
    }
    assert.ok(lost > 0, 'no process was killed while it ran a job')
    assert.ok(Math.max(...leases) < FREE_WITHIN_MS, `a claim is held for ${Math.max(...leases)} ms more`)
    t.diagnostic(`${killedAt.size} kills, ${lost} runs lost, leases of ${Math.max(...leases)} ms at most`)
  })

  test('a job whose process was killed is taken over in under a minute by one that waits for it', async (t) => {
    const made = await CronRoot.make(t, { server: server as MariaDb, jobs: HANGS_AT_FIRST, tenants: 1 })
    const { cron } = await made.kernel()
    const dying = new TickingProcess(made.root)
    const last = () => cron.runs(1, { most: 1 }).then(([run]) => run)
    await until(async () => (await last())?.outcome === 'running', 'the job runs', 60)
    const other = new TickingProcess(made.root)
    t.after(async () => {
      await other.kill()
    })
    // Whether the other one looks before or after it: the claim holds for as long as the lease.
    const killed = await dying.kill()
    assert.equal((await other.ended).status, 0, other.stderr)
    const [second, first] = await cron.runs(1, { most: 10 })
    assert.deepEqual([first?.outcome, second?.outcome, second?.attempt], ['lost', 'done', 2])
    const waited = Date.parse(second?.started ?? '') - killed
    assert.ok(waited < FREE_WITHIN_MS, `${waited} ms`)
    t.diagnostic(`taken over after ${(waited / 1000).toFixed(1)} s`)
  })
})

test('on SQLite a run whose process was killed is lost, and its job is run again once the lease is over', async (t) => {
  const made = await CronRoot.make(t, { jobs: HANGS_AT_FIRST, tenants: 1 })
  const kernel = await made.kernel()
  const dying = new TickingProcess(made.root)
  t.after(async () => {
    if (dying.isAlive) await dying.kill()
  })
  await until(async () => (await kernel.history(1))[0] === 'work running', 'the job runs', 60)
  await dying.kill()
  assert.deepEqual((await kernel.tick({ dryRun: true })).named('left'), ['1 work'])
  await (await kernel.database(1)).run('UPDATE m3saas_cronjobs SET claimed_until = claimed_until - 40000')
  assert.deepEqual((await kernel.tick()).runs, ['1 work done'])
  assert.deepEqual(await kernel.history(1), ['work lost', 'work done'])
})

/**
 * Runs the processes until nothing is due, killing and replacing some. Gives the moment at which each died, and for how
 * many milliseconds more claims were held then.
 */
async function runKilled(t: TestContext, root: string) {
  const killedAt = new Map<number, number>()
  const leases: number[] = []
  const killing: Promise<void>[] = []
  const processes: TickingProcess[] = []
  const troubles: CronEvent[] = []
  let runs = 0
  const begin = () => {
    processes.push(
      new TickingProcess(root, (event) => {
        if (event.event === 'failure' || (event.event === 'run' && event.outcome !== 'done')) troubles.push(event)
        if (event.event === 'run') noteRun()
      }),
    )
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
    leases.push(...(await leasesNow()))
    begin()
  }
  t.after(async () => {
    for (const each of processes) if (each.isAlive) await each.kill()
  })
  for (let i = 0; i < PROCESSES; i++) begin()
  const areOver = () => processes.every(({ isAlive }) => !isAlive) && killing.length === KILLS_AT.length
  await until(() => areOver() || troubles.length > MOST_TROUBLES, 'they end', 280)
  assert.ok(troubles.length <= MOST_TROUBLES, JSON.stringify(troubles.slice(-3)))
  await Promise.all(killing)
  await Promise.all(processes.map(({ ended }) => ended))
  for (const each of processes) {
    const { status, signal } = await each.ended
    assert.ok(status === 0 || (signal === 'SIGKILL' && killedAt.has(each.pid)), `${status} ${signal}: ${each.stderr}`)
  }
  return { killedAt, leases }
}

/** For how many milliseconds more jobs are claimed, by the living as by the dead. */
async function leasesNow(): Promise<number[]> {
  const query = rootQuery(server as MariaDb)
  const tables = await query<{ name: string }>(
    "SELECT table_schema AS name FROM information_schema.tables WHERE table_name = 'm3saas_cronjobs'",
  )
  const left = 'claimed_until - UNIX_TIMESTAMP(NOW(3)) * 1000 AS ms'
  const each = tables.map(({ name }) => `SELECT ${left} FROM ${name}.m3saas_cronjobs WHERE claim IS NOT NULL`)
  return (await query<{ ms: string }>(each.join(' UNION ALL '))).map(({ ms }) => Number(ms))
}

/** What a tenant's database says, as root sees it. */
async function lookAt(database: string) {
  const query = rootQuery(server as MariaDb)
  const marks = await query<Mark>(`SELECT pid, began, ended FROM ${database}.marks ORDER BY id`)
  const runs = await query<{ outcome: string }>(`SELECT outcome FROM ${database}.m3saas_cron_runs ORDER BY attempt`)
  const [state] = await query<object>(
    `SELECT last_run IS NOT NULL AS isDone, claim IS NULL AS isFree, attempts FROM ${database}.m3saas_cronjobs`,
  )
  return { marks, runs, state: { ...state } }
}
