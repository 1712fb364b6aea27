import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeAppRoot, moduleSource } from '../modules/app-root.js'
import { startApp } from '../support/app.js'
import { clientOf } from '../support/client.js'
import { startCommand } from '../support/command.js'
import type { Ending } from '../support/ending.js'
import { type Mosquitto, noMosquitto as skip, startMosquitto } from '../support/mosquitto.js'
import { problemOf } from '../support/problem.js'
import { sendRaw } from '../support/raw.js'
import { startRelay } from '../support/relay.js'
import { seedFiles } from '../support/seeds.js'
import { subscribe } from '../support/subscriber.js'
import { until } from '../support/until.js'

/** `/send/<topic>/<from>/<to>/<qos>` publishes these numbers; `/fast` does nothing. */
const routes = `routes(app, { mqtt }) {
  app.get('/send/:topic/:from/:to/:qos', async ({ params: { topic, from, to, qos } }) => {
    for (let n = Number(from); n <= Number(to); n++) await mqtt.publish(topic, String(n), { qos: Number(qos) })
    return { sent: to }
  })
  app.get('/fast', () => 'fast')
}`

const TENANTS = ['red', 'green', 'blue']

function rootFor(ending: Ending, config: object): Promise<string> {
  return makeAppRoot(ending, {
    'config.json': JSON.stringify(config),
    'plugins/sender/v1/sender.module.mjs': moduleSource('sender', 1, routes),
    ...seedFiles({
      tenants: TENANTS.map((name, i) => ({ id: i + 1, name, user: name, password: 'plain' })),
      modules: [{ id: 1, name: 'sender' }],
      subscriptions: TENANTS.map((_, i) => ({ id: i + 1, tenant_id: i + 1, module_id: 1, version: 1 })),
    }),
  })
}

async function serve(ending: Ending, broker: Pick<Mosquitto, 'port'>, mqtt: object = {}) {
  const config = { http: { port: 0, shutdownSeconds: 1 }, mqtt: { host: '127.0.0.1', port: broker.port, ...mqtt } }
  const app = await startApp({ root: await rootFor(ending, config), config })
  ending.after(() => app.close())
  const call = clientOf(app.url)
  return { app, get: (path: string) => call('GET', path) }
}

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => String(from + i))

test('1,200 messages of QoS 1 that routes publish while the broker is dead all arrive, in order a topic', {
  skip,
}, async (t) => {
  const broker = await startMosquitto(t)
  // The way of the subscriber; that of the server is opened when the subscriber is there again.
  const relay = await startRelay(t, broker)
  const subscriber = await subscribe(t, { port: broker.port })
  const { app, get } = await serve(t, relay)
  const send = async (from: number, to: number) => {
    const paths = [1, 2, 3].flatMap((tenant) => ['a', 'b'].map((topic) => `/${tenant}/sender/v1/send/${topic}`))
    for (const { status } of await Promise.all(paths.map((path) => get(`${path}/${from}/${to}/1`))))
      assert.equal(status, 200)
  }
  await send(1, 5)
  await until(() => subscriber.messages.length === 30, 'messages arrive')
  await broker.halt('kill')
  await relay.cut()
  await until(() => app.log.some(({ msg }) => String(msg).includes('is away')), 'the broker’s absence is noticed')
  for (let from = 6; from <= 205; from += 50) await send(from, from + 49)
  const began = performance.now()
  for (let i = 0; i < 50; i++) assert.equal((await get('/1/sender/v1/fast')).status, 200)
  assert.ok(performance.now() - began < 2000, 'HTTP is served meanwhile')
  await broker.resume()
  await subscriber.back()
  await relay.open()
  await until(() => subscriber.messages.length >= 1230, 'all arrive')
  for (const tenant of TENANTS) {
    for (const topic of ['a', 'b']) assert.deepEqual(subscriber.of(`${tenant}/${topic}`), numbers(1, 205))
  }
})

