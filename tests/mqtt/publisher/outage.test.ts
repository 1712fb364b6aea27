import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PublishOptions } from '../../../kernel/contract/context.js'
import { M3Error } from '../../../kernel/errors.js'
import { noMosquitto as skip, startMosquitto } from '../../support/mosquitto.js'
import { startRelay } from '../../support/relay.js'
import { freePort } from '../../support/server-process.js'
import { subscribe } from '../../support/subscriber.js'
import { until } from '../../support/until.js'
import { publishLengths, rigFor, upTo } from './rig.js'

test('messages of both kinds arrive with their options, below the tenant’s name or where all may publish', {
  skip,
}, async (t) => {
  const broker = await startMosquitto(t)
  const subscriber = await subscribe(t, { port: broker.port, subscribeQos: 2 })
  const { tenant } = rigFor(t, { host: '127.0.0.1', port: broker.port, sharedTopics: ['news/+'] })
  const cases: readonly [string, string | Uint8Array, PublishOptions | undefined][] = [
    ['a', 'text ö', undefined],
    ['a', Buffer.from('bytes'), { qos: 1 }],
    ['a/b', 'twice checked', { qos: 2, retain: true }],
    ['news/x', '', { shared: true, qos: 1 }],
  ]
  for (const [topic, payload, options] of cases) await tenant(1).publish(topic, payload, options)
  await until(() => subscriber.messages.length === 4, 'all arrive')
  const sorted = [...subscriber.messages].sort((a, b) => (a.topic < b.topic ? -1 : 1))
  assert.deepEqual(sorted, [
    { topic: 'news/x', payload: '', qos: 1, retain: false },
    { topic: 't1/a', payload: 'text ö', qos: 0, retain: false },
    { topic: 't1/a', payload: 'bytes', qos: 1, retain: false },
    { topic: 't1/a/b', payload: 'twice checked', qos: 2, retain: false },
  ])
  const late = await subscribe(t, { port: broker.port })
  await until(() => late.messages.length === 1, 'the retained one arrives')
  assert.deepEqual(late.messages[0], { topic: 't1/a/b', payload: 'twice checked', qos: 1, retain: true })
})

test('messages of one topic keep the order of the calls, whatever their QoS', { skip }, async (t) => {
  const broker = await startMosquitto(t)
  const subscriber = await subscribe(t, { port: broker.port, subscribeQos: 0 })
  const { tenant } = rigFor(t, { host: '127.0.0.1', port: broker.port })
  for (const i of upTo(60)) await tenant(1).publish('a', String(i), { qos: (i % 3) as 0 | 1 | 2 })
  await until(() => subscriber.messages.length === 60, 'all arrive')
  assert.deepEqual(subscriber.of('t1/a'), upTo(60).map(String))
})

test('the log tells once that the broker is away and once that it is back, and what was lost', { skip }, async (t) => {
  const broker = await startMosquitto(t)
  const relay = await startRelay(t, broker)
  const subscriber = await subscribe(t, { port: broker.port })
  const { tenant, logged, mqtt } = rigFor(t, { host: '127.0.0.1', port: relay.port })
  await mqtt.start()
  const name = `the broker 127.0.0.1:${relay.port}`
  await until(() => logged('info').length === 1, 'it is connected')
  await relay.cut()
  await until(() => logged('warn').length === 1, 'it is noticed')
  for (const i of upTo(5)) await tenant(1).publish('lost', String(i))
  for (const i of upTo(7)) await tenant(2).publish('kept', String(i), { qos: 1 })
  await relay.open()
  await until(() => subscriber.messages.length === 7, 'those of QoS 1 arrive')
  assert.deepEqual(subscriber.of('t2/kept'), upTo(7).map(String))
  await tenant(1).publish('lost', 'there again')
  await until(() => subscriber.of('t1/lost').length === 1, 'those of QoS 0 arrive again')
  assert.deepEqual(logged('info'), [
    `messages are published to ${name}`,
    `${name} is back: 7 messages waited for it, 5 messages of QoS 0 were lost`,
  ])
  assert.deepEqual(logged('warn'), [`${name} is away: it closed the connection; messages of QoS 1 and 2 wait for it`])
  assert.deepEqual(logged('error'), [])
})

