import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { startServer } from '../../../kernel/server.js'
import { type SharedMariaDb, withMariaDb } from '../../support/mariadb.js'
import { until } from '../../support/until.js'
import { CronRoot, runHere, untilStopped } from '../cron-root.js'
import { FakeClock } from '../fake-clock.js'

const MINUTE = 60_000

describe('on SQLite', () => suite(undefined))
await withMariaDb('on MariaDB', (server) => suite(server))

function suite(mariaDb: SharedMariaDb | undefined): void {
  /** A server on a clock that is moved by hand, at half a minute before its daily tick. */
  const serve = async (t: TestContext, jobs: string, { runJob }: ReturnType<typeof runHere>, config: object = {}) => {
    const root = await CronRoot.make(t, { server: mariaDb, jobs, config })
    const clock = new FakeClock('2026-06-10T07:29:30Z')
    const { kernel } = await root.kernel({ runJob, clock })
    const server = await startServer(kernel)
    t.after(() => server.close())
    return { kernel, clock, server }
  }

  test('a server runs the jobs of all tenants at the time of day, and those of minutes at each minute', async (t) => {
    const here = runHere()
    const jobs = '{ one: { run() {} }, quick: { repeat: "minute", run() {} } }'
    const { clock, server, kernel } = await serve(t, jobs, here)
    await until(() => clock.timers > 0, 'the scheduler has begun')
    await clock.advance(MINUTE / 2)
    await until(() => here.begun.length === 4, 'all four have run')
    assert.deepEqual([...here.begun].sort(), ['1 one', '1 quick', '2 one', '2 quick'])
    await until(
      async () => (await kernel.cron.runs(2, { most: 9 })).every(({ outcome }) => outcome === 'done'),
      'they are recorded',
    )
    await until(async () => {
      await clock.advance(MINUTE)
      return here.begun.length >= 6
    }, 'those of minutes have run again')
    assert.ok(
      here.begun.slice(4).every((job) => job.endsWith('quick')),
      String(here.begun),
    )
    await server.close()
    assert.equal(clock.timers, 0)
  })

  test('where no tenant has a job of minutes, no database is looked at for one', async (t) => {
    const here = runHere()
    const { kernel, clock } = await serve(t, '{ one: { run() {} } }', here)
    await until(() => clock.timers > 0, 'the scheduler has begun')
    await clock.advance(MINUTE / 2)
    await until(() => here.begun.length === 2, 'both have run')
    await until(
      () => kernel.cron.list(undefined).then(({ jobs }) => jobs.every(({ running }) => !running)),
      'they are over',
    )
    let opened = 0
    const open = kernel.engine.tenant.bind(kernel.engine)
    Object.assign(kernel.engine, {
      tenant: (row: Parameters<typeof open>[0]) => {
        opened++
        return open(row)
      },
    })
    await clock.advance(3 * MINUTE)
    await setTimeout(200)
    assert.equal(opened, 0)
  })

  test('a server that is shut down ends its jobs and records them; one that runs none has no scheduler', async (t) => {
    const here = runHere({ one: untilStopped })
    const running = await serve(t, '{ one: { run() {} } }', here, { http: { port: 0, shutdownSeconds: 1 } })
    await until(() => running.clock.timers > 0, 'the scheduler has begun')
    await running.clock.advance(MINUTE / 2)
    await until(() => here.begun.length === 2, 'both run')
    await running.server.close()
    for (const id of [1, 2]) {
      const [run] = await running.kernel.cron.runs(id, { most: 1 })
      assert.equal(run?.outcome, 'stopped')
    }
    assert.equal(running.clock.timers, 0)
    const idle = await serve(t, '{ one: { run() {} } }', here, { cron: { enabled: false } })
    await setTimeout(2500)
    assert.equal(idle.clock.timers, 0)
  })
}
