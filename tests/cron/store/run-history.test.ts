import assert from 'node:assert/strict'
import { test } from 'node:test'
import { JobStore } from '../../../kernel/cron/store/job-store.js'
import { TENANT_TABLES } from '../../../kernel/cron/store/job-tables.js'
import { RunHistory } from '../../../kernel/cron/store/run-history.js'
import { onBothEngines } from '../../support/fresh-databases.js'

const DAY = 86_400_000
const NOW = new Date('2026-06-01T00:00:00.500Z')
const daysBefore = (days: number) => new Date(NOW.getTime() - days * DAY)
const ageOf = ({ started }: { readonly started: Date }) => (NOW.getTime() - started.getTime()) / DAY

await onBothEngines('cron_history', (databases) => {
  /** A history of runs: the job, how many days before NOW it began, and whether it ended. */
  const historyOf = async (...runs: readonly (readonly [string, number, boolean])[]): Promise<RunHistory> => {
    const store = new JobStore(await databases.create(), TENANT_TABLES)
    await store.create()
    await store.meet([...new Set(runs.map(([job]) => job))], NOW)
    for (const [job, days, isEnded] of runs) {
      const known = (await store.read(NOW)).jobs.get(job)
      assert.ok(known)
      const started = daysBefore(days)
      const run = await store.claim(job, known, { tick: started, started, leaseMs: -1 })
      assert.ok(run)
      const ended = new Date(started.getTime() + 5)
      if (isEnded) await store.finish(run, { outcome: 'failed', error: `of ${days}`, ended })
    }
    return new RunHistory(store.database, TENANT_TABLES)
  }

  test('the newest come first, of all jobs or of one, so many at most', async () => {
    const history = await historyOf(['a', 3, true], ['b', 2, true], ['a', 1, true], ['a', 0, false])
    const ages = async (filter: { job?: string; most: number }) =>
      (await history.newest(filter)).map((run) => `${run.job} ${ageOf(run)}`)
    assert.deepEqual(await ages({ most: 10 }), ['a 0', 'a 1', 'b 2', 'a 3'])
    assert.deepEqual(await ages({ most: 2 }), ['a 0', 'a 1'])
    assert.deepEqual(await ages({ job: 'a', most: 2 }), ['a 0', 'a 1'])
    assert.deepEqual(await ages({ job: 'c', most: 2 }), [])
    const [running, ended] = await history.newest({ most: 2 })
    assert.deepEqual([running?.outcome, running?.ended, running?.error], ['running', undefined, undefined])
    assert.deepEqual([ended?.outcome, ended?.error, ended?.attempt], ['failed', 'of 1', 2])
    assert.deepEqual(ended?.ended, new Date(daysBefore(1).getTime() + 5))
  })

  test('of each job the latest run is told', async () => {
    const history = await historyOf(['a', 3, true], ['b', 2, true], ['a', 1, true])
    const latest = await history.latest()
    assert.deepEqual([...latest.keys()].sort(), ['a', 'b'])
    assert.equal(latest.get('a')?.error, 'of 1')
  })

  test('runs that began before so many days are forgotten; those that still run are not', async () => {
    const history = await historyOf(['b', 40, false], ['a', 31, true], ['a', 30, true], ['a', 1, true])
    await history.forget(30, NOW)
    const left = (await history.newest({ most: 10 })).map((run) => `${run.job} ${ageOf(run)}`)
    assert.deepEqual(left, ['a 1', 'a 30', 'b 40'])
  })
})
