import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { JobsReport, RunSummary } from '../../../kernel/cron/contract.js'
import { CronRoot, ticked } from '../../cli/cron-fixture.js'
import { startApp } from '../../support/app.js'
import { clientOf } from '../../support/client.js'
import { type SharedMariaDb, withMariaDb } from '../../support/mariadb.js'
import { until } from '../../support/until.js'

function suite(server?: SharedMariaDb): void {
  test('jobs are listed, run, told of and refused by the routes as by the command', async (t) => {
    const cron = await CronRoot.make(t, server, [['shop', 'frail', 'slow'], []], { cron: { enabled: false } })
    await cron.raise('frail')
    await cron.raise('slow')
    const app = await startApp({ root: cron.root, config: await cron.configuration() })
    t.after(() => app.close())
    const ask = async (method: string, path: string) => {
      const { status, body } = await clientOf(app.url)(method, path, { token: app.token })
      return { status, body: body as never }
    }
    const codeOf = async (method: string, path: string) => {
      const { status, body } = await ask(method, path)
      return [status, (body as { code?: string }).code]
    }
    const namesIn = ({ jobs }: JobsReport) => jobs.map(({ target, module, job }) => `${target} ${module}/${job}`)
    const own = ['1 frail@v1/print', '1 shop@v1/bill', '1 shop@v1/count', '1 slow@v1/wait']
    assert.deepEqual(namesIn((await ask('GET', '/1/cron')).body).sort(), own)
    assert.deepEqual(namesIn((await ask('GET', '/cron')).body).sort(), own)

    const done = await ask('POST', '/1/cron/shop@v1/bill?now=2030-01-03T07:30')
    const run: RunSummary = done.body
    assert.deepEqual(
      [done.status, run.target, run.module, run.job, run.outcome, run.tick],
      [200, 1, 'shop@v1', 'bill', 'done', '2030-01-03T07:30:00.000Z'],
    )
    const failed = await ask('POST', '/1/cron/frail@v1/print')
    const { outcome, error }: RunSummary = failed.body
    assert.deepEqual([failed.status, outcome, error], [200, 'failed', 'it is out of paper'])
    const told: readonly RunSummary[] = (await ask('GET', '/1/cron/runs?job=shop@v1/bill')).body
    assert.deepEqual(told, [run])
    const newest: readonly RunSummary[] = (await ask('GET', '/1/cron/runs?most=1')).body
    assert.deepEqual(
      newest.map(({ job }) => job),
      ['print'],
    )
    assert.deepEqual((await ask('GET', '/cron/runs')).body, [])

    const waiting = ask('POST', '/1/cron/slow@v1/wait')
    await until(async () => {
      const { jobs }: JobsReport = (await ask('GET', '/1/cron')).body
      return jobs.some(({ running }) => running)
    }, 'the job runs')
    assert.deepEqual(await codeOf('POST', '/1/cron/slow@v1/wait'), [409, 'JOB_RUNNING'])
    await cron.lower('slow')
    assert.equal((await waiting).status, 200)

    for (const [method, path, status, code] of [
      ['POST', '/1/cron/shop@v1/nothing', 404, 'JOB_UNKNOWN'],
      ['POST', '/1/cron/shop@v2/bill', 404, 'JOB_UNKNOWN'],
      ['POST', '/1/cron/shop/bill', 404, 'JOB_UNKNOWN'],
      ['POST', '/2/cron/shop@v1/bill', 404, 'JOB_UNKNOWN'],
      ['POST', '/cron/shop@v1/bill', 404, 'JOB_UNKNOWN'],
      ['POST', '/1/cron/kernel/database_backup', 404, 'JOB_UNKNOWN'],
      ['POST', '/cron/kernel/database_backup', 404, 'JOB_UNKNOWN'],
      ['POST', '/9/cron/shop@v1/bill', 404, 'TENANT_UNKNOWN'],
      ['GET', '/9/cron', 404, 'TENANT_UNKNOWN'],
      ['GET', '/9/cron/runs', 404, 'TENANT_UNKNOWN'],
    ] as const) {
      assert.deepEqual(await codeOf(method, path), [status, code], `${method} ${path}`)
    }
    await app.kernel.catalogChanges.suspend(1)
    assert.deepEqual(await codeOf('POST', '/1/cron/shop@v1/bill'), [403, 'TENANT_SUSPENDED'])
  })

  test('a tick is told as it goes; a client that leaves ends it after the job that runs', async (t) => {
    const cron = await CronRoot.make(t, server, [['slow', 'shop']], { cron: { enabled: false } })
    const app = await startApp({ root: cron.root, config: await cron.configuration() })
    t.after(() => app.close())
    const tick = (query: string, more: RequestInit = {}) =>
      fetch(`${app.url}/cron/tick${query}`, {
        ...more,
        method: 'POST',
        headers: { authorization: `Bearer ${app.token}` },
      })
    const dry = await tick('?dryRun=true&now=2030-01-01T07:30')
    assert.deepEqual([dry.status, dry.headers.get('content-type')], [200, 'application/x-ndjson'])
    assert.deepEqual(ticked(await dry.text()).events, ['due 1 count', 'due 1 wait'])

    await cron.raise('slow')
    const leaving = new AbortController()
    const answer = tick('?now=2030-01-01T07:30', { signal: leaving.signal }).catch(() => 'gone')
    await until(async () => (await app.kernel.cron.list(1)).jobs.some(({ running }) => running), 'the job runs')
    leaving.abort()
    assert.equal(await answer, 'gone')
    await until(() => app.log.some(({ url }) => String(url).startsWith('/cron/tick')), 'the server has noticed')
    await cron.lower('slow')
    await until(async () => (await app.kernel.cron.list(1)).jobs.every(({ running }) => !running), 'it has ended')
    const runs = await app.kernel.cron.runs(1, { most: 9 })
    assert.ok(
      runs.every(({ outcome }) => outcome === 'done'),
      JSON.stringify(runs),
    )

    const rest = await tick('?now=2030-01-01T07:30')
    const { summary } = ticked(await rest.text())
    assert.equal((summary?.done ?? 0) + runs.length, 2)
  })
}

describe('the routes of cron jobs on SQLite', () => suite())
await withMariaDb('the routes of cron jobs on MariaDB', suite)
