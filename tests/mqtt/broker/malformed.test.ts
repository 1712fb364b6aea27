import assert from 'node:assert/strict'
import { test } from 'node:test'
import { embeddedBroker, fileOf, receivedBy, SCOPED } from '../../support/embedded-broker.js'
import { connectPacket, lengthOf, packet, rawClient, text } from '../../support/mqtt-bytes.js'
import { until } from '../../support/until.js'

const CONNACK = Buffer.from([0x20, 2, 0, 0])
const PING = Buffer.from([0xc0, 0])
const PONG = Buffer.from([0xd0, 0])

/** What ends a connection before it has signed in. */
const BEFORE: Record<string, Buffer> = {
  'another protocol': Buffer.from('GET / HTTP/1.1\r\n\r\n'),
  'a packet before CONNECT': PING,
  'a packet type that there is not': packet(0x00),
  'a length without an end': Buffer.from([0x10, 0xff, 0xff, 0xff, 0xff, 0x7f]),
  'a CONNECT that is too long': Buffer.concat([Buffer.from([0x10]), lengthOf(70_000)]),
  'a CONNECT of a gigabyte': Buffer.concat([Buffer.from([0x10]), lengthOf(268_435_455)]),
  'flags of a CONNECT': packet(0x11, text('MQTT'), 4, 2, 0, 60, text('x')),
  'another name': packet(0x10, text('MQTX'), 4, 2, 0, 60, text('x')),
  'the reserved flag': packet(0x10, text('MQTT'), 4, 3, 0, 60, text('x')),
  'a will of QoS 3': packet(0x10, text('MQTT'), 4, 0x1e, 0, 60, text('x'), text('anna/clients/a'), text('')),
  'a will that is retained and is none': packet(0x10, text('MQTT'), 4, 0x22, 0, 60, text('x')),
  'a will to a wildcard': packet(0x10, text('MQTT'), 4, 6, 0, 60, text('x'), text('a/#'), text('')),
  'a text beyond the packet': packet(0x10, text('MQTT'), 4, 2, 0, 60, 0xff, 0xff, 'x'),
  'bytes at the end': packet(0x10, text('MQTT'), 4, 2, 0, 60, text('x'), 0),
  'no client id': packet(0x10, text('MQTT'), 4, 2, 0, 60),
  'malformed UTF-8': packet(0x10, text('MQTT'), 4, 2, 0, 60, text(Uint8Array.of(0xc3, 0x28))),
  'half a surrogate': packet(0x10, text('MQTT'), 4, 2, 0, 60, text(Uint8Array.of(0xed, 0xa0, 0x80))),
  'a control character': packet(0x10, text('MQTT'), 4, 2, 0, 60, text('a\nb')),
  'a NUL': packet(0x10, text('MQTT'), 4, 2, 0, 60, text('a\0b')),
}

/** What ends that of a client that has signed in. */
const AFTER: Record<string, Buffer> = {
  'a second CONNECT': connectPacket('anna'),
  'QoS 3': packet(0x36, text('anna/clients/a'), 0, 1, 'x'),
  'DUP with QoS 0': packet(0x38, text('anna/clients/a'), 'x'),
  'a message without a topic': packet(0x30, text('')),
  'a message to #': packet(0x30, text('anna/clients/#')),
  'a message to +': packet(0x30, text('anna/clients/+/a')),
  'a NUL in a topic': packet(0x30, text('anna/clients/a\0')),
  'a control character in a topic': packet(0x30, text('anna/clients/\u0085')),
  'what is no character in a topic': packet(0x30, text('anna/clients/\u{1fffe}')),
  'malformed UTF-8 in a topic': packet(0x30, text(Buffer.concat([Buffer.from('anna/clients/'), Buffer.of(0xff)]))),
  'more than a hundred levels': packet(0x30, text(`anna/clients/${'/'.repeat(100)}`)),
  'a topic beyond the packet': packet(0x30, 0xff, 0xff, 'x'),
  'the packet id 0': packet(0x32, text('anna/clients/a'), 0, 0, 'x'),
  'no packet id': packet(0x32, text('anna/clients/a')),
  'a message that is too long': Buffer.concat([Buffer.from([0x30]), lengthOf(2_000_000)]),
  'a subscription to nothing': packet(0x82, 0, 1),
  'a subscription to an empty filter': packet(0x82, 0, 1, text(''), 0),
  'a subscription of QoS 3': packet(0x82, 0, 1, text('anna/a'), 3),
  'a subscription without a QoS': packet(0x82, 0, 1, text('anna/a')),
  'a subscription to a#': packet(0x82, 0, 1, text('anna/a#'), 0),
  'a subscription to #/a': packet(0x82, 0, 1, text('anna/#/a'), 0),
  'a subscription to a+': packet(0x82, 0, 1, text('anna/a+'), 0),
  'a group without a name': packet(0x82, 0, 1, text('$share//anna'), 0),
  'flags of a SUBSCRIBE': packet(0x80, 0, 1, text('anna/a'), 0),
  'an unsubscription from nothing': packet(0xa2, 0, 1),
  'a PUBREL with other flags': packet(0x60, 0, 1),
  'a PUBACK that is too long': packet(0x40, 0, 1, 0),
  'a PINGREQ with a body': packet(0xc0, 1),
  'a packet of the broker': packet(0x20, 0, 0),
  AUTH: packet(0xf0),
}

