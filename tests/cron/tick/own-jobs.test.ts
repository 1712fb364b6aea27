import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import type { Target } from '../../../kernel/cron/contract.js'
import { kernelJobs } from '../../../kernel/cron/kernel-jobs.js'
import { M3Error } from '../../../kernel/errors.js'
import { type SharedMariaDb, withMariaDb } from '../../support/mariadb.js'
import { until } from '../../support/until.js'
import { CronRoot, runHere } from '../cron-root.js'

const DAY = new Date('2026-06-10T07:30:00Z')
const days = (count: number) => new Date(DAY.getTime() + count * 86_400_000)
const ALL = ['1 database_backup done', '2 database_backup done', 'catalog database_backup done']

describe('on SQLite', () => suite(undefined))
await withMariaDb('on MariaDB', (server) => suite(server))

/** The kernel's own jobs, with a backup that is told of in `called`. */
function backups(backUp: (target: Target, signal: AbortSignal) => Promise<unknown> = async () => {}) {
  const called: Target[] = []
  const counted = (target: Target, signal: AbortSignal) => {
    called.push(target)
    return backUp(target, signal)
  }
  const ownJobs = kernelJobs({ backUp: counted }, 'month')
  return { called, substitutes: { ownJobs, runJob: runHere().runJob } }
}

function suite(server: SharedMariaDb | undefined): void {
  const made = (t: TestContext) =>
    CronRoot.make(t, { server, jobs: '{ yearly: { repeat: "year", month: 1, run() {} } }' })

  test('the catalog and every tenant are backed up at once, and then once a month, by one process alone', async (t) => {
    const { called, substitutes } = backups()
    const root = await made(t)
    const kernels = [await root.kernel(substitutes), await root.kernel(substitutes)]
    const told = await Promise.all(kernels.map((kernel) => kernel.tick({ now: DAY })))
    assert.deepEqual(told.flatMap(({ runs }) => runs).sort(), ALL)
    assert.deepEqual(told[0]?.summary.databases, 3)
    assert.deepEqual((await kernels[0]?.tick({ now: days(29) }))?.runs, [])
    assert.deepEqual((await kernels[1]?.tick({ now: days(30) }))?.runs, ALL)
    assert.equal(called.length, 6)
    const [run, ...more] = (await kernels[0]?.cron.runs('catalog', { most: 9 })) ?? []
    assert.deepEqual(
      [run?.outcome, run?.target, run?.tick, more.length],
      ['done', 'catalog', days(30).toISOString(), 1],
    )
  })

  test('one may be had more often, or not at all', () => {
    const backUp = async () => {}
    assert.deepEqual(kernelJobs({ backUp }, 'never'), [])
    assert.deepEqual(kernelJobs({ backUp }, 'day')[0]?.schedule, { repeat: 'day', every: 1 })
  })

  test('a tick of minutes leaves them alone, and a dry run tells of them and writes nothing', async (t) => {
    const { called, substitutes } = backups()
    const kernel = await (await made(t)).kernel(substitutes)
    assert.deepEqual((await kernel.tick({ now: DAY, shortOnly: true })).runs, [])
    const dry = await kernel.tick({ now: DAY, dryRun: true })
    assert.deepEqual(dry.named('due'), ['1 database_backup', '2 database_backup', 'catalog database_backup'])
    assert.deepEqual([called, await kernel.cron.runs('catalog', { most: 9 })], [[], []])
  })

  test('a backup that fails is recorded with its reason and holds up no other; it is tried again', async (t) => {
    const refusal = new M3Error('BACKUP_FAILED', 'The disk is full', {
      faults: [{ path: 'backups', message: 'no room' }],
    })
    let isFull = true
    const { substitutes } = backups(async (target) => {
      if (isFull && target === 'catalog') throw refusal
      if (isFull && target === 2) throw new Error('a secret')
    })
    const kernel = await (await made(t)).kernel(substitutes)
    const expected = ['1 database_backup done', '2 database_backup failed', 'catalog database_backup failed']
    assert.deepEqual((await kernel.tick({ now: DAY })).runs, expected)
    const errorOf = async (target: Target) => (await kernel.cron.runs(target, { most: 1 }))[0]?.error
    assert.equal(await errorOf('catalog'), 'The disk is full\nbackups: no room')
    assert.doesNotMatch((await errorOf(2)) ?? '', /secret/)
    isFull = false
    const again = ['2 database_backup done', 'catalog database_backup done']
    assert.deepEqual((await kernel.tick({ now: days(1) })).runs, again)
  })

  test('a shutdown ends a backup that runs, and records it as stopped', async (t) => {
    const { called, substitutes } = backups(
      (_target, signal) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    )
    const root = await made(t)
    const kernel = await root.kernel(substitutes)
    const tick = kernel.tick({ now: DAY })
    await until(() => called.length === 3, 'all of them run')
    await kernel.cron.close(0.2)
    assert.deepEqual(
      (await tick).runs,
      ALL.map((run) => run.replace('done', 'stopped')),
    )
  })

  test('one is run by hand, of the catalog too, and not while another runs', async (t) => {
    let go = () => {}
    const { substitutes } = backups(() => new Promise<void>((resolve) => (go = resolve)))
    const kernel = await (await made(t)).kernel(substitutes)
    for (const target of ['catalog', 1] as const) {
      const running = kernel.cron.run(target, 'kernel', 'database_backup', DAY)
      await until(async () => (await kernel.cron.list(target)).jobs.some((job) => job.running), 'it runs')
      await assert.rejects(kernel.cron.run(target, 'kernel', 'database_backup', DAY), { code: 'JOB_RUNNING' })
      go()
      assert.deepEqual([(await running).outcome, (await running).target], ['done', target])
    }
    await assert.rejects(kernel.cron.run('catalog', 'jobs@v1', 'yearly', DAY), { code: 'JOB_UNKNOWN' })
  })
}
