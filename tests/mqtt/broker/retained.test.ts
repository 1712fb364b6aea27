import assert from 'node:assert/strict'
import { test } from 'node:test'
import { embeddedBroker, fileOf, receivedBy, SCOPED } from '../../support/embedded-broker.js'
import { until } from '../../support/until.js'

const RETAIN = { qos: 1, retain: true } as const

test('the last retained message of a topic is for who subscribes later, until it is taken back', async (t) => {
  const broker = await embeddedBroker(t, fileOf({ anna: SCOPED, berta: SCOPED }))
  const sender = await broker.connect('anna')
  for (const text of ['old', 'new']) await sender.publishAsync('anna/clients/a', text, RETAIN)
  await sender.publishAsync('anna/clients/b', 'b', RETAIN)
  await sender.publishAsync('anna/clients/b', '', RETAIN)
  const later = await broker.connect('anna')
  const received = receivedBy(later)
  await later.subscribeAsync('anna/#', { qos: 0 })
  await later.subscribeAsync('anna/clients/a', { qos: 2 })
  await until(() => received.length === 2, 'the messages')
  assert.deepEqual(received, [
    { topic: 'anna/clients/a', text: 'new', qos: 0, retain: true },
    { topic: 'anna/clients/a', text: 'new', qos: 1, retain: true },
  ])
  const berta = await broker.connect('berta')
  const ofOthers = receivedBy(berta)
  await berta.subscribeAsync(['anna/clients/a', '#', '+/clients/a', 'berta/#']).catch(() => {})
  await berta.publishAsync('berta/clients/a', 'own', { qos: 1 })
  await until(() => ofOthers.length > 0, 'its own')
  assert.deepEqual(
    ofOthers.map(({ text }) => text),
    ['own'],
  )
})

test('a user’s retained messages are so many, and leave room for those of others', async (t) => {
  const broker = await embeddedBroker(t, fileOf({ anna: SCOPED, berta: SCOPED }), { limits: { retainedOfUser: 2 } })
  const anna = await broker.connect('anna')
  for (const name of ['1', '2', '3']) await anna.publishAsync(`anna/clients/${name}`, name, RETAIN)
  const berta = await broker.connect('berta')
  await berta.publishAsync('berta/clients/1', 'hers', RETAIN)
  const kept = async (user: string, ...expected: string[]) => {
    const client = await broker.connect(user)
    const received = receivedBy(client)
    await client.subscribeAsync(`${user}/#`)
    await until(() => received.length >= expected.length, 'the messages')
    await client.publishAsync(`${user}/clients/end`, 'end', { qos: 1 })
    await until(() => received.at(-1)?.text === 'end', 'the end')
    assert.deepEqual(
      received.map(({ text }) => text),
      [...expected, 'end'],
    )
  }
  await kept('anna', '1', '2')
  await kept('berta', 'hers')
  // What takes the place of another needs no more room.
  await anna.publishAsync('anna/clients/2', 'two', RETAIN)
  await anna.publishAsync('anna/clients/1', '', RETAIN)
  await anna.publishAsync('anna/clients/3', 'three', RETAIN)
  await kept('anna', 'two', 'three')
  assert.equal(broker.lines.filter(({ message }) => message.includes('a message is sent only')).length, 1)
})

test('many long ones are sent as the client takes them', async (t) => {
  const limits = { lost: 1_000_000, slow: 100_000 }
  const broker = await embeddedBroker(t, fileOf({ anna: SCOPED }), { limits })
  const sender = await broker.connect('anna')
  const long = 'x'.repeat(200_000)
  for (let i = 0; i < 30; i++) await sender.publishAsync(`anna/clients/${i}`, long, RETAIN)
  const later = await broker.connect('anna')
  const received = receivedBy(later)
  await later.subscribeAsync('anna/#', { qos: 1 })
  await until(() => received.length === 30, 'all of them')
})