test('who sends what is no MQTT is cut off, and the others are served', async (t) => {
  const broker = await embeddedBroker(t, fileOf({ anna: SCOPED }))
  const witness = await broker.connect('anna')
  const received = receivedBy(witness)
  await witness.subscribeAsync('anna/#')
  for (const [what, bytes] of Object.entries(BEFORE)) {
    const { socket, ended, bytes: answer } = await rawClient(broker.tcp)
    socket.write(bytes)
    await ended
    assert.deepEqual(answer(), Buffer.alloc(0), what)
  }
  for (const [what, bytes] of Object.entries(AFTER)) {
    const { socket, ended, bytes: answer } = await rawClient(broker.tcp)
    socket.write(connectPacket('anna'))
    await until(() => answer().length >= 4, what)
    assert.deepEqual(answer(), CONNACK, what)
    socket.write(bytes)
    await ended
    assert.deepEqual(answer(), CONNACK, what)
  }
  assert.ok(witness.connected)
  assert.deepEqual(received, [])
})

test('what comes in pieces, or all at once, is what it is as a whole', async (t) => {
  const broker = await embeddedBroker(t, fileOf({ anna: SCOPED }))
  const witness = await broker.connect('anna')
  const received = receivedBy(witness)
  await witness.subscribeAsync('anna/#')
  const long = 'x'.repeat(100_000)
  const all = Buffer.concat([
    connectPacket('anna'),
    packet(0x30, text('anna/clients/1'), long),
    packet(0x30, text('anna/clients/2')),
    PING,
  ])
  const atOnce = await rawClient(broker.tcp)
  atOnce.socket.write(all)
  await until(() => atOnce.bytes().length >= 6, 'the answers')
  assert.deepEqual(atOnce.bytes(), Buffer.concat([CONNACK, PONG]))

  const inPieces = await rawClient(broker.tcp)
  inPieces.socket.setNoDelay(true)
  for (let at = 0; at < 200; at++) {
    inPieces.socket.write(all.subarray(at, at + 1))
    await new Promise(setImmediate)
  }
  inPieces.socket.write(all.subarray(200))
  await until(() => inPieces.bytes().length >= 6, 'the answers')
  await until(() => received.length >= 4, 'the messages')
  assert.deepEqual(
    received.map(({ topic, text: { length } }) => [topic, length]),
    [
      ['anna/clients/1', long.length],
      ['anna/clients/2', 0],
      ['anna/clients/1', long.length],
      ['anna/clients/2', 0],
    ],
  )
})

test('a session without a client id, and a version that is not spoken, are answered', async (t) => {
  const broker = await embeddedBroker(t, fileOf({ anna: SCOPED }))
  for (const [bytes, code] of [
    [packet(0x10, text('MQTT'), 4, 0xc0, 0, 60, text(''), text('anna'), text('anna')), 2],
    [packet(0x10, text('MQTT'), 5, 0xc2, 0, 60, 0, text('x'), text('anna'), text('anna')), 1],
    [packet(0x10, text('MQTT'), 9, 0xff, 0xff), 1],
  ] as const) {
    const { socket, ended, bytes: answer } = await rawClient(broker.tcp)
    socket.write(bytes)
    await ended
    assert.deepEqual(answer(), Buffer.from([0x20, 2, 0, code]))
  }
})

test('who does not sign in in time is cut off', async (t) => {
  const broker = await embeddedBroker(t, fileOf({ anna: SCOPED }), { limits: { signInMs: 200 } })
  const silent = await rawClient(broker.tcp)
  const half = await rawClient(broker.tcp)
  half.socket.write(connectPacket('anna').subarray(0, 10))
  const whole = await rawClient(broker.tcp)
  whole.socket.write(connectPacket('anna'))
  await Promise.all([silent.ended, half.ended])
  whole.socket.write(PING)
  await until(() => whole.bytes().length === 6, 'the answer')
})

test('strangers crowd nobody out who has signed in', async (t) => {
  const limits = { strangersOfAddress: 3 }
  const broker = await embeddedBroker(t, fileOf({ anna: SCOPED }), { limits })
  const anna = await broker.connect('anna')
  const strangers = await Promise.all([1, 2, 3].map(() => rawClient(broker.tcp)))
  await until(async () => {
    const next = await rawClient(broker.tcp)
    return Promise.race([next.ended.then(() => true), new Promise((resolve) => setTimeout(resolve, 50, false))])
  }, 'one that is not taken')
  assert.ok(anna.connected)
  for (const { socket } of strangers) socket.destroy()
  await until(
    () =>
      broker.connect('anna').then(
        () => true,
        () => false,
      ),
    'a place',
  )
})
