import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { test } from 'node:test'
import { pino } from 'pino'
import { defineModule } from '../../kernel/contract/define-module.js'
import { M3Error } from '../../kernel/errors.js'
import { createHttpServer } from '../../kernel/http/server.js'
import { createScopeBuilder } from '../../kernel/http/tenant-scope.js'
import type { TenantSource } from '../../kernel/tenants/contract.js'
import { gate } from '../support/gate.js'
import { httpDefaults, MemoryTenants, NO_OPS, runtimeOf, serve, TOKEN } from './serving.js'

const log = pino({ level: 'silent' })
const hello = defineModule({ name: 'test', version: 1, routes: (app) => void app.get('/', () => 'hello') })

test('fifty first requests build a tenant once, and each is counted until its answer is out', async (t) => {
  const { url, tenants } = await serve(t, { 1: [hello] })
  const answers = await Promise.all(Array.from({ length: 50 }, () => fetch(`${url}/1/test/v1`)))
  assert.ok(answers.every((answer) => answer.status === 200))
  assert.equal(tenants.builds, 1)
  const tenant = tenants.tenants.get(1)
  assert.deepEqual([tenant?.served, tenant?.inFlight], [50, 0])
})

test('a tenant that is released between its build and the request is built again', async (t) => {
  const inner = new MemoryTenants({ 1: [hello] }, { config: { http: httpDefaults }, log })
  let asked = 0
  const tenants: TenantSource = {
    live: (id) => (++asked < 3 ? undefined : inner.live(id)),
    build: (id) => inner.build(id),
  }
  const { url } = await serve(t, {}, { tenants })
  assert.equal((await fetch(`${url}/1/test/v1`)).status, 200)
  assert.equal(inner.builds, 2)
  const never = await serve(t, {}, { tenants: { live: () => undefined, build: async () => {} } })
  const refused = await fetch(`${never.url}/1/test/v1`)
  assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '1'])
})

test('a client that goes away while its tenant is built leaves nothing counted', async (t) => {
  const building = gate()
  const inner = new MemoryTenants({ 1: [hello] }, { config: { http: httpDefaults }, log })
  const built = gate()
  const tenants: TenantSource = {
    live: (id) => inner.live(id),
    async build(id) {
      await building.opened
      await inner.build(id)
      built.open()
    },
  }
  const { url, lines } = await serve(t, {}, { tenants })
  const abort = new AbortController()
  const request = fetch(`${url}/1/test/v1`, { signal: abort.signal })
  await fetch(`${url}/health/live`)
  abort.abort()
  await assert.rejects(request)
  while (!lines.some((line) => line.aborted)) await fetch(`${url}/health/live`)
  building.open()
  await built.opened
  await fetch(`${url}/1/test/v1`)
  assert.deepEqual([inner.tenants.get(1)?.inFlight, inner.tenants.get(1)?.served], [0, 1])
})

const failing: [string, Parameters<typeof defineModule>[0], RegExp][] = [
  ['throws', { name: 'bad', version: 1, routes: () => assert.fail('boom') }, /boom/],
  ['rejects', { name: 'bad', version: 1, routes: async () => assert.fail('boom') }, /boom/],
  ['throws in its exports', { name: 'bad', version: 1, exports: () => assert.fail('boom') }, /boom/],
  [
    'throws in a nested plugin',
    { name: 'bad', version: 1, routes: (app) => void app.register(async () => assert.fail('boom')) },
    /boom/,
  ],
  [
    'hangs',
    { name: 'bad', version: 1, routes: () => new Promise(() => {}) },
    /^its registration does not end within 0\.2 s$/,
  ],
  [
    'has a schema that is none',
    {
      name: 'bad',
      version: 1,
      routes: (app) => void app.post('/', { schema: { body: { type: 'nonsense' } } }, () => ''),
    },
    /validation schema for POST: \/bad\/v1/,
  ],
  [
    'registers a route twice',
    { name: 'bad', version: 1, routes: (app) => void app.get('/', () => '').get('/', () => '') },
    /already declared/,
  ],
]

test('a module that fails to register takes down nobody but the tenants that need it', async (t) => {
  for (const [name, declaration, reason] of failing) {
    let closed = 0
    const witness = defineModule({
      name: 'witness',
      version: 1,
      routes: (app) => void app.addHook('onClose', async () => void closed++),
    })
    const bad = defineModule(declaration)
    const { url, tenants } = await serve(t, { 1: [witness, bad], 2: [hello] }, { registerSeconds: 0.2 })
    const refused = await fetch(`${url}/1/test/v1`)
    assert.deepEqual(
      [refused.status, ((await refused.json()) as { code: string }).code],
      [503, 'TENANT_UNAVAILABLE'],
      name,
    )
    await assert.rejects(tenants.build(1), (error: M3Error) => {
      assert.equal(error.faults[0]?.path, 'bad@v1', name)
      assert.match(error.faults[0]?.message ?? '', reason, name)
      return true
    })
    assert.equal(closed, 2, `${name}: what was registered before is closed`)
    assert.equal((await fetch(`${url}/2/test/v1`)).status, 200, name)
  }
})

