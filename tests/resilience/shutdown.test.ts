import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { makeAppRoot, moduleSource } from '../modules/app-root.js'
import { clientOf } from '../support/client.js'
import { type RunningCommand, startCommand } from '../support/command.js'
import { seedFiles } from '../support/seeds.js'
import { until } from '../support/until.js'

/** `/wait/:ms` answers after so long and tells that it has begun; a timer of its own never ends. */
const routes = `routes(app, { log }) {
  setInterval(() => {}, 1000)
  app.get('/wait/:ms', async (request) => {
    log.warn({ waits: request.params.ms }, 'begun')
    await new Promise((resolve) => setTimeout(resolve, Number(request.params.ms)))
    return 'done'
  })
}`

async function start(t: TestContext, shutdownSeconds: number): Promise<RunningCommand> {
  const root = await makeAppRoot(t, {
    'config.json': JSON.stringify({ http: { shutdownSeconds }, mqtt: { embedded: false } }),
    'plugins/slow/v1/slow.module.mjs': moduleSource('slow', 1, routes),
    ...seedFiles({
      tenants: [{ id: 1, name: 'shutdown', user: 'shutdown', password: 'plain' }],
      modules: [{ id: 1, name: 'slow' }],
      subscriptions: [{ id: 1, tenant_id: 1, module_id: 1, version: 1 }],
    }),
  })
  const server = await startCommand({ cwd: root })
  t.after(async () => {
    await server.stop('SIGKILL')
  })
  return server
}

const begun = (server: RunningCommand) => server.log().filter(({ msg }) => msg === 'begun').length
const refusesConnections = (url: string) =>
  new Promise<boolean>((resolve) => {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    socket.once('connect', () => {
      socket.destroy()
      resolve(false)
    })
    socket.once('error', () => resolve(true))
  })

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal}: requests in flight finish, no connection is taken any more, and the status is 0`, async (t) => {
    const server = await start(t, 20)
    const call = clientOf(server.url)
    // Also on a connection that stays open, and that nobody uses.
    assert.equal((await call('GET', '/1/slow/v1/wait/0')).status, 200)
    const answers = Promise.all(Array.from({ length: 10 }, () => call('GET', '/1/slow/v1/wait/1000')))
    await until(() => begun(server) === 11, 'all requests have begun')
    server.child.kill(signal)
    await until(() => server.log().some(({ msg }) => msg === 'shutting down'), 'it shuts down')
    await until(() => refusesConnections(server.url), 'the port is closed')
    const done = await answers
    assert.deepEqual([...new Set(done.map(({ status, body }) => `${status} ${body}`))], ['200 done'])
    const { status } = await server.ended
    assert.equal(status, 0)
    assert.deepEqual(
      server.log().filter(({ level }) => Number(level) > 40),
      [],
    )
  })
}

test('what is not done at the deadline is cut off, and the status is 0', async (t) => {
  const server = await start(t, 0.3)
  const answer = clientOf(server.url)('GET', '/1/slow/v1/wait/60000')
  await until(() => begun(server) === 1, 'the request has begun')
  const started = performance.now()
  const cutOff = assert.rejects(answer, /fetch failed/)
  const { status } = await server.stop()
  assert.equal(status, 0)
  assert.ok(performance.now() - started < 10_000)
  await cutOff
})

test('a second signal ends the process at once, with status 1', async (t) => {
  const server = await start(t, 60)
  const cutOff = assert.rejects(clientOf(server.url)('GET', '/1/slow/v1/wait/60000'), /fetch failed/)
  await until(() => begun(server) === 1, 'the request has begun')
  server.child.kill('SIGTERM')
  await until(() => server.log().some(({ msg }) => msg === 'shutting down'), 'it shuts down')
  const { status } = await server.stop()
  assert.equal(status, 1)
  await cutOff
})
