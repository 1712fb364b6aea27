import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { before, describe, test } from 'node:test'
import { makeAppRoot, moduleSource } from '../modules/app-root.js'
import { type Call, clientOf } from '../support/client.js'
import { type RunningCommand, startCommand } from '../support/command.js'
import { suiteEnding } from '../support/ending.js'
import { seedFiles } from '../support/seeds.js'
import { until } from '../support/until.js'

const HEALTHY = 'healthy'
const LIMIT = 2

/** The source of a module, and how the reason of its failure begins; `undefined` if it is served. */
const modules: Readonly<Record<string, readonly [string, string | undefined]>> = {
  [HEALTHY]: [moduleSource(HEALTHY, 1, "routes(app) { app.get('/', () => 'well') }"), undefined],
  throwing: ["throw new Error('no good')", 'plugins/throwing/v1: cannot be imported: no good'],
  hanging: [
    'await new Promise(() => setInterval(() => {}, 1000))',
    `plugins/hanging/v1: cannot be imported: its top level does not end within ${LIMIT} s`,
  ],
  empty: ['export const nothing = 1', 'plugins/empty/v1: its root file exports no module'],
  misnamed: [
    moduleSource('other'),
    'plugins/misnamed/v1: it calls itself other@v1, but its folder makes it misnamed@v1',
  ],
  refusing: [moduleSource('refusing', 1, "routes() { throw new Error('not today') }"), 'not today'],
  rejecting: [
    moduleSource('rejecting', 1, "async exports() { throw new Error('nothing to give') }"),
    'nothing to give',
  ],
  lingering: [
    moduleSource('lingering', 1, 'async routes() { await new Promise(() => {}) }'),
    `its registration does not end within ${LIMIT} s`,
  ],
  colliding: [
    moduleSource('colliding', 1, "routes(app) { app.get('/', () => 1); app.get('/', () => 2) }"),
    "Method 'GET' already declared for route '/colliding/v1'",
  ],
  depending: [
    moduleSource('depending', 1, "dependsOn: ['throwing@v1']"),
    'plugins/throwing/v1: cannot be imported: no good',
  ],
}

describe('modules at fault, each needed by a tenant of its own', () => {
  const ending = suiteEnding()
  const names = Object.keys(modules)
  const tenantOf = (name: string) => names.indexOf(name) + 1
  let server: RunningCommand
  let call: Call
  let token: string
  before(async () => {
    const root = await makeAppRoot(ending, {
      'config.json': JSON.stringify({ limits: { moduleSeconds: LIMIT }, mqtt: { embedded: false } }),
      ...Object.fromEntries(names.map((name) => [`plugins/${name}/v1/${name}.module.mjs`, modules[name]?.[0] ?? ''])),
      ...seedFiles({
        tenants: names.map((name, i) => ({ id: i + 1, name, user: name, password: 'plain' })),
        modules: names.map((name, i) => ({ id: i + 1, name })),
        subscriptions: names.map((_name, i) => ({ id: i + 1, tenant_id: i + 1, module_id: i + 1, version: 1 })),
      }),
    })
    server = await startCommand({ cwd: root })
    ending.after(async () => {
      assert.equal((await server.stop()).status, 0, 'whatever the modules left running')
    })
    call = clientOf(server.url)
    token = (await readFile(path.join(root, 'secrets/ops_token.secret'), 'utf8')).trim()
  })
  const get = (name: string) => call('GET', `/${tenantOf(name)}/${name}/v1`)

  test('the healthy tenant is served while the others hang', async () => {
    const faulty = names.slice(1).map(get)
    let pending = true
    const all = Promise.all(faulty).then((answers) => {
      pending = false
      return answers
    })
    for (let i = 0; i < 20; i++) assert.deepEqual((await get(HEALTHY)).body, 'well')
    assert.ok(pending, 'some of the others hang still')
    assert.deepEqual([...new Set((await all).map(({ status }) => status))], [503])
    assert.equal((await get(HEALTHY)).status, 200)
  })

  for (const [name, [, reason]] of Object.entries(modules).slice(1)) {
    test(`${name}: its tenant answers 503, and the reason is in the log and read by ops`, async () => {
      const { status, headers, body } = await get(name)
      const problem = body as { code: string; detail: string }
      assert.equal(headers.get('content-type'), 'application/problem+json')
      assert.deepEqual([status, problem.code], [503, 'TENANT_UNAVAILABLE'])
      assert.equal(problem.detail, 'The tenant cannot be served at the moment; the reason is in the log of the server')

      const isReason = ({ message }: { message: string }) => message.startsWith(String(reason))
      const logged = server
        .log()
        .find(({ tenant, msg }) => tenant === tenantOf(name) && msg === 'tenant cannot be served')
      const faults = (logged?.faults ?? []) as { message: string }[]
      assert.ok(faults.some(isReason), JSON.stringify(logged))
      const report = (await call('GET', '/modules', { token })).body as Report
      const failure = report.tenants.find(({ tenant }) => tenant === tenantOf(name))
      assert.ok(failure?.faults.some(isReason), JSON.stringify(failure))
      const version = report.versions.find((each) => each.name === `${name}@v1`)
      assert.equal(version?.state, reason?.startsWith(`plugins/${name}/`) ? 'unavailable' : 'loaded')
    })
  }

  test('ops read nothing of a tenant that is served', async () => {
    const { tenants } = (await call('GET', '/modules', { token })).body as Report
    assert.deepEqual(
      tenants.map(({ tenant }) => tenant).sort((a, b) => a - b),
      names.slice(1).map(tenantOf),
    )
  })
})