test('a build that the database refuses keeps its reason: another attempt may succeed', async () => {
  const build = createScopeBuilder({ config: { http: httpDefaults }, log })
  const away = defineModule({
    name: 'test',
    version: 1,
    exports: () => {
      throw new M3Error('DATABASE_UNAVAILABLE', 'away', { retryAfter: 5 })
    },
  })
  await assert.rejects(build(runtimeOf(1, [away])), { code: 'DATABASE_UNAVAILABLE', retryAfter: 5 })
})

test('a module whose dependency is not there is refused by Fastify as well', async () => {
  const build = createScopeBuilder({ config: { http: httpDefaults }, log })
  const users = defineModule({ name: 'users', version: 1 })
  const notes = defineModule({ name: 'notes', version: 1, dependsOn: [users] })
  await (await build(runtimeOf(1, [users, notes]))).close()
  await assert.rejects(build(runtimeOf(1, [notes, users])), { code: 'TENANT_UNAVAILABLE' })
})

test('a scope whose modules do not close is not waited for beyond its limit', async () => {
  const build = createScopeBuilder({ config: { http: httpDefaults }, log, closeSeconds: 0.1 })
  const stuck = defineModule({
    name: 'test',
    version: 1,
    routes: (app) => void app.addHook('onClose', () => new Promise(() => {})),
  })
  const scope = await build(runtimeOf(1, [stuck]))
  await scope.close()
})

/** `/slow` says that it has begun and waits for `finish`; `/` answers at once. */
function slowModule(slow: string, quick: string) {
  const started = gate()
  const finish = gate()
  const module = defineModule({
    name: 'test',
    version: 1,
    routes(app) {
      app.get('/slow', async () => {
        started.open()
        await finish.opened
        return slow
      })
      app.get('/', () => quick)
    },
  })
  return { module, started, finish }
}

test('shutdown finishes what runs, takes nothing new, and ends kept connections', async (t) => {
  const { module, started, finish } = slowModule('done', 'quick')
  const { url, server } = await serve(t, { 1: [module] })
  assert.equal((await fetch(`${url}/1/test/v1`)).headers.get('connection'), 'keep-alive')
  const inFlight = fetch(`${url}/1/test/v1/slow`)
  await started.opened
  const closed = server.close(5)
  await assert.rejects(fetch(`${url}/1/test/v1`), 'no new connection')
  finish.open()
  const answer = await inFlight
  assert.deepEqual([await answer.text(), answer.headers.get('connection')], ['done', 'close'])
  await closed
})

test('shutdown cuts off what is not done at the deadline', async (t) => {
  const started = gate()
  const endless = defineModule({
    name: 'test',
    version: 1,
    routes(app) {
      app.get('/', () => {
        started.open()
        return new Promise(() => {})
      })
    },
  })
  const { url, server } = await serve(t, { 1: [endless] })
  const cut = assert.rejects(fetch(`${url}/1/test/v1`))
  await started.opened
  const began = performance.now()
  await server.close(0.2)
  assert.ok(performance.now() - began < 2000)
  await cut
})

test('a request on an open connection during shutdown is answered, and its connection ends', async (t) => {
  const { module, started, finish } = slowModule('slow', 'second')
  const { url, server } = await serve(t, { 1: [module] })
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  let received = ''
  socket.on('data', (chunk) => {
    received += chunk
  })
  socket.write('GET /1/test/v1/slow HTTP/1.1\r\nHost: x\r\n\r\nGET /1/test/v1 HTTP/1.1\r\nHost: x\r\n\r\n')
  await started.opened
  const closed = server.close(5)
  finish.open()
  await once(socket, 'close')
  await closed
  assert.match(received, /connection: close/i)
  assert.match(received, /slow/)
})

test('an address that is taken is told so', async (t) => {
  const other = createServer()
  other.listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.after(() => other.close())
  const { port } = other.address() as { port: number }
  const http = { ...httpDefaults, port }
  const server = await createHttpServer({
    config: { http, sub_directory: '', timeZone: 'UTC' },
    log,
    tenants: new MemoryTenants({}, { config: { http }, log }),
    ops: NO_OPS,
    token: TOKEN,
    isReady: async () => {},
  })
  await assert.rejects(server.listen(), {
    code: 'CONFIG_INVALID',
    message: `Cannot listen on 127.0.0.1:${port}: another program listens there already; set http.port or PORT to another one`,
  })
  await server.close(1)
})
