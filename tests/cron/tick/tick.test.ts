import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import type { TenantIdentity } from '../../../kernel/engines/contract.js'
import { contentsOf } from '../../support/contents.js'
import type { SharedMariaDb } from '../../support/mariadb.js'
import { withMariaDb } from '../../support/mariadb.js'
import { watched } from '../../support/schemas.js'
import { until } from '../../support/until.js'
import { CronRoot, runHere, untilStopped } from '../cron-root.js'

const JOBS = `{
  one: { run() {} },
  quick: { repeat: 'minute', every: 5, run() {} },
  monthly: { repeat: 'month', day: 15, run() {} },
}`
const DAY = new Date('2026-06-10T07:30:00Z')
const after = (minutes: number) => new Date(DAY.getTime() + minutes * 60_000)

describe('on SQLite', () => suite(undefined))
await withMariaDb('on MariaDB', (server) => suite(server))

function suite(server: SharedMariaDb | undefined): void {
  const made = (t: TestContext, options: { jobs?: string; tenants?: number; config?: object } = {}) =>
    CronRoot.make(t, { server, jobs: JOBS, ...options })

  test('what is due is run for every tenant, called before or not, and then not until it is due again', async (t) => {
    const { runJob } = runHere()
    const kernel = await (await made(t)).kernel({ runJob })
    const first = await kernel.tick({ now: DAY })
    assert.deepEqual(first.runs, ['1 one done', '1 quick done', '2 one done', '2 quick done'])
    const { event: _, ms, ...counts } = first.summary
    const none = { failed: 0, failures: 0 }
    assert.deepEqual(counts, { tick: DAY.toISOString(), databases: 3, due: 4, done: 4, left: 0, ...none })
    assert.deepEqual((await kernel.tick({ now: after(4) })).runs, [])
    assert.deepEqual((await kernel.tick({ now: after(5), shortOnly: true })).runs, ['1 quick done', '2 quick done'])
    assert.deepEqual((await kernel.tick({ now: after(5 * 24 * 60) })).runs.length, 6, 'the fifteenth is a day for all')
    const [newest] = await kernel.cron.runs(1, { job: 'jobs@v1/monthly', most: 1 })
    assert.deepEqual([newest?.outcome, newest?.attempt, newest?.tick], ['done', 1, after(5 * 24 * 60).toISOString()])
  })

  test('a dry run tells what is due and writes nothing, whether there is a database or not', async (t) => {
    const { runJob, begun } = runHere()
    const kernel = await (await made(t)).kernel({ runJob })
    const expected = ['1 one', '1 quick', '2 one', '2 quick']
    assert.deepEqual((await kernel.tick({ now: DAY, dryRun: true })).named('due'), expected)
    const database = await kernel.database(1)
    const { engine } = kernel.kernel
    await assert.rejects(database.select('SELECT 1 AS one'), 'no database was made')
    await kernel.tick({ now: DAY })
    const all = async () => ({
      states: await database.select('SELECT * FROM m3saas_cronjobs ORDER BY name'),
      runs: await database.select('SELECT * FROM m3saas_cron_runs ORDER BY id'),
      rest: await contentsOf(database, engine),
    })
    const before = await all()
    const dry = await kernel.tick({ now: after(24 * 60), dryRun: true })
    assert.deepEqual([dry.named('due'), dry.runs, dry.summary.due], [expected, [], 4])
    assert.deepEqual(await all(), before)
    assert.equal(begun.length, 4)
  })

  test('where nothing is due a database is asked one thing', async (t) => {
    const kernel = await (await made(t, { tenants: 3 })).kernel({ runJob: runHere().runJob })
    await kernel.tick({ now: DAY })
    const { engine } = kernel.kernel
    const statements: string[] = []
    const open = engine.tenant.bind(engine)
    const tenant = (row: TenantIdentity) => watched(open(row), (sql) => void statements.push(sql))
    Object.assign(engine, { tenant })
    assert.equal((await kernel.tick({ now: after(1) })).summary.databases, 4)
    assert.equal(statements.length, 3, statements.join('\n'))
  })

  test('a failure moves no last run: minutes are tried again after 1, 2, 4 minutes, days at the next tick', async (t) => {
    let isBroken = true
    const fails = async () =>
      isBroken ? ({ outcome: 'failed', error: 'on purpose' } as const) : { outcome: 'done' as const }
    const { runJob } = runHere({ one: fails, quick: fails })
    const kernel = await (await made(t, { tenants: 1 })).kernel({ runJob })
    const failed = await kernel.tick({ now: DAY })
    assert.deepEqual(failed.runs, ['1 one failed', '1 quick failed'])
    assert.deepEqual([failed.summary.failed, failed.summary.done], [2, 0])
    const quickAt = async (minutes: number) => (await kernel.tick({ now: after(minutes), shortOnly: true })).runs.length
    // Each is the end of the one before plus 1, 2, 4 minutes.
    const tried: number[] = []
    for (let minute = 0; minute <= 8; minute++) if ((await quickAt(minute)) > 0) tried.push(minute)
    assert.deepEqual(tried, [1, 3, 7])
    const { jobs } = await kernel.cron.list(1, after(8))
    const quick = jobs.find(({ job }) => job === 'quick')
    assert.deepEqual(
      [quick?.lastRun, quick?.due, quick?.last?.outcome, quick?.last?.error, quick?.last?.attempt],
      [undefined, false, 'failed', 'on purpose', 4],
    )
    isBroken = false
    assert.deepEqual((await kernel.tick({ now: after(24 * 60) })).runs, ['1 one done', '1 quick done'])
    const database = await kernel.database(1)
    const states = await database.select('SELECT name, attempts, retry_at FROM m3saas_cronjobs ORDER BY name')
    assert.deepEqual(
      states.map((state) => ({ ...state })),
      [
        { name: 'jobs@v1/monthly', attempts: 0, retry_at: null },
        { name: 'jobs@v1/one', attempts: 0, retry_at: null },
        { name: 'jobs@v1/quick', attempts: 0, retry_at: null },
      ],
    )
  })

  test('a rehearsal of the future counts as of now from the next tick on: the job waits for one interval', async (t) => {
    const { runJob } = runHere()
    const kernel = await (await made(t, { tenants: 1, jobs: '{ one: { run() {} } }' })).kernel({ runJob })
    const now = Date.now()
    assert.deepEqual((await kernel.tick({ now: new Date(now + 40 * 86_400_000) })).runs, ['1 one done'])
    assert.deepEqual((await kernel.tick()).runs, [], 'it has run')
    const { jobs } = await kernel.cron.list(1)
    const lastRun = Date.parse(jobs.find(({ job }) => job === 'one')?.lastRun ?? '')
    assert.ok(lastRun >= now && lastRun <= Date.now(), String(lastRun))
    assert.deepEqual((await kernel.tick({ now: new Date(now + 2 * 86_400_000) })).runs, ['1 one done'])
  })

  test('two processes that tick at once run each job once; the second waits and finds it done', async (t) => {
    const root = await made(t, { tenants: 3, jobs: '{ one: { run() {} } }' })
    const together = async () => {
      await until(() => one.begun.length + other.begun.length >= 3, 'the jobs of all tenants run')
      return { outcome: 'done' } as const
    }
    const [one, other] = [runHere({ one: together }), runHere({ one: together })]
    const lease = { ms: 1500, heartbeatMs: 200 }
    const kernels = [
      await root.kernel({ runJob: one.runJob, lease }),
      await root.kernel({ runJob: other.runJob, lease }),
    ]
    const told = await Promise.all(kernels.map((kernel) => kernel.tick({ now: DAY })))
    assert.deepEqual([...one.begun, ...other.begun].sort(), ['1 one', '2 one', '3 one'])
    assert.deepEqual(told.flatMap(({ runs }) => runs).sort(), ['1 one done', '2 one done', '3 one done'])
    assert.deepEqual(
      told.flatMap(({ failures }) => failures),
      [],
    )
    assert.deepEqual(
      told.flatMap((each) => each.named('left')),
      [],
    )
  })

  test('a job that another process goes on with is left in the end', async (t) => {
    const root = await made(t, { tenants: 1, jobs: '{ one: { run() {} } }' })
    const lease = { ms: 600, heartbeatMs: 100 }
    const holder = await root.kernel({ runJob: untilStopped, lease })
    const held = holder.tick({ now: DAY })
    const { runJob, begun } = runHere()
    const other = await root.kernel({ runJob, lease })
    await untilRunning(other)
    const told = await other.tick({ now: DAY })
    assert.deepEqual([told.named('left'), begun, told.summary.due], [['1 one'], [], 1])
    assert.deepEqual((await other.tick({ now: DAY, dryRun: true })).named('left'), ['1 one'])
    await assert.rejects(other.cron.run(1, 'jobs@v1', 'one'), { code: 'JOB_RUNNING' })
    await holder.cron.close(0.2)
    assert.deepEqual((await held).runs, ['1 one stopped'])
    assert.deepEqual((await other.tick({ now: DAY })).runs, ['1 one done'])
    assert.deepEqual(await other.history(1), ['one stopped', 'one done'])
  })

  test('runs that are older than so many days are forgotten when another one ends', async (t) => {
    const { runJob } = runHere()
    const config = { cron: { keepDays: 3 } }
    const root = await made(t, { tenants: 1, jobs: '{ one: { run() {} } }', config })
    const kernel = await root.kernel({ runJob })
    await kernel.tick({ now: DAY })
    const database = await kernel.database(1)
    const old = new Date(Date.now() - 4 * 86_400_000)
    await database.run('UPDATE m3saas_cron_runs SET started_at = ?', [old])
    await kernel.cron.run(1, 'jobs@v1', 'one')
    assert.deepEqual(await kernel.history(1), ['one done'])
  })
}

async function untilRunning(kernel: Awaited<ReturnType<CronRoot['kernel']>>): Promise<void> {
  for (;;) {
    const { jobs } = await kernel.cron.list(1)
    if (jobs.some(({ running }) => running)) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
