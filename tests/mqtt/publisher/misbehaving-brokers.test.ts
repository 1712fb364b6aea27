import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { Aedes } from 'aedes'
import mqtt from 'mqtt'
import type { Ending } from '../../support/ending.js'
import { noMosquitto as skip, startMosquitto } from '../../support/mosquitto.js'
import { subscribe } from '../../support/subscriber.js'
import { until } from '../../support/until.js'
import { publishLengths, rigFor, upTo } from './rig.js'

/** Listens as a broker does, and does with who comes what it is told. */
async function listen(ending: Ending, onSocket: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    onSocket(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  ending.after(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as { port: number }).port
}

test('a broker that says nothing holds up nobody: messages wait, those of QoS 0 are let go at the end', async (t) => {
  const port = await listen(t, () => {})
  const { tenant, mqtt, logged } = rigFor(t, { host: '127.0.0.1', port })
  await publishLengths(tenant(1), 'a', { to: 3 }, { qos: 1 })
  await tenant(1).publish('a', 'x')
  await mqtt.close(0.3)
  assert.equal(mqtt.undelivered, 3)
  assert.match(String(logged('error')), /^3 messages did not reach the broker 127\.0\.0\.1:\d+ before the end/)
})

test('a broker that closes every connection at once is away, told once, and tried with both versions', async (t) => {
  const versions: (number | undefined)[] = []
  const port = await listen(t, (socket) => {
    socket.once('data', (connect) => {
      versions.push(connect[8])
      socket.destroy()
    })
  })
  const { tenant, mqtt, logged } = rigFor(t, { host: '127.0.0.1', port })
  await publishLengths(tenant(1), 'a', { to: 3 }, { qos: 1 })
  await until(() => versions.length >= 4, 'it is tried again')
  assert.deepEqual(versions.slice(0, 4), [5, 5, 4, 5])
  assert.deepEqual(logged('warn'), [
    `the broker 127.0.0.1:${port} is away: it closed the connection before it said anything; messages of QoS 1 and 2 wait for it`,
  ])
  await mqtt.close(0)
  assert.equal(mqtt.undelivered, 3)
})

test('a broker that speaks rubbish is away', async (t) => {
  const port = await listen(t, (socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')))
  const { tenant, mqtt, logged } = rigFor(t, { host: '127.0.0.1', port })
  await tenant(1).publish('a', 'x', { qos: 1 })
  await until(() => logged('warn').length > 0, 'it is told')
  await mqtt.close(0)
  assert.equal(mqtt.undelivered, 1)
})

test('a refused login is an error, told once, without the password; the right one brings all that waited', {
  skip,
}, async (t) => {
  const broker = await startMosquitto(t, { users: { app: 'the right secret' } })
  const { tenant, mqtt, logged } = rigFor(t, {
    ...{ host: '127.0.0.1', port: broker.port },
    ...{ username: 'app', password: 'the wrong secret' },
  })
  await publishLengths(tenant(1), 'a', { to: 3 }, { qos: 1 })
  await until(async () => (await broker.log()).split('not authorised').length > 3, 'it is tried again')
  assert.deepEqual(logged('error'), [
    `the broker 127.0.0.1:${broker.port} refuses the login of mqtt.username and mqtt.password: not authorized (135); messages wait, it is tried again`,
  ])
  await mqtt.close(0)
  assert.doesNotMatch(JSON.stringify([logged('info'), logged('warn'), logged('error')]), /wrong secret/)
  const right = rigFor(t, { host: '127.0.0.1', port: broker.port, username: 'app', password: 'the right secret' })
  await publishLengths(right.tenant(1), 'a', { to: 3 }, { qos: 1 })
  await right.mqtt.close(10)
  assert.equal(right.mqtt.undelivered, 0)
})

test('a message that the broker refuses is told and gone, and the others arrive', { skip }, async (t) => {
  const broker = await startMosquitto(t, { acl: ['topic read #', 'topic write t1/allowed'] })
  const subscriber = await subscribe(t, { port: broker.port })
  const { tenant, mqtt, logged } = rigFor(t, { host: '127.0.0.1', port: broker.port })
  for (const qos of [1, 2] as const) {
    await tenant(1).publish('denied', 'x', { qos })
    await tenant(1).publish('allowed', `with ${qos}`, { qos })
  }
  await mqtt.close(10)
  assert.equal(mqtt.undelivered, 0)
  await until(() => subscriber.messages.length === 2, 'those that are allowed arrive')
  assert.deepEqual(subscriber.of('t1/allowed').sort(), ['with 1', 'with 2'])
  assert.deepEqual(
    logged('error'),
    [1, 2].map(
      () =>
        `the broker 127.0.0.1:${broker.port} refuses a message of tenant 1, t1, and it is lost: not authorized (135)`,
    ),
  )
})

test('a broker of MQTT 3.1.1 is spoken to in it; what it closes the connection for is let go after some times', async (t) => {
  const aedes = await Aedes.createBroker({
    authorizePublish: (_client, { topic }, callback) => {
      callback(topic.endsWith('denied') ? new Error('denied') : null)
    },
  })
  const port = await listen(t, aedes.handle)
  t.after(() => aedes.close())
  const subscriber = await subscribe(t, { port })
  const { tenant, mqtt, logged } = rigFor(t, { host: '127.0.0.1', port })
  await publishLengths(tenant(1), 'a', { to: 20 }, { qos: 1 })
  await publishLengths(tenant(1), 'b', { to: 20 }, { qos: 2 })
  await tenant(1).publish('denied', 'x', { qos: 1 })
  await publishLengths(tenant(1), 'a', { from: 21, to: 40 }, { qos: 1 })
  await until(() => new Set(subscriber.of('t1/a')).size === 40, 'what follows it arrives', 30)
  await mqtt.close(10)
  assert.equal(mqtt.undelivered, 0)
  const lengths = (topic: string) => [...new Set(subscriber.of(topic).map(({ length }) => length))]
  assert.deepEqual(lengths('t1/a'), upTo(40))
  assert.deepEqual(lengths('t1/b'), upTo(20))
  assert.deepEqual(logged('error'), [
    `the broker 127.0.0.1:${port} refuses a message of tenant 1, t1, and it is lost: it closed the connection each of the 5 times that this message came`,
  ])
})

test('more is never on its way than the broker takes at once, nor a packet that is too long for it', {
  skip,
}, async (t) => {
  const broker = await startMosquitto(t, { settings: ['max_inflight_messages 3', 'max_packet_size 200'] })
  const { tenant, mqtt, logged } = rigFor(t, { host: '127.0.0.1', port: broker.port })
  await publishLengths(tenant(1), 'a', { to: 100 }, { qos: 2 })
  await tenant(1).publish('long', 'x'.repeat(300), { qos: 1 })
  await publishLengths(tenant(1), 'a', { from: 101, to: 150 }, { qos: 2 })
  await mqtt.close(20)
  assert.equal(mqtt.undelivered, 0)
  assert.deepEqual(logged('warn'), [])
  assert.match(String(logged('error')), /it has 307 bytes, and the broker takes packets of 200 at most$/)
})

test('no session of a process that ended is left at the broker', { skip }, async (t) => {
  const broker = await startMosquitto(t)
  const rig = rigFor(t, { host: '127.0.0.1', port: broker.port })
  await rig.tenant(1).publish('a', 'x', { qos: 2 })
  await rig.mqtt.close(10)
  const clientId = /as (m3saas[\da-f]{16}) \(p5, c0, k15\)/.exec(await broker.log())?.[1]
  assert.ok(clientId, await broker.log())
  const again = mqtt.connect({ host: '127.0.0.1', port: broker.port, clientId, clean: false, protocolVersion: 5 })
  t.after(() => again.endAsync(true))
  const sessionPresent = await new Promise((resolve) =>
    again.once('connect', (answer) => resolve(answer.sessionPresent)),
  )
  assert.equal(sessionPresent, false)
})
