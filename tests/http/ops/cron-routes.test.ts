import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defineModule } from '../../../kernel/contract/define-module.js'
import { type ErrorCode, errorCatalogue, M3Error } from '../../../kernel/errors.js'
import type { OpsActions } from '../../../kernel/http/ops/ops-routes.js'
import { clientOf } from '../../support/client.js'
import { gate } from '../../support/gate.js'
import { NO_OPS, serve, TOKEN } from '../serving.js'

/** Actions that say what they were asked for, but for those that are given. */
const withCron = (cron: Partial<OpsActions['cron']>) => ({ ops: { cron: { ...NO_OPS.cron, ...cron } } })

const routes: readonly (readonly [string, string, unknown])[] = [
  ['GET', '/cron', { jobs: [] }],
  ['GET', '/7/cron?now=2026-12-01T07:30', { jobs: [], target: 7, now: '2026-12-01T06:30:00.000Z' }],
  ['GET', '/cron/runs', [{ target: 'catalog', most: 20 }]],
  ['GET', '/7/cron/runs?job=notes@v1/purge&most=3', [{ target: 7, job: 'notes@v1/purge', most: 3 }]],
  ['POST', '/cron/kernel/database_backup', { target: 'catalog', module: 'kernel', job: 'database_backup' }],
  [
    'POST',
    '/7/cron/notes@v1/purge?now=2026-12-01T07:30Z',
    { target: 7, module: 'notes@v1', job: 'purge', now: '2026-12-01T07:30:00.000Z' },
  ],
]

for (const [method, path, expected] of routes) {
  test(`${method} ${path} asks for what it says, below the sub-directory and with the token alone`, async (t) => {
    const { url } = await serve(t, {}, { subDirectory: 'api' })
    const ask = clientOf(`${url}/api`)
    const { status, body } = await ask(method, path, { token: TOKEN })
    assert.deepEqual([status, body], [200, expected])
    assert.equal((await ask(method, path)).status, 401)
    assert.equal((await ask(method, path, { token: `${TOKEN}x` })).status, 403)
    const other = method === 'GET' ? 'POST' : 'GET'
    assert.equal((await ask(other, path, { token: TOKEN })).status, 404)
    assert.equal((await clientOf(url)(method, path, { token: TOKEN })).status, 404)
  })
}

test('a tick is told as it goes, a line each, and asked for as the query says', async (t) => {
  const asked: unknown[] = []
  const { opened, open } = gate()
  const { url } = await serve(
    t,
    {},
    withCron({
      async *tick(options) {
        asked.push(options)
        yield { event: 'run', job: 'purge' }
        await opened
        yield { event: 'summary' }
      },
    }),
  )
  const answer = await fetch(`${url}/cron/tick?dryRun=true&now=2026-12-01T07:30%2B02:00`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}` },
  })
  assert.deepEqual([answer.status, answer.headers.get('content-type')], [200, 'application/x-ndjson'])
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
  assert.equal((await reader?.read())?.value, '{"event":"run","job":"purge"}\n', 'while the tick goes on')
  open()
  assert.equal((await reader?.read())?.value, '{"event":"summary"}\n')
  assert.equal((await reader?.read())?.done, true)
  assert.deepEqual(asked, [{ dryRun: true, now: new Date('2026-12-01T05:30Z') }])
})

test('a client that leaves a tick asks it to end', async (t) => {
  const { opened, open } = gate()
  const { url } = await serve(
    t,
    {},
    withCron({
      async *tick(_options, signal) {
        yield { event: 'run' }
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        open()
      },
    }),
  )
  const leaving = new AbortController()
  await fetch(`${url}/cron/tick`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}` },
    signal: leaving.signal,
  })
  leaving.abort()
  await opened
})

test('whatever an action refuses is a problem with its code, before a tick has told anything too', async (t) => {
  const codes: ErrorCode[] = ['JOB_UNKNOWN', 'JOB_RUNNING', 'TENANT_UNKNOWN', 'TENANT_SUSPENDED']
  let code: ErrorCode = 'DATABASE_UNAVAILABLE'
  const refuse = () => Promise.reject(new M3Error(code, 'it is so'))
  const { url } = await serve(
    t,
    {},
    withCron({
      // biome-ignore lint/correctness/useYield: it fails before it has anything to tell
      async *tick() {
        await refuse()
      },
      list: refuse,
      runs: refuse,
      run: refuse,
    }),
  )
  const ask = clientOf(url)
  for (code of ['DATABASE_UNAVAILABLE' as const, ...codes]) {
    for (const [method, path] of [
      ['GET', '/cron'],
      ['GET', '/7/cron/runs'],
      ['POST', '/7/cron/notes@v1/purge'],
      ['POST', '/cron/tick'],
    ] as const) {
      const { status, headers, body } = await ask(method, path, { token: TOKEN })
      const problem = body as { code: string; detail: string }
      assert.deepEqual(
        [status, headers.get('content-type'), problem.code, problem.detail],
        [errorCatalogue[code].status, 'application/problem+json', code, 'it is so'],
        `${method} ${path}`,
      )
    }
  }
})

const faulty: readonly (readonly [string, string, readonly string[]])[] = [
  ['GET', '/cron?now=today', ['now']],
  ['GET', '/7/cron?now=2026-02-30T00:00&most=3', ['now', 'most']],
  ['GET', '/7/cron/runs?most=0&job=&now=2026-12-01T07:30', ['most', 'job', 'now']],
  ['GET', '/cron/runs?most=1001&job=a&job=b', ['most', 'job']],
  ['POST', '/cron/tick?dryRun=yes&now=2026-12-01&shortOnly=true', ['dryRun', 'now', 'shortOnly']],
  ['POST', '/7/cron/notes@v1/purge?now=1', ['now']],
]

for (const [method, path, faults] of faulty) {
  test(`${method} ${path}: every fault is named, and nothing is done`, async (t) => {
    const never = () => assert.fail('nothing may be done')
    const { url } = await serve(t, {}, withCron({ tick: never, list: never, runs: never, run: never }))
    const { status, body } = await clientOf(url)(method, path, { token: TOKEN })
    const problem = body as { code: string; errors: { path: string }[] }
    assert.deepEqual(
      [status, problem.code, problem.errors.map((fault) => fault.path)],
      [400, 'VALIDATION_FAILED', faults],
    )
  })
}

test('what is no tenant is unknown, and cron jobs are never routes of a module', async (t) => {
  const app = defineModule({ name: 'app', version: 1, routes: (scope) => void scope.get('/', () => 'here') })
  const { url, tenants } = await serve(t, { 7: [app] })
  const ask = clientOf(url)
  for (const [method, path] of [
    ['GET', '/07/cron'],
    ['GET', '/%37/cron'],
    ['GET', '/x/cron/runs'],
    ['GET', '/0/cron'],
    ['POST', '/4294967296/cron/notes@v1/purge'],
  ] as const) {
    const { status, body } = await ask(method, path, { token: TOKEN })
    assert.deepEqual([status, (body as { code: string }).code], [404, 'TENANT_UNKNOWN'], path)
  }
  assert.equal((await ask('POST', '/7/cron/v1/purge')).status, 401, 'not a module called cron')
  assert.equal((await ask('GET', '/7/cron', { token: TOKEN })).status, 200)
  assert.equal(tenants.builds, 0)
})
