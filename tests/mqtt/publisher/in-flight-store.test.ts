import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Packet } from 'mqtt'
import { InFlightStore, PacketIds } from '../../../kernel/mqtt/publisher/in-flight-store.js'

const done = () => {}

function publish(messageId: number): Packet {
  return { cmd: 'publish', topic: `t${messageId}`, payload: '', qos: 2, retain: false, dup: false, messageId }
}

async function again(store: InFlightStore): Promise<unknown[]> {
  const packets: Packet[] = []
  for await (const packet of store.createStream()) packets.push(packet)
  return packets.map((packet) => [packet.cmd, packet.messageId, 'dup' in packet ? packet.dup : undefined])
}

function released(): InFlightStore {
  const store = new InFlightStore()
  for (const id of [9, 2, 5]) store.put(publish(id), done)
  store.put({ cmd: 'pubrel', messageId: 2 }, done)
  return store
}

test('what a broker with the session is sent again is marked, in its order, releases as releases', async () => {
  const store = released()
  store.isSessionKept = true
  assert.deepEqual(await again(store), [
    ['publish', 9, true],
    ['pubrel', 2, undefined],
    ['publish', 5, true],
  ])
})

test('a broker without the session is sent the messages, and nothing of another session', async () => {
  const store = released()
  assert.deepEqual(await again(store), [
    ['publish', 9, false],
    ['publish', 2, false],
    ['publish', 5, false],
  ])
  store.isSessionKept = true
  assert.deepEqual((await again(store))[1], ['publish', 2, true], 'the release is forgotten, too')
})

test('what is acknowledged is gone', async () => {
  const store = released()
  store.del({ messageId: 9 }, done)
  assert.deepEqual([store.oldest, store.has(9), store.has(2)], [2, false, true])
  let missing: Error | undefined
  store.del({ messageId: 9 }, (error) => {
    missing = error
  })
  assert.ok(missing)
})

test('numbers of packets go round, and leave out those in use', () => {
  const used = new Set([1, 2, 65_535])
  const ids = new PacketIds(used)
  assert.equal(ids.getLastAllocated(), null)
  const given = Array.from({ length: 65_533 }, () => ids.allocate())
  assert.deepEqual([given[0], given.at(-1)], [3, 3])
  assert.deepEqual([given.length, new Set(given).size], [65_533, 65_532])
})
