import assert from 'node:assert/strict'
import { test } from 'node:test'
import { embeddedBroker, fileOf, receivedBy, SCOPED } from '../../support/embedded-broker.js'
import { connectPacket, packet, rawClient, text } from '../../support/mqtt-bytes.js'
import { until } from '../../support/until.js'

const LIMITS = { slow: 50_000, lost: 500_000 }

/** A client that has subscribed and then reads nothing any more. */
async function deaf(url: string, qos: number) {
  const client = await rawClient(url)
  client.socket.write(Buffer.concat([connectPacket('anna', 'deaf'), packet(0x82, 0, 1, text('anna/#'), qos)]))
  await until(() => client.bytes().length >= 9, 'the subscription')
  client.socket.pause()
  return client
}

test('a client that takes nothing loses what is of QoS 0, and holds nobody up', async (t) => {
  const broker = await embeddedBroker(t, fileOf({ anna: SCOPED }))
  const slow = await deaf(broker.tcp, 0)
  const quick = await broker.connect('anna')
  const received = receivedBy(quick)
  await quick.subscribeAsync('anna/#')
  const sender = await broker.connect('anna')
  const long = 'x'.repeat(10_000)
  for (let i = 0; i < 2000; i++) {
    await sender.publishAsync('anna/clients/a', long)
    if (i % 50 === 49) await until(() => received.length === i + 1, 'all of them at the other')
  }
  assert.ok(!slow.socket.destroyed)
  slow.socket.resume()
  slow.socket.write(packet(0xc0))
  await until(
    () =>
      slow
        .bytes()
        .subarray(-2)
        .equals(Buffer.from([0xd0, 0])),
    'an answer',
  )
  assert.ok(slow.bytes().length < 2000 * 10_000)
})

test('one that takes nothing of QoS 1 is cut off', async (t) => {
  const broker = await embeddedBroker(t, fileOf({ anna: SCOPED }), { limits: LIMITS })
  const slow = await deaf(broker.tcp, 1)
  const sender = await broker.connect('anna')
  const long = 'x'.repeat(100_000)
  let sent = 0
  const isCutOff = () => broker.lines.some(({ details }) => String(details.reason).includes('does not take'))
  for (; !isCutOff() && sent < 300; sent++) await sender.publishAsync('anna/clients/a', long, { qos: 1 })
  assert.ok(sent < 300, 'it was cut off')
  slow.socket.destroy()
})
