import assert from 'node:assert/strict'
import { Duplex } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { GuardedStream } from '../../../kernel/mqtt/broker/guarded-stream.js'
import { LIMITS, type Limits } from '../../../kernel/mqtt/broker/limits.js'
import { connectPacket, packet, text } from '../../support/mqtt-bytes.js'
import { until } from '../../support/until.js'

const PING = packet(0xc0)

/** A client’s end that takes nothing until it is told to. */
function clientEnd(t: TestContext, limits: Partial<Limits> = {}) {
  const taken: (() => void)[] = []
  const transport = new Duplex({ read() {}, write: (_chunk, _encoding, done) => void taken.push(done) })
  const held = { partial: 0, untaken: 0 }
  const stream = new GuardedStream({ transport, limits: { ...LIMITS, ...limits }, longestPacket: 10_000, held })
  const failed: string[] = []
  stream.on('error', ({ message }) => failed.push(message))
  t.after(() => transport.destroy())
  const take = () => {
    for (let next = taken.shift(); next; next = taken.shift()) next()
  }
  return { transport, stream, held, failed, take }
}

test('who takes no answers is not listened to, until it does', async (t) => {
  const { transport, stream, held, take } = clientEnd(t, { slow: 100 })
  const read: Buffer[] = []
  stream.on('data', (chunk) => read.push(chunk))
  transport.push(connectPacket('anna'))
  await until(() => read.length === 1, 'the CONNECT')
  stream.accept()
  stream.write(Buffer.alloc(200))
  transport.push(PING)
  await new Promise(setImmediate)
  assert.ok(transport.isPaused())
  assert.equal(read.length, 1)
  assert.equal(held.untaken, 200)
  const room = stream.room()
  take()
  await room
  await until(() => read.length === 2, 'the PINGREQ')
  assert.equal(held.untaken, 0)
})

test('who takes nothing for long is cut off', async (t) => {
  const { transport, stream, failed } = clientEnd(t, { slow: 100, stalledMs: 20 })
  stream.write(Buffer.alloc(200))
  const room = stream.room()
  await until(() => transport.destroyed, 'the end')
  await room
  assert.deepEqual(failed, ['the client takes nothing'])
})

test('what came behind a CONNECT waits until that is answered, whole packets and parts', async (t) => {
  const { transport, stream } = clientEnd(t)
  const read: Buffer[] = []
  stream.on('data', (chunk) => read.push(chunk))
  const message = packet(0x30, text('a'), 'b'.repeat(300))
  const connect = connectPacket('anna')
  const all = Buffer.concat([connect, PING, message])
  transport.push(all.subarray(0, 10))
  transport.push(all.subarray(10, -5))
  transport.push(all.subarray(-5))
  await new Promise(setImmediate)
  assert.deepEqual(read, [connect])
  stream.accept()
  await until(() => read.length === 3, 'the rest')
  assert.deepEqual(read, [connect, PING, message])
})

test('parts of packets are counted for all connections, and given back', async (t) => {
  const { transport, stream, held, failed } = clientEnd(t, { partialPackets: 1000 })
  stream.resume()
  transport.push(connectPacket('anna'))
  await new Promise(setImmediate)
  stream.accept()
  const long = packet(0x30, text('a'), 'b'.repeat(5000))
  transport.push(long.subarray(0, 500))
  await until(() => held.partial > 0, 'a part')
  transport.push(long.subarray(500, 2000))
  await until(() => failed.length > 0, 'the end')
  assert.equal(held.partial, 0)
  assert.match(failed[0] ?? '', /not arrived as a whole/)
})
