import assert from 'node:assert/strict'
import { test } from 'node:test'
import { M3Error } from '../../kernel/errors.js'
import { GuessLimit } from '../../kernel/guess-limit.js'
import { serve, TOKEN } from './serving.js'

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

test('the migrate routes run for the catalog and for a tenant, by GET and by POST', async (t) => {
  const { url } = await serve(t, {}, { subDirectory: 'api' })
  const modes = { '': 'migrate', '/force': 'force', '/seed': 'seed', '/deseed': 'deseed' }
  for (const [path, mode] of Object.entries(modes)) {
    for (const [prefix, target] of [
      ['', 'catalog'],
      ['/7', 7],
    ]) {
      for (const method of ['GET', 'POST']) {
        const response = await fetch(`${url}/api${prefix}/migrate${path}`, { method, headers: bearer(TOKEN) })
        assert.deepEqual(
          [response.status, await response.json()],
          [200, { target, mode }],
          `${method} ${prefix} ${path}`,
        )
      }
    }
  }
  const withBody = await fetch(`${url}/api/migrate`, {
    method: 'POST',
    headers: { ...bearer(TOKEN), 'content-type': 'application/json' },
    body: 'whatever',
  })
  assert.equal(withBody.status, 200, 'what is sent along is not looked at')
  assert.equal((await fetch(`${url}/api/migrate`, { method: 'HEAD', headers: bearer(TOKEN) })).status, 404)
  assert.equal((await fetch(`${url}/migrate`, { headers: bearer(TOKEN) })).status, 404)
})

test('a plan is made for the catalog and for a tenant, by GET alone', async (t) => {
  const { url } = await serve(t, {})
  const ask = (path: string, method = 'GET') => fetch(url + path, { method, headers: bearer(TOKEN) })
  assert.deepEqual(await (await ask('/migrate/plan')).json(), { plan: [], target: 'catalog' })
  assert.deepEqual(await (await ask('/7/migrate/plan')).json(), { plan: [], target: 7 })
  assert.deepEqual([(await ask('/07/migrate/plan')).status, (await ask('/7/migrate/plan', 'POST')).status], [404, 404])
})

test('migrations are reverted by POST alone, down to the one that is named', async (t) => {
  const { url } = await serve(t, {})
  const ask = (path: string, method = 'POST') => fetch(url + path, { method, headers: bearer(TOKEN) })
  assert.deepEqual(await (await ask('/7/migrate/down?to=notes@v1/first')).json(), { target: 7, to: 'notes@v1/first' })
  assert.deepEqual(await (await ask('/migrate/down?to=0')).json(), { target: 'catalog', to: 0 })
  for (const path of ['/7/migrate/down', '/7/migrate/down?to=', '/7/migrate/down?to=a&to=b']) {
    const refused = await ask(path)
    assert.deepEqual([refused.status, ((await refused.json()) as { code: string }).code], [400, 'BAD_REQUEST'], path)
  }
  assert.equal((await ask('/7/migrate/down?to=0', 'GET')).status, 404)
})

test('without the token nothing runs, and nothing is told', async (t) => {
  let runs = 0
  const migrate = async () => {
    runs++
    return {}
  }
  const { url } = await serve(t, {}, { ops: { migrate } })
  for (const path of ['/migrate', '/1/migrate/seed', '/1/migrate/plan', '/migrate/all', '/x/migrate', '/modules']) {
    const missing = await fetch(url + path)
    assert.deepEqual([missing.status, missing.headers.get('www-authenticate')], [401, 'Bearer realm="ops"'], path)
  }
  assert.equal((await fetch(`${url}/migrate`, { headers: bearer(`${TOKEN.slice(0, -1)}x`) })).status, 403)
  assert.equal(runs, 0)
})

