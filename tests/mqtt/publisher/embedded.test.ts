import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { embeddedBroker, fileOf } from '../../support/embedded-broker.js'
import type { Ending } from '../../support/ending.js'
import { startRelay } from '../../support/relay.js'
import { freePort } from '../../support/server-process.js'
import { subscribe } from '../../support/subscriber.js'
import { until } from '../../support/until.js'
import { publishLengths, rigFor, upTo } from './rig.js'

const CONFIG = { listen: { port: 0, webSocketPort: 0 } }

async function emptyFolder(ending: Ending): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'm3saas-mqtt-'))
  ending.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

test('a server publishes to its own broker, and so does a command in the same app root', async (t) => {
  const root = await emptyFolder(t)
  const server = rigFor(t, CONFIG, root)
  await server.mqtt.start()
  assert.match(server.mqtt.listeners.join(' '), /^mqtt:\/\/127\.0\.0\.1:\d+ ws:\/\/127\.0\.0\.1:\d+/)
  await until(() => server.logged('info').includes('messages are published to the embedded broker'), 'it is connected')
  const command = rigFor(t, CONFIG, root)
  for (const { tenant } of [server, command]) {
    await tenant(1).publish('a', 'x')
    await publishLengths(tenant(1), 'a', { to: 400 }, { qos: 1 })
    await publishLengths(tenant(1), 'b', { to: 400 }, { qos: 2 })
  }
  await command.mqtt.close(10)
  await server.mqtt.close(10)
  assert.deepEqual([command.mqtt.undelivered, server.mqtt.undelivered], [0, 0])
  assert.deepEqual(command.logged('warn'), [])
  assert.deepEqual([...command.logged('error'), ...server.logged('error')], [])
})

test('a second server publishes through the first, and through none when that has ended', async (t) => {
  const root = await emptyFolder(t)
  const [first, second] = [rigFor(t, CONFIG, root), rigFor(t, CONFIG, root)]
  await first.mqtt.start()
  await second.mqtt.start()
  assert.deepEqual(second.mqtt.listeners, [])
  await publishLengths(second.tenant(1), 'a', { to: 50 }, { qos: 1 })
  await until(() => second.logged('info').includes('messages are published to the embedded broker'), 'it is connected')
  await first.mqtt.close(10)
  await until(() => second.logged('warn').length > 0, 'the end of the first is noticed')
  await publishLengths(second.tenant(1), 'b', { to: 7 }, { qos: 2 })
  await second.mqtt.close(10)
  assert.equal(second.mqtt.undelivered, 7)
})

test('1,200 messages of QoS 1 that are published while an embedded broker is away all arrive, in order a topic', async (t) => {
  const port = await freePort()
  const start = (root: string) => {
    const users = fileOf({ server: ['<topic>#</topic>'] })
    return embeddedBroker(t, users, { root, mqtt: { listen: { port, webSocketPort: 0 } } })
  }
  const root = await emptyFolder(t)
  const broker = await start(root)
  // The way of the kernel, as from another machine; it is opened when the subscriber is there again.
  const relay = await startRelay(t, { port })
  const login = { username: 'server', password: 'server' }
  const subscriber = await subscribe(t, { port, ...login })
  const { tenant, mqtt, logged } = rigFor(t, { host: '127.0.0.1', port: relay.port, ...login })
  const publish = (from: number, to: number) =>
    Promise.all(['a', 'b'].map((topic) => publishLengths(tenant(1), topic, { from, to }, { qos: 1 })))
  await publish(1, 5)
  await until(() => subscriber.messages.length === 10, 'messages arrive')
  await broker.close()
  await relay.cut()
  await until(() => logged('warn').length > 0, 'the absence is noticed')
  await publish(6, 605)
  await start(root)
  await subscriber.back()
  await relay.open()
  await until(() => subscriber.messages.length >= 1210, 'all arrive')
  await mqtt.close(10)
  assert.equal(mqtt.undelivered, 0)
  for (const topic of ['t1/a', 't1/b']) {
    assert.deepEqual(
      subscriber.of(topic).map(({ length }) => length),
      upTo(605),
    )
  }
})

test('a command where no server runs says so, and does not wait for one', async (t) => {
  const { mqtt, tenant, logged } = rigFor(t, CONFIG, await emptyFolder(t))
  await publishLengths(tenant(1), 'a', { to: 2 }, { qos: 1 })
  const began = performance.now()
  await mqtt.close(30)
  assert.ok(performance.now() - began < 10_000)
  assert.equal(mqtt.undelivered, 2)
  assert.deepEqual(logged('warn'), [
    'the embedded broker is away: no m3saas start runs in this app root; messages of QoS 1 and 2 wait for it',
  ])
  assert.deepEqual(logged('error'), [
    '2 messages did not reach the embedded broker before the end and are lost: 2 of tenant 1, t1',
  ])
})