test('a full queue refuses with the bound’s name, and other tenants have their share', async (t) => {
  const { tenant, mqtt } = rigFor(t, {
    host: '127.0.0.1',
    port: await freePort(),
    queue: { messages: 12, messagesPerTenant: 5 },
  })
  await publishLengths(tenant(1), 'a', { to: 5 }, { qos: 1 })
  await assert.rejects(tenant(1).publish('a', 'x', { qos: 2 }), (error) => {
    assert.ok(error instanceof M3Error)
    assert.deepEqual([error.code, error.status], ['QUEUE_FULL', 503])
    assert.ok(error.retryAfter !== undefined && error.retryAfter >= 1)
    assert.match(
      error.message,
      /^Too many messages of this tenant wait: .* \(the bound is mqtt\.queue\.messagesPerTenant\)$/,
    )
    return true
  })
  await tenant(1).publish('a', 'of QoS 0, which does not wait')
  await publishLengths(tenant(2), 'a', { to: 5 }, { qos: 1 })
  await publishLengths(tenant(3), 'a', { to: 2 }, { qos: 1 })
  await assert.rejects(tenant(3).publish('a', 'x', { qos: 1 }), /mqtt\.queue\.messages\)$/)
  await mqtt.close(0)
  assert.equal(mqtt.undelivered, 12)
})

test('messages of QoS 0 that a broker does not read take no memory without end, and the log tells what was lost', {
  skip,
}, async (t) => {
  const broker = await startMosquitto(t)
  const { tenant, mqtt, logged } = rigFor(t, { host: '127.0.0.1', port: broker.port, queue: { megabytes: 2 } })
  await mqtt.start()
  await until(() => logged('info').length === 1, 'it is connected')
  broker.freeze()
  const payload = Buffer.alloc(64 * 1024)
  const before = process.memoryUsage().rss
  for (let i = 0; i < 2000; i++) {
    await tenant(1).publish('a', payload)
    if (i % 20 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  assert.ok(process.memoryUsage().rss - before < 90 * 1024 * 1024, '125 megabytes were published')
  broker.thaw()
  await until(() => logged('warn').length > 0, 'it is told')
  assert.match(
    String(logged('warn')),
    /^the broker 127\.0\.0\.1:\d+ is too slow for what it is sent: \d+ messages of QoS 0 lost$/,
  )
})

test('the end waits for a broker that comes back in time', { skip }, async (t) => {
  const broker = await startMosquitto(t)
  const { tenant, mqtt, logged } = rigFor(t, { host: '127.0.0.1', port: broker.port })
  await broker.halt()
  await publishLengths(tenant(1), 'a', { to: 50 }, { qos: 1 })
  await until(() => logged('warn').length === 1, 'its absence is noticed')
  const closing = mqtt.close(15)
  await broker.resume()
  await closing
  assert.equal(mqtt.undelivered, 0)
  assert.deepEqual(logged('error'), [])
  await assert.rejects(tenant(1).publish('a', 'x'), { code: 'SHUTTING_DOWN' })
})

test('the end does not wait longer than it may, and tells what is lost of whom', async (t) => {
  const port = await freePort()
  const { tenant, mqtt, logged } = rigFor(t, { host: '127.0.0.1', port })
  await publishLengths(tenant(1), 'a', { to: 2 }, { qos: 1 })
  await publishLengths(tenant(2), 'a', { to: 3 }, { qos: 2 })
  await tenant(2).publish('a', 'x')
  const began = performance.now()
  await mqtt.close(0.5)
  assert.ok(performance.now() - began < 5000)
  assert.equal(mqtt.undelivered, 5)
  assert.deepEqual(logged('error'), [
    `5 messages did not reach the broker 127.0.0.1:${port} before the end and are lost: 3 of tenant 2, t2; 2 of tenant 1, t1`,
  ])
  assert.equal(logged('warn').at(-1), `1 message of QoS 0 did not reach the broker 127.0.0.1:${port}`)
})

test('what was never needed is not loaded, and publishes nothing after the end', async (t) => {
  const { tenant, mqtt, logged } = rigFor(t, { host: '127.0.0.1', port: await freePort() })
  await mqtt.close(10)
  await assert.rejects(tenant(1).publish('a', 'x', { qos: 1 }), { code: 'SHUTTING_DOWN' })
  assert.deepEqual([mqtt.undelivered, ...logged('warn'), ...logged('error')], [0])
})

test('a deployment without a broker says so to who publishes', async (t) => {
  const { tenant, mqtt } = rigFor(t, { embedded: false })
  await mqtt.start()
  assert.equal(tenant(1).enabled, false)
  await assert.rejects(tenant(1).publish('a', 'x'), { code: 'BROKER_UNAVAILABLE' })
})
