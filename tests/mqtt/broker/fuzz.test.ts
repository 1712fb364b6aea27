import assert from 'node:assert/strict'
import { test } from 'node:test'
import { embeddedBroker, fileOf, receivedBy, SCOPED } from '../../support/embedded-broker.js'
import { connectPacket, packet, rawClient, text } from '../../support/mqtt-bytes.js'
import { until } from '../../support/until.js'

const SEED = Number(process.env.M3SAAS_TEST_SEED ?? 5) || Date.now() % 1_000_000
const CONNECTIONS = 300
const AT_ONCE = 20

/** The same numbers from the same seed (mulberry32). */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

const WELL_FORMED = [
  packet(0x30, text('anna/clients/a'), 'hello'),
  packet(0x33, text('anna/clients/b'), 0, 7, 'retained'),
  packet(0x34, text('anna/clients/c'), 0, 8, 'twice'),
  packet(0x62, 0, 8),
  packet(0x82, 0, 1, text('anna/#'), 1, text('anna/+/x'), 2),
  packet(0xa2, 0, 2, text('anna/#')),
  packet(0x40, 0, 1),
  packet(0x50, 0, 9),
  packet(0x70, 0, 9),
  packet(0xc0),
  packet(0xe0),
]

test(`no bytes of a client bring the broker down (seed ${SEED})`, async (t) => {
  const limits = { wrongOfUser: 1e9, wrongOfAddress: 1e9, signInMs: 500 }
  const broker = await embeddedBroker(t, fileOf({ anna: SCOPED, witness: SCOPED }), { limits })
  const uncaught: unknown[] = []
  const note = (error: unknown) => uncaught.push(error)
  process.on('uncaughtException', note)
  process.on('unhandledRejection', note)
  t.after(() => process.off('uncaughtException', note).off('unhandledRejection', note))
  const witness = await broker.connect('witness')
  const received = receivedBy(witness)
  await witness.subscribeAsync('witness/#', { qos: 1 })

  const random = numbers(SEED)
  const noise = () => Buffer.from(Array.from({ length: random(200) }, () => random(256)))
  const session = () => {
    // A persistent one every other time: what is kept for it is mutated, too.
    const connect = connectPacket('anna', `client ${random(5)}`, random(2) ? 0xc2 : 0xc0)
    const packets = Array.from({ length: 1 + random(8) }, () => WELL_FORMED[random(WELL_FORMED.length)] ?? connect)
    return Buffer.concat([connect, ...packets])
  }
  const mutated = () => {
    const bytes = Buffer.from(session())
    for (let i = random(6); i >= 0; i--)
      bytes[random(4) ? 30 + random(bytes.length - 30) : random(bytes.length)] = random(256)
    return bytes.subarray(0, bytes.length - random(10))
  }
  const inputs = Array.from({ length: CONNECTIONS }, (_, i) =>
    i % 3 === 0 ? noise() : i % 3 === 1 ? mutated() : Buffer.concat([session(), noise()]),
  )
  const cuts = inputs.map(({ length }) => random(length + 1))
  const attack = async (bytes: Buffer, cut: number) => {
    const { socket, ended } = await rawClient(broker.tcp)
    socket.write(bytes.subarray(0, cut))
    await new Promise(setImmediate)
    socket.end(bytes.subarray(cut))
    await ended
  }
  for (let from = 0; from < inputs.length; from += AT_ONCE) {
    await Promise.all(inputs.slice(from, from + AT_ONCE).map((bytes, i) => attack(bytes, cuts[from + i] ?? 0)))
  }

  await (await broker.connect('witness')).publishAsync('witness/clients/a', 'still here', { qos: 2 })
  await until(() => received.length > 0, 'the message')
  assert.deepEqual(
    received.map(({ text }) => text),
    ['still here'],
  )
  assert.deepEqual(uncaught, [])
  assert.deepEqual(
    broker.lines.filter(({ level }) => level === 'error'),
    [],
  )
})