test('who guesses is slowed down, and the right token does not help until the minute is over', async (t) => {
  const { url, lines } = await serve(t, {})
  const ask = (token: string) => fetch(`${url}/modules`, { headers: bearer(token) })
  assert.equal((await ask(TOKEN)).status, 200)
  for (let i = 0; i < 10; i++) assert.equal((await ask(`guess ${i}`)).status, 403)
  const slowed = await ask('guess 11')
  assert.equal(slowed.status, 429)
  assert.ok(Number(slowed.headers.get('retry-after')) > 50)
  assert.equal(((await slowed.json()) as { code: string }).code, 'TOO_MANY_ATTEMPTS')
  assert.equal((await ask(TOKEN)).status, 429)
  assert.ok(!JSON.stringify(lines).includes('guess 1'), 'guesses are in no log line')
})

test('wrong tokens are counted by address, and forgotten a minute after the first', () => {
  let now = 1000
  const limit = new GuessLimit({ now: () => now })
  for (let i = 0; i < 9; i++) limit.wrong('a')
  assert.equal(limit.secondsToWait('a'), 0)
  now += 30_000
  limit.wrong('a')
  assert.equal(limit.secondsToWait('a'), 30)
  assert.equal(limit.secondsToWait('b'), 0)
  now += 30_001
  assert.equal(limit.secondsToWait('a'), 0)
})

test('refusals are answered with their reasons, even those that tenants are not told', async (t) => {
  const errors: [M3Error, number][] = [
    [new M3Error('LOCKED', 'Another migration of tenant 1 is running', { retryAfter: 10 }), 409],
    [
      new M3Error('MIGRATION_REFUSED', 'It would lose data', {
        faults: [{ path: 'notes.title', message: 'is dropped' }],
      }),
      422,
    ],
    [new M3Error('SEED_REFUSED', 'A seed is not valid'), 422],
    [new M3Error('TENANT_UNKNOWN', 'There is no tenant 1'), 404],
    [new M3Error('TENANT_UNAVAILABLE', 'a@v1 → a@v1', { faults: [{ path: 'a@v1', message: 'needs itself' }] }), 503],
  ]
  let next = errors[0]?.[0]
  const { url } = await serve(t, {}, { ops: { migrate: () => Promise.reject(next) } })
  for (const [error, status] of errors) {
    next = error
    const response = await fetch(`${url}/1/migrate`, { headers: bearer(TOKEN) })
    const problem = (await response.json()) as Record<string, unknown>
    assert.deepEqual([response.status, problem.code, problem.detail], [status, error.code, error.message])
    assert.deepEqual(problem.errors ?? [], error.faults)
  }
})

test('a failure of an ops action that nobody foresaw shows nothing of its inside', async (t) => {
  const { url } = await serve(t, {}, { ops: { migrate: () => Promise.reject(new Error('hunter2')) } })
  const response = await fetch(`${url}/migrate`, { headers: bearer(TOKEN) })
  assert.equal(response.status, 500)
  assert.ok(!(await response.text()).includes('hunter2'))
})

test('health: live always, ready while requests can be served, both without a token and without a log line', async (t) => {
  let reason: Error | undefined
  const isReady = async () => {
    if (reason) throw reason
  }
  const { url, lines } = await serve(t, {}, { isReady, subDirectory: 'api' })
  for (const prefix of ['', '/api']) {
    assert.deepEqual(await (await fetch(`${url}${prefix}/health/live`)).json(), { status: 'live' })
    assert.deepEqual(await (await fetch(`${url}${prefix}/health/ready`)).json(), { status: 'ready' })
    assert.equal((await fetch(`${url}${prefix}/health/ready`, { method: 'HEAD' })).status, 200)
  }
  reason = new M3Error('DATABASE_UNAVAILABLE', 'hunter2', { retryAfter: 5 })
  const away = await fetch(`${url}/health/ready`)
  assert.deepEqual([away.status, away.headers.get('retry-after')], [503, '5'])
  assert.equal(((await away.json()) as { code: string }).code, 'DATABASE_UNAVAILABLE')
  assert.equal((await fetch(`${url}/health/live`)).status, 200)
  assert.deepEqual(lines, [])
})
