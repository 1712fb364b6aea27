import assert from 'node:assert/strict'
import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { type SharedMariaDb, withMariaDb } from '../../support/mariadb.js'
import { rootQuery } from '../../support/root-query.js'
import { until } from '../../support/until.js'
import { type CronKernel, CronRoot, runHere, untilStopped } from '../cron-root.js'

const DAY = new Date('2026-06-10T07:30:00Z')
const JOBS = '{ one: { run() {} }, quick: { repeat: "minute", run() {} } }'
const done = { outcome: 'done' } as const

describe('on SQLite', () => suite(undefined))
await withMariaDb('on MariaDB', (server) => suite(server))

function suite(server: SharedMariaDb | undefined): void {
  const made = (t: TestContext, options: { jobs?: string; tenants?: number; config?: object } = {}) =>
    CronRoot.make(t, { server, jobs: JOBS, ...options })

  test('a tenant whose database cannot be used is told of, and holds up no other', async (t) => {
    const { runJob } = runHere()
    const root = await made(t, { tenants: 3 })
    const healthy = await root.kernel({ runJob })
    await healthy.tick({ now: DAY, shortOnly: true })
    await healthy.kernel.engine.catalog.run("UPDATE tenants SET name = 'no name' WHERE id = 1")
    await breakDatabase(healthy, root.root, server)
    const told = await healthy.tick({ now: new Date(DAY.getTime() + 3 * 60_000) })
    assert.deepEqual(told.runs, ['3 one done', '3 quick done'])
    const failures = told.failures.map((failure) =>
      failure.event === 'failure' ? `${failure.target} ${failure.code}` : '',
    )
    assert.deepEqual(failures.sort(), ['1 TENANT_UNAVAILABLE', '2 DATABASE_UNAVAILABLE'])
    assert.equal(told.summary.failures, 2)
    await assert.rejects(healthy.cron.list(2), { code: 'DATABASE_UNAVAILABLE' })
    const listed = await healthy.cron.list(undefined)
    assert.deepEqual([...new Set(listed.jobs.map(({ target }) => target))], [3])
    assert.deepEqual(
      listed.failures.map(({ target }) => target),
      [1, 2],
    )
  })

  test('a reader that stops reading keeps no slot: jobs go on, and what it was not told yet waits for it', async (t) => {
    const { runJob, begun } = runHere()
    const root = await made(t, { tenants: 3, config: { cron: { parallel: 1 } } })
    const { cron } = await root.kernel({ runJob })
    const events = cron.tick({ now: DAY }, new AbortController().signal)[Symbol.asyncIterator]()
    const first = await events.next()
    assert.equal(first.value?.event, 'run')
    await until(() => begun.length === 6, 'all jobs have run')
    const next = new Date(DAY.getTime() + 86_400_000)
    for await (const event of cron.tick({ now: next }, new AbortController().signal)) {
      if (event.event === 'summary') assert.equal(event.done, 6)
    }
    const rest: string[] = []
    for (let told = await events.next(); !told.done; told = await events.next()) rest.push(told.value.event)
    assert.deepEqual(rest, ['run', 'run', 'run', 'run', 'run', 'summary'])
  })

  test('a database that was never made is made where migrations may run, and told of where they may not', async (t) => {
    const { runJob } = runHere()
    const root = await made(t, { tenants: 1 })
    await root.kernel()
    const held = await root.kernel({ runJob }, { autoMigration: false })
    const told = await held.tick({ now: DAY })
    const [failure] = told.failures
    assert.ok(failure?.event === 'failure')
    assert.deepEqual([failure.code, told.runs], ['DATABASE_UNAVAILABLE', []])
    assert.match(failure.message, /run "m3saas migrate 1"/)
    const { jobs } = await held.cron.list(1)
    assert.deepEqual(
      jobs.map(({ job, due }) => `${job} ${due}`),
      ['one true', 'quick true'],
    )
    await assert.rejects(held.cron.run(1, 'jobs@v1', 'one'), /m3saas migrate 1/)
    assert.deepEqual((await (await root.kernel({ runJob })).tick({ now: DAY })).runs, ['1 one done', '1 quick done'])
  })

  test('the jobs of a suspended tenant do not run, by hand neither', async (t) => {
    const { runJob } = runHere()
    const kernel = await (await made(t)).kernel({ runJob })
    await kernel.kernel.catalogChanges.suspend(1)
    assert.deepEqual((await kernel.tick({ now: DAY })).runs, ['2 one done', '2 quick done'])
    await assert.rejects(kernel.cron.run(1, 'jobs@v1', 'one'), { code: 'TENANT_SUSPENDED' })
    await kernel.kernel.catalogChanges.resume(1)
    assert.deepEqual((await kernel.tick({ now: DAY })).runs, ['1 one done', '1 quick done'])
  })

  test('ticks overlap: one leaves alone what another has in work, and is not held up by it', async (t) => {
    let go = () => {}
    const { runJob, begun } = runHere({
      one: ({ tenant }) =>
        tenant.id === 1
          ? new Promise((resolve) => {
              go = () => resolve(done)
            })
          : Promise.resolve(done),
    })
    const kernel = await (await made(t)).kernel({ runJob })
    const first = kernel.tick({ now: DAY })
    await until(() => begun.includes('1 one') && begun.includes('2 quick'), 'tenant 1 hangs, tenant 2 is done')
    const second = await kernel.tick({ now: new Date(DAY.getTime() + 60_000), shortOnly: true })
    assert.deepEqual([second.runs, second.named('left'), second.failures], [['2 quick done'], [], []])
    go()
    assert.deepEqual((await first).runs, ['1 one done', '1 quick done', '2 one done', '2 quick done'])
  })

  test('a reader that leaves ends the tick after the jobs that run', async (t) => {
    const { runJob, begun } = runHere()
    const kernel = await (await made(t, { tenants: 4, config: { cron: { parallel: 1 } } })).kernel({ runJob })
    for await (const event of kernel.cron.tick({ now: DAY }, new AbortController().signal)) {
      if (event.event === 'run') break
    }
    assert.ok(begun.length < 8, `${begun.length} of 8 were begun`)
    const database = await kernel.database(Number(begun[0]?.[0]))
    assert.deepEqual(await database.select('SELECT name FROM m3saas_cronjobs WHERE claim IS NOT NULL'), [])
  })

  test('a shutdown waits for what runs, then ends it; it is recorded as stopped and due at the next tick', async (t) => {
    const { runJob, begun } = runHere({ one: untilStopped })
    const root = await made(t, { tenants: 1 })
    const kernel = await root.kernel({ runJob })
    const tick = kernel.tick({ now: DAY })
    await until(() => begun.length > 0, 'the job runs')
    const began = performance.now()
    await kernel.cron.close(1)
    assert.ok(performance.now() - began > 700, 'it had its time')
    assert.deepEqual((await tick).runs, ['1 one stopped'], 'the job behind it was not begun')
    await assert.rejects(kernel.cron.run(1, 'jobs@v1', 'one'), { code: 'SHUTTING_DOWN' })
    const other = await root.kernel({ runJob: runHere().runJob })
    assert.deepEqual((await other.tick({ now: DAY })).runs, ['1 one done', '1 quick done'])
    assert.deepEqual(await other.history(1), ['one stopped', 'one done', 'quick done'])
  })

  test('a job that is run by hand runs due or not, counts as a run, and is not confused with another', async (t) => {
    const { runJob, begun } = runHere({ quick: async () => ({ outcome: 'failed', error: 'on purpose' }) })
    const kernel = await (await made(t, { tenants: 1 })).kernel({ runJob })
    const now = new Date(DAY.getTime() + 5000)
    const summary = await kernel.cron.run(1, 'jobs@v1', 'one', now)
    assert.deepEqual([summary.outcome, summary.tick, summary.job], ['done', now.toISOString(), 'one'])
    assert.equal((await kernel.cron.run(1, 'jobs@v1', 'one', now)).attempt, 1)
    assert.equal((await kernel.cron.run(1, 'jobs@v1', 'quick', now)).error, 'on purpose')
    assert.deepEqual(begun, ['1 one', '1 one', '1 quick'])
    assert.deepEqual((await kernel.tick({ now })).runs, [], 'one has run, quick waits')
    await assert.rejects(kernel.cron.run(1, 'jobs@v1', 'oen'), {
      code: 'JOB_UNKNOWN',
      message: /did you mean jobs@v1 one/,
    })
    await assert.rejects(kernel.cron.run(2, 'jobs@v1', 'one'), { code: 'TENANT_UNKNOWN' })
  })
}

/** Tenant 2 has none any more that could be used. */
async function breakDatabase({ kernel }: CronKernel, root: string, server: SharedMariaDb | undefined): Promise<void> {
  const [row] = await kernel.engine.catalog.select<{ name: string; user: string }>(
    'SELECT name, user FROM tenants WHERE id = 2',
  )
  assert.ok(row)
  if (server) {
    // Its user may not connect any more: the account is locked, which a migration does not mend.
    await rootQuery(server)(`ALTER USER '${row.user}'@'%' ACCOUNT LOCK`)
    return
  }
  const file = path.join(root, 'data', 'tenants', `${row.name}.sqlite`)
  await rm(file)
  await mkdir(file)
}