test('a full queue is answered with 503 and Retry-After, to whom it is full for and to nobody else', async (t) => {
  const queue = { messages: 30, messagesPerTenant: 10 }
  const { app, get } = await serve(t, { port: 1 }, { queue })
  assert.equal((await get('/1/sender/v1/send/a/1/10/1')).status, 200)
  const answer = await sendRaw(app.url, 'GET /1/sender/v1/send/a/11/11/1 HTTP/1.1')
  const problem = problemOf(answer)
  assert.deepEqual([problem.status, problem.code], [503, 'QUEUE_FULL'])
  assert.equal(problem.detail, 'Too many messages wait for the message broker at the moment; try again later')
  assert.ok(Number(answer.headers['retry-after']) >= 1)
  assert.equal((await get('/2/sender/v1/send/a/1/10/2')).status, 200)
  assert.equal((await get('/3/sender/v1/send/a/1/11/1')).status, 503)
  assert.equal((await get('/1/sender/v1/send/a/1/100/0')).status, 200, 'those of QoS 0 do not wait')
  assert.equal((await get('/1/sender/v1/fast')).status, 200)
  const told = app.log.map(({ msg }) => String(msg)).filter((msg) => msg.includes('are refused'))
  assert.deepEqual(told, [
    'messages are refused, one of tenant 1, red, the first: Too many messages of this tenant wait: the message broker is ' +
      'away (the bound is mqtt.queue.messagesPerTenant)',
  ])
})

test('SIGTERM brings what waits to a broker that comes back in time', { skip }, async (t) => {
  const broker = await startMosquitto(t)
  const relay = await startRelay(t, broker)
  const subscriber = await subscribe(t, { port: broker.port })
  const root = await rootFor(t, { mqtt: { host: '127.0.0.1', port: relay.port } })
  const server = await startCommand({ cwd: root })
  t.after(() => server.stop('SIGKILL').then(() => {}))
  const get = (path: string) => clientOf(server.url)('GET', path)
  await relay.cut()
  assert.equal((await get('/1/sender/v1/send/a/1/300/1')).status, 200)
  assert.equal((await get('/2/sender/v1/send/a/1/100/2')).status, 200)
  const stopping = server.stop('SIGTERM')
  await until(() => server.log().some(({ msg }) => msg === 'shutting down'), 'it shuts down')
  await relay.open()
  assert.equal((await stopping).status, 0)
  await until(() => subscriber.messages.length === 400, 'all arrive')
  assert.deepEqual(subscriber.of('red/a'), numbers(1, 300))
  assert.deepEqual(subscriber.of('green/a'), numbers(1, 100))
  assert.deepEqual(errorsOf(server.log()), [])
})

test('SIGTERM without a broker ends within its time with status 0, and one line tells what is lost', async (t) => {
  const root = await rootFor(t, { http: { shutdownSeconds: 1 }, mqtt: { host: '127.0.0.1', port: 1 } })
  const server = await startCommand({ cwd: root })
  t.after(() => server.stop('SIGKILL').then(() => {}))
  const get = (path: string) => clientOf(server.url)('GET', path)
  for (const path of ['/1/sender/v1/send/a/1/3/1', '/3/sender/v1/send/a/1/4/2', '/3/sender/v1/send/a/1/4/0']) {
    assert.equal((await get(path)).status, 200)
  }
  const began = performance.now()
  assert.equal((await server.stop('SIGTERM')).status, 0)
  assert.ok(performance.now() - began < 10_000)
  assert.deepEqual(errorsOf(server.log()), [
    '7 messages did not reach the broker 127.0.0.1:1 before the end and are lost: 4 of tenant 3, blue; 3 of tenant 1, red',
  ])
})

test('a frozen broker delays the end no longer than a shutdown may take', { skip }, async (t) => {
  const broker = await startMosquitto(t)
  const root = await rootFor(t, { http: { shutdownSeconds: 1 }, mqtt: { host: '127.0.0.1', port: broker.port } })
  const server = await startCommand({ cwd: root })
  t.after(() => server.stop('SIGKILL').then(() => {}))
  const get = (path: string) => clientOf(server.url)('GET', path)
  assert.equal((await get('/1/sender/v1/send/a/1/1/1')).status, 200)
  await until(async () => (await broker.log()).includes("'red/a'"), 'the broker has the first')
  broker.freeze()
  assert.equal((await get('/1/sender/v1/send/a/1/3/1')).status, 200)
  assert.equal((await server.stop('SIGTERM')).status, 0)
  assert.match(String(errorsOf(server.log())), /^3 messages did not reach the broker /)
})

/** Of errors; 50 is pino's number for them. */
function errorsOf(log: readonly Record<string, unknown>[]): unknown[] {
  return log.filter(({ level }) => level === 50).map(({ msg }) => msg)
}
