import assert from 'node:assert/strict'
import { test } from 'node:test'
import { backoffMs } from '../../../kernel/mqtt/publisher/backoff.js'
import { fitMessage, windowOf } from '../../../kernel/mqtt/publisher/broker-limits.js'
import { nextVersion } from '../../../kernel/mqtt/publisher/protocol-version.js'
import { filterMatches } from '../../../kernel/mqtt/topic-filter.js'

const FILTERS: readonly [filter: string, topic: string, matches: boolean][] = [
  ['a/b', 'a/b', true],
  ['a/b', 'a/B', false],
  ['a/b', 'a/b/', false],
  ['a/b/', 'a/b', false],
  ['a/+', 'a/b', true],
  ['a/+', 'a/', true],
  ['a/+', 'a', false],
  ['a/+', 'a/b/c', false],
  ['a/+/c', 'a/b/c', true],
  ['a/+/c', 'a/b/d', false],
  ['a/#', 'a', true],
  ['a/#', 'a/b/c', true],
  ['a/#', 'ab', false],
  ['a/+/#', 'a', false],
  ['a/+/#', 'a/b', true],
]

for (const [filter, topic, matches] of FILTERS) {
  test(`${filter} ${matches ? 'holds' : 'does not hold'} ${topic}`, () => {
    assert.equal(filterMatches(filter, topic), matches)
  })
}

test('attempts to connect are quick at first, and never more than three seconds apart', () => {
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5, 6, 1000].map((failures) => backoffMs(failures, 0)),
    [100, 200, 400, 800, 1600, 3000, 3000, 3000],
  )
  assert.deepEqual([backoffMs(0, 1), backoffMs(1000, 0.5)], [60, 2400])
})

test('as many are sent at once as the broker allows, and never more than 256', () => {
  assert.deepEqual(
    [{}, { receiveMaximum: 10 }, { receiveMaximum: 65_535 }, { receiveMaximum: 1 }].map(windowOf),
    [256, 10, 256, 1],
  )
})

test('a message is sent as the broker can take it, or refused before it closes the connection', () => {
  const message = { tenant: { id: 1, name: 't' }, topic: 'a', payload: '', qos: 2, retain: true, bytes: 100 } as const
  assert.deepEqual(fitMessage(message, {}), { qos: 2, retain: true })
  assert.deepEqual(fitMessage(message, { maximumQoS: 1, retainAvailable: false }), { qos: 1, retain: false })
  assert.deepEqual(fitMessage({ ...message, qos: 0 }, { maximumQoS: 1 }), { qos: 0, retain: true })
  assert.deepEqual(fitMessage(message, { maximumPacketSize: 112 }), { qos: 2, retain: true })
  assert.deepEqual(fitMessage(message, { maximumPacketSize: 111 }), {
    refused: 'it has 100 bytes, and the broker takes packets of 111 at most',
  })
})

test('MQTT 5 is tried first, and 3.1.1 where the broker does not speak it', () => {
  assert.equal(nextVersion(5, 'none', 0), 5)
  assert.equal(nextVersion(4, 'none', 0), 4)
  assert.equal(nextVersion(5, 'refused', 0), 4)
  assert.equal(nextVersion(4, 'refused', 0), 5)
  assert.equal(nextVersion(5, 'silence', 1), 5)
  assert.equal(nextVersion(5, 'silence', 2), 4)
  assert.equal(nextVersion(4, 'silence', 1), 5)
})