interface Report {
  readonly versions: { name: string; state: string; reason?: string }[]
  readonly tenants: { tenant: number; faults: { path: string; message: string }[] }[]
}

describe('a module that fails later', () => {
  const ending = suiteEnding()
  let server: RunningCommand
  let call: Call
  before(async () => {
    const routes = `routes(app) {
      app.get('/', () => 'well')
      app.post('/timer', () => { setTimeout(() => { throw new Error('out of a timer') }, 10); return 'soon' })
      app.post('/promise', () => { Promise.reject(new Error('out of a promise')); return 'soon' })
      app.post('/twice', async (request, reply) => { reply.send('once'); setTimeout(() => reply.send('twice'), 10); return reply })
      app.post('/null', () => { throw null })
      app.post('/stream', async (request, reply) => { const { Readable } = await import('node:stream'); return reply.send(new Readable({ read() { this.destroy(new Error('out of a stream')) } })) })
      app.post('/circle', async () => { const circle = {}; circle.circle = circle; return circle })
    }`
    const root = await makeAppRoot(ending, {
      'config.json': JSON.stringify({ mqtt: { embedded: false } }),
      'plugins/late/v1/late.module.mjs': moduleSource('late', 1, routes),
      ...seedFiles({
        tenants: [1, 2].map((id) => ({ id, name: `late_${id}`, user: `late_${id}`, password: 'plain' })),
        modules: [{ id: 1, name: 'late' }],
        subscriptions: [1, 2].map((id) => ({ id, tenant_id: id, module_id: 1, version: 1 })),
      }),
    })
    server = await startCommand({ cwd: root, env: {} })
    ending.after(async () => {
      assert.equal((await server.stop()).status, 0, 'whatever the modules left running')
    })
    call = clientOf(server.url)
  })

  for (const [where, message] of [
    ['timer', 'out of a timer'],
    ['promise', 'out of a promise'],
  ] as const) {
    test(`out of a ${where}: it is logged, and the process goes on`, async () => {
      assert.equal((await call('POST', `/1/late/v1/${where}`)).body, 'soon')
      const isLogged = () =>
        server.log().some(({ msg, err }) => /nobody caught/.test(String(msg)) && (err as Error).message === message)
      await until(isLogged, 'the error is logged')
      for (const id of [1, 2]) assert.deepEqual((await call('GET', `/${id}/late/v1`)).body, 'well')
      assert.equal(server.child.exitCode, null)
    })
  }

  for (const route of ['null', 'circle']) {
    test(`in a handler (${route}): 500 without internals, and the process goes on`, async () => {
      const { status, body } = await call('POST', `/1/late/v1/${route}`)
      assert.deepEqual([status, (body as { code: string }).code], [500, 'INTERNAL'])
      assert.equal(
        (body as { detail: string }).detail,
        'Something went wrong on the server; the request id leads to the reason in its log',
      )
      for (const id of [1, 2]) assert.deepEqual((await call('GET', `/${id}/late/v1`)).body, 'well')
    })
  }

  test('in the middle of an answer: it breaks off, and the process goes on', async () => {
    await assert.rejects(call('POST', '/1/late/v1/stream'), /terminated/)
    for (const id of [1, 2]) assert.deepEqual((await call('GET', `/${id}/late/v1`)).body, 'well')
  })

  test('a second answer is passed over', async () => {
    assert.equal((await call('POST', '/1/late/v1/twice')).body, 'once')
    for (const id of [1, 2]) assert.deepEqual((await call('GET', `/${id}/late/v1`)).body, 'well')
    assert.equal(server.child.exitCode, null)
  })
})
