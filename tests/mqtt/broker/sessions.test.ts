import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MqttClient } from 'mqtt'
import { embeddedBroker, fileOf, receivedBy, SCOPED, type TestBroker } from '../../support/embedded-broker.js'
import { until } from '../../support/until.js'

const SESSION = { clientId: 'phone', clean: false }

async function publishMany(client: MqttClient, topic: string, from: number, to: number): Promise<void> {
  const numbers = Array.from({ length: to - from }, (_, i) => from + i)
  await Promise.all(numbers.map((n) => client.publishAsync(topic, String(n), { qos: 1 })))
}

/** A session that has subscribed and gone. */
async function leave(broker: TestBroker, user: string, filter: string, qos: 0 | 1 | 2 = 1): Promise<void> {
  const client = await broker.connect(user, SESSION)
  await client.subscribeAsync(filter, { qos })
  await client.endAsync()
}

/** Comes back to a session; what arrives before `connect` is told of, too. */
async function comeBack(broker: TestBroker, user: string) {
  const received: string[] = []
  const client = await broker.connect(user, { ...SESSION, arriving: (text) => received.push(text) })
  return { client, received }
}

test('what was published while a client was away arrives, in order, and what is published meanwhile after it', async (t) => {
  const broker = await embeddedBroker(t, fileOf({ anna: SCOPED }))
  await leave(broker, 'anna', 'anna/clients/#')
  const sender = await broker.connect('anna')
  await publishMany(sender, 'anna/clients/n', 0, 300)
  const [{ received }] = await Promise.all([comeBack(broker, 'anna'), publishMany(sender, 'anna/clients/n', 300, 600)])
  await until(() => received.length >= 600, 'all of them')
  assert.deepEqual(
    received,
    Array.from({ length: 600 }, (_, i) => String(i)),
  )
})

test('what a client has acknowledged does not come again', async (t) => {
  const broker = await embeddedBroker(t, fileOf({ anna: SCOPED }))
  const client = await broker.connect('anna', SESSION)
  const received = receivedBy(client)
  await client.subscribeAsync('anna/clients/#', { qos: 2 })
  const sender = await broker.connect('anna')
  await sender.publishAsync('anna/clients/a', 'one', { qos: 1 })
  await sender.publishAsync('anna/clients/a', 'two', { qos: 2 })
  await until(() => received.length === 2, 'both')
  await client.endAsync()
  const back = await comeBack(broker, 'anna')
  await sender.publishAsync('anna/clients/a', 'three', { qos: 2 })
  await until(() => back.received.length > 0, 'the third')
  assert.deepEqual(back.received, ['three'])
})

test('a clean session ends what its client id had', async (t) => {
  const broker = await embeddedBroker(t, fileOf({ anna: SCOPED }))
  await leave(broker, 'anna', 'anna/clients/#')
  const sender = await broker.connect('anna')
  await sender.publishAsync('anna/clients/a', 'old', { qos: 1 })
  await (await broker.connect('anna', { clientId: 'phone' })).endAsync()
  const { client, received } = await comeBack(broker, 'anna')
  await client.subscribeAsync('anna/clients/#', { qos: 1 })
  await sender.publishAsync('anna/clients/a', 'new', { qos: 1 })
  await until(() => received.length > 0, 'the new one')
  assert.deepEqual(received, ['new'])
})

test('a client id is its user’s own: nobody ends another’s connection or has its messages', async (t) => {
  const broker = await embeddedBroker(t, fileOf({ anna: SCOPED, berta: [...SCOPED, '<topic>anna/#</topic>'] }))
  await leave(broker, 'anna', 'anna/clients/#')
  const berta = await comeBack(broker, 'berta')
  await berta.client.publishAsync('anna/clients/a', 'for anna', { qos: 1 })
  const { client: anna, received } = await comeBack(broker, 'anna')
  await until(() => received.length > 0, 'the message')
  assert.ok(anna.connected && berta.client.connected)
  await berta.client.subscribeAsync('berta/#')
  assert.deepEqual(berta.received, [])
})

test('the same user’s client with the same id takes the place of the other', async (t) => {
  const broker = await embeddedBroker(t, fileOf({ anna: SCOPED }))
  const clients: MqttClient[] = []
  for (let i = 0; i < 4; i++) {
    clients.push(await broker.connect('anna', SESSION))
    await until(() => clients.slice(0, i).every((client) => !client.connected), 'the others’ end')
  }
})

test('a session has no more than its user may have now', async (t) => {
  const both = ['<topic>a</topic>', '<topic>b</topic>']
  const broker = await embeddedBroker(t, fileOf({ anna: both, berta: both }))
  const client = await broker.connect('anna', SESSION)
  await client.subscribeAsync(['a', 'b', 'c'], { qos: 1 }).catch(() => {})
  await client.endAsync()
  const sender = await broker.connect('berta')
  const send = async () => {
    for (const topic of ['a', 'b']) await sender.publishAsync(topic, topic, { qos: 1 })
  }
  await send()
  broker.write(fileOf({ anna: ['<topic>b</topic>'], berta: both }))
  await until(
    () => broker.lines.filter(({ message }) => message.includes('has read its users')).length === 2,
    'the file',
  )
  const { received } = await comeBack(broker, 'anna')
  await send()
  await until(() => received.length >= 2, 'both')
  assert.deepEqual(received, ['b', 'b'])
})

test('a later user of the same name does not find what waited for the one before', async (t) => {
  const broker = await embeddedBroker(t, fileOf({ anna: SCOPED, berta: ['<topic>#</topic>'] }))
  await leave(broker, 'anna', 'anna/#')
  const sender = await broker.connect('berta')
  await sender.publishAsync('anna/x', 'secret', { qos: 1 })
  const read = (n: number) =>
    until(() => broker.lines.filter(({ message }) => message.includes('has read its users')).length === n, 'the file')
  broker.write(fileOf({ berta: ['<topic>#</topic>'] }))
  await read(2)
  broker.write(fileOf({ anna: SCOPED, berta: ['<topic>#</topic>'] }))
  await read(3)
  const { client, received } = await comeBack(broker, 'anna')
  await client.subscribeAsync('anna/#', { qos: 1 })
  await sender.publishAsync('anna/x', 'new', { qos: 1 })
  await until(() => received.length > 0, 'the new one')
  assert.deepEqual(received, ['new'])
})

test('so many messages wait, and the later ones are dropped, with a line in the log', async (t) => {
  const broker = await embeddedBroker(t, fileOf({ anna: SCOPED }), { limits: { queuedMessages: 5 } })
  await leave(broker, 'anna', 'anna/clients/#')
  const sender = await broker.connect('anna')
  await publishMany(sender, 'anna/clients/n', 0, 8)
  const { received } = await comeBack(broker, 'anna')
  await until(() => received.length >= 5, 'what has waited')
  await sender.publishAsync('anna/clients/n', 'last', { qos: 1 })
  await until(() => received.at(-1) === 'last', 'the last one')
  assert.deepEqual(received, ['0', '1', '2', '3', '4', 'last'])
  assert.equal(broker.lines.filter(({ message }) => message.includes('a message is dropped')).length, 1)
})
