import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { runCommand } from '../support/command.js'
import { type SharedMariaDb, withMariaDb } from '../support/mariadb.js'
import { CronRoot } from './cron-fixture.js'

/** All that a process finds that cron starts: https://manpages.debian.org/bookworm/cron/crontab.5.en.html */
const CRONTAB = { PATH: '/usr/bin:/bin', SHELL: '/bin/sh', HOME: '/', LOGNAME: 'nobody' }

function suite(server?: SharedMariaDb): void {
  test('started by a system crontab it runs what is due, says so a line each, and has nothing to do after that', async (t) => {
    const cron = await CronRoot.make(t, server, [['shop'], ['shop']])
    const call = () =>
      runCommand(['cron', '--root', cron.root, '--now', '2030-01-14T07:30'], { cwd: '/', env: CRONTAB })
    const first = await call()
    assert.deepEqual([first.status, first.stderr], [0, ''])
    const [one, two, summary, ...more] = first.stdout.split('\n')
    assert.match(
      [one, two].sort().join(),
      /^1 shop@v1\/count: done in [\d.]+ m?s,2 shop@v1\/count: done in [\d.]+ m?s$/,
    )
    assert.match(summary ?? '', /^3 databases in \d+\.\d s: 2 due, 2 done$/)
    assert.deepEqual(more, [''])
    const second = await call()
    assert.deepEqual([second.status, second.stderr], [0, ''])
    assert.match(second.stdout, /^3 databases in \d+\.\d s: nothing is due\n$/)
    const kernel = await cron.kernel()
    for (const tenant of [1, 2]) assert.deepEqual(await cron.traces(kernel, tenant), ['count 2030-01-14T07:30:00.000Z'])
  })

  test('what is told before a dry run is told after it: nothing was run, nothing written', async (t) => {
    const cron = await CronRoot.make(t, server, [['shop']])
    const now = '--now 2030-01-15T07:30'
    const list = () => cron.call(`cron list ${now} --json`)
    const before = await list()
    const dry = await cron.call(`cron --dry-run ${now}`)
    assert.deepEqual([dry.status, dry.stderr], [0, ''])
    const [bill, count, summary] = dry.stdout.split('\n')
    assert.deepEqual([bill, count].sort(), ['1 shop@v1/bill: due', '1 shop@v1/count: due'])
    assert.match(summary ?? '', /^2 databases in \d+\.\d s: 2 due/)
    assert.deepEqual(await list(), before)
    const { events, summary: told, status } = await cron.tick(`--dry-run ${now}`)
    assert.deepEqual([status, events], [0, ['due 1 bill', 'due 1 count']])
    assert.deepEqual([told?.databases, told?.due, told?.done, told?.tick], [2, 2, 0, '2030-01-15T07:30:00.000Z'])
  })

  test('a job that fails: status 1, the reason on its own line and on record; it is tried again', async (t) => {
    const cron = await CronRoot.make(t, server, [['frail', 'shop'], ['shop']])
    await cron.raise('frail')
    const failed = await cron.call('cron --now 2030-01-01T07:30')
    assert.deepEqual([failed.status, failed.stderr], [1, ''])
    assert.match(failed.stdout, /^1 frail@v1\/print: failed in [\d.]+ m?s\n {2}it is out of paper$/m)
    assert.match(failed.stdout, /3 due, 2 done, 1 failed/)
    await cron.lower('frail')
    const again = await cron.tick('--now 2030-01-02T07:30')
    assert.deepEqual([again.status, again.events], [0, ['run 1 count done', 'run 1 print done', 'run 2 count done']])
    const runs = await cron.call('cron runs 1 --job frail@v1/print')
    assert.deepEqual([runs.status, runs.stderr], [0, ''])
    assert.deepEqual(
      runs.stdout
        .replaceAll(/20\S+Z|[\d.]+ m?s\b/g, '…')
        .split('\n')
        .map((line) => line.trim().split(/ {2,}/)),
      [
        ['started', 'job', 'attempt', 'time', 'outcome'],
        ['…', 'frail@v1/print', '2', '…', 'done'],
        ['…', 'frail@v1/print', '1', '…', 'failed'],
        ['it is out of paper'],
        [''],
      ],
    )
    const newest = JSON.parse((await cron.call('cron runs 1 --most 2 --json')).stdout)
    assert.deepEqual(
      newest.map(({ target, module, job, attempt, outcome, tick }: Record<string, unknown>) => [
        target,
        `${module}/${job}`,
        attempt,
        outcome,
        tick,
      ]),
      (newest[0].job === 'print' ? ['frail@v1/print', 'shop@v1/count'] : ['shop@v1/count', 'frail@v1/print']).map(
        (job) => [1, job, job === 'shop@v1/count' ? 1 : 2, 'done', '2030-01-02T07:30:00.000Z'],
      ),
    )
    assert.equal((await cron.call('cron runs catalog')).stdout, 'no runs\n')
  })

  test('a year in a few calls: what is named comes on its day, what was missed once', async (t) => {
    const cron = await CronRoot.make(t, server, [['shop']], { timeZone: 'Europe/Berlin' })
    const days = [
      ['2030-01-14T23:59', ['count']],
      ['2030-01-15T00:00', ['bill', 'count']],
      ['2030-01-15T23:00', []],
      ['2030-05-20T07:30', ['bill', 'count']],
      ['2030-06-14T07:30', ['count']],
      ['2030-06-15T02:00Z', ['bill', 'count']],
      ['2031-01-01T00:00+01:00', ['bill', 'count']],
    ] as const
    for (const [now, jobs] of days) {
      const { status, events } = await cron.tick(`--now ${now}`)
      assert.deepEqual([status, events], [0, jobs.map((job) => `run 1 ${job} done`)], now)
    }
    const traces = await cron.traces(await cron.kernel(), 1)
    assert.deepEqual(
      traces.filter((trace) => trace.startsWith('bill')),
      [
        'bill 2030-01-14T23:00:00.000Z',
        'bill 2030-05-20T05:30:00.000Z',
        'bill 2030-06-15T02:00:00.000Z',
        'bill 2030-12-31T23:00:00.000Z',
      ],
    )
    const list = await cron.call('cron list 1 --now 2031-01-01T08:00')
    assert.deepEqual(
      list.stdout.split('\n').map((line) => line.split(/ {2,}/)),
      [
        ['of', 'job', 'repeated', 'next due (Europe/Berlin)', 'last done', 'last run'],
        ['1', 'shop@v1/count', 'every day', '2031-01-02', '2030-12-31T23:00:00.000Z', 'done'],
        ['1', 'shop@v1/bill', 'every month, day 15', '2031-02-15', '2030-12-31T23:00:00.000Z', 'done'],
        [''],
      ],
    )
  })

  test('one job is run by hand, due or not; what there is not is told', async (t) => {
    const cron = await CronRoot.make(t, server, [['shop', 'frail'], []])
    await cron.raise('frail')
    const done = await cron.call('cron run 1 shop@v1 bill --now 2030-01-03T07:30')
    assert.deepEqual([done.status, done.stderr], [0, ''])
    assert.match(done.stdout, /^1 shop@v1\/bill: done in [\d.]+ m?s\n$/)
    const failed = await cron.call('cron run 1 frail@v1 print --json')
    assert.deepEqual([failed.status, failed.stderr], [1, ''])
    const { outcome, error, attempt } = JSON.parse(failed.stdout)
    assert.deepEqual([outcome, error, attempt], ['failed', 'it is out of paper', 1])
    assert.deepEqual(await cron.traces(await cron.kernel(), 1), ['bill 2030-01-03T07:30:00.000Z'])
    for (const [line, code] of [
      ['run 1 shop@v1 nothing', 'JOB_UNKNOWN'],
      ['run 1 shop@v2 bill', 'JOB_UNKNOWN'],
      ['run 2 shop@v1 bill', 'JOB_UNKNOWN'],
      ['run catalog shop@v1 bill', 'JOB_UNKNOWN'],
      ['run 9 shop@v1 bill', 'TENANT_UNKNOWN'],
      ['run 1 kernel database_backup', 'JOB_UNKNOWN'],
      ['run catalog kernel database_backup', 'JOB_UNKNOWN'],
      ['list 9', 'TENANT_UNKNOWN'],
      ['runs 9', 'TENANT_UNKNOWN'],
    ] as const) {
      const refused = await cron.call(`cron ${line} --json`)
      assert.deepEqual([refused.status, refused.stdout, JSON.parse(refused.stderr).code], [1, '', code], line)
    }
    await cron.call('tenant suspend 1')
    const suspended = await cron.call('cron run 1 shop@v1 bill --json')
    assert.deepEqual([suspended.status, JSON.parse(suspended.stderr).code], [1, 'TENANT_SUSPENDED'])
    assert.deepEqual((await cron.tick()).events, [])
  })

  test('a job that is declared wrongly is left out and told of, the others of its module go on', async (t) => {
    const cron = await CronRoot.make(t, server, [['odd'], ['shop']])
    const reason = 'repeat must be minute, hour, day, week, month or year'
    const list = await cron.call('cron list')
    assert.equal(list.status, 0)
    assert.ok(list.stdout.endsWith(`\ncron jobs left out:\n  - odd@v1/sing: ${reason}\n`), list.stdout)
    const { leftOut } = JSON.parse((await cron.call('cron list 1 --json')).stdout)
    assert.deepEqual(leftOut, [{ module: 'odd@v1', job: 'sing', reason }])
    assert.deepEqual(JSON.parse((await cron.call('cron list 2 --json')).stdout).leftOut, [])
    const tick = await cron.call('cron --now 2030-01-01T07:30')
    assert.equal(tick.status, 0)
    assert.match(tick.stdout, /^1 odd@v1\/hum: done/m)
  })

  test('a database that cannot be looked at: status 1, and the others have their turn', async (t) => {
    const cron = await CronRoot.make(t, server, [['shop'], ['shop']])
    const kernel = await cron.kernel()
    await kernel.prepareCatalog()
    await kernel.engine.catalog.run('UPDATE subscriptions SET version = 9 WHERE tenant_id = 1')
    const { status, events, summary } = await cron.tick()
    assert.deepEqual([status, events], [1, ['failure 1 TENANT_UNAVAILABLE', 'run 2 count done']])
    assert.equal(summary?.failures, 1)
    const list = await cron.call('cron list')
    assert.match(list.stdout, /\nnot looked at:\n {2}1: TENANT_UNAVAILABLE: .*\n/)
  })

  test('what a module leaves uncaught does not end the jobs that run', async (t) => {
    const cron = await CronRoot.make(t, server, [['careless', 'shop']])
    const { status, stdout, stderr } = await runCommand(['cron', '--json'], { cwd: cron.root })
    assert.equal(status, 0, stderr)
    assert.match(stderr, /"message":"nobody waits for this".*"msg":"nobody caught this error; a module should have"/)
    assert.match(stdout, /"job":"hum".*"outcome":"done"/)
  })
}

describe('m3saas cron on SQLite', () => suite())
await withMariaDb('m3saas cron on MariaDB', suite)
