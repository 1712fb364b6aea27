import assert from 'node:assert/strict'
import { test } from 'node:test'
import { embeddedBroker, fileOf, receivedBy, SCOPED } from '../../support/embedded-broker.js'
import { until } from '../../support/until.js'

test('clients talk over TCP and WebSocket', async (t) => {
  const broker = await embeddedBroker(t, fileOf({ anna: SCOPED }))
  const receiver = await broker.connect('anna')
  const received = receivedBy(receiver)
  const granted = await receiver.subscribeAsync('anna/#', { qos: 1 })
  assert.deepEqual(
    granted.map(({ topic, qos }) => [topic, qos]),
    [['anna/#', 1]],
  )
  const sender = await broker.connect('anna', { url: broker.webSocket })
  await sender.publishAsync('anna/clients/hello', 'ä', { qos: 2 })
  await until(() => received.length > 0, 'the message')
  assert.deepEqual(received, [{ topic: 'anna/clients/hello', text: 'ä', qos: 1, retain: false }])
})
