import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Message, Qos } from '../../../kernel/mqtt/publisher/message.js'
import { MessageQueue } from '../../../kernel/mqtt/publisher/message-queue.js'

function message(id: number, name: string, bytes = 1, qos: Qos = 1): Message {
  return { tenant: { id, name: `t${id}` }, topic: name, payload: '', qos, retain: false, bytes }
}

const BOUNDS = { messages: 8, messagesPerTenant: 4, bytes: 100 }

/** Pushes as many as fit, at most `most`. */
function fill(queue: MessageQueue, tenant: number, most: number, bytes = 1): number {
  let pushed = 0
  while (pushed < most && queue.fullFor(message(tenant, 'a', bytes)) === undefined) {
    queue.push(message(tenant, 'a', bytes))
    pushed++
  }
  return pushed
}

test('messages come out in the order in which they went in, of all tenants', () => {
  const queue = new MessageQueue({ messages: 20_000, messagesPerTenant: 20_000, bytes: 1e6 })
  const names = Array.from({ length: 10_000 }, (_, i) => String(i))
  for (const [i, name] of names.entries()) queue.push(message(i % 3, name))
  const taken: (string | undefined)[] = []
  for (let i = 0; i < 9000; i++) taken.push(queue.take()?.topic)
  queue.push(message(1, 'last'))
  while (queue.peek()) taken.push(queue.take()?.topic)
  assert.deepEqual(taken, [...names, 'last'])
  assert.equal(queue.take(), undefined)
})

test('one tenant fills its share, and another still has its own', () => {
  const queue = new MessageQueue(BOUNDS)
  assert.equal(fill(queue, 1, 100), 4)
  assert.equal(queue.fullFor(message(1, 'a')), 'messagesPerTenant')
  assert.equal(fill(queue, 2, 100), 4)
  assert.equal(queue.fullFor(message(3, 'a')), 'messages')
})

test('bytes are shared out as messages are', () => {
  const queue = new MessageQueue(BOUNDS)
  assert.equal(fill(queue, 1, 100, 20), 2)
  assert.equal(queue.fullFor(message(1, 'a', 20)), 'bytesPerTenant')
  assert.equal(queue.fullFor(message(1, 'a', 10)), undefined)
  assert.equal(fill(queue, 2, 100, 20), 2)
  assert.equal(queue.fullFor(message(3, 'a', 21)), 'bytes')
  assert.equal(queue.fullFor(message(3, 'a', 20)), undefined)
})

test('a message larger than all bounds of bytes fits where nothing waits', () => {
  const queue = new MessageQueue(BOUNDS)
  assert.equal(queue.fullFor(message(1, 'a', 1000)), undefined)
  queue.push(message(1, 'a', 1000))
  assert.equal(queue.fullFor(message(2, 'a')), 'bytes')
})

test('room is free again when a message is settled, not when it is taken', () => {
  const queue = new MessageQueue(BOUNDS)
  fill(queue, 1, 4)
  const taken = queue.take()
  assert.equal(queue.fullFor(message(1, 'a')), 'messagesPerTenant')
  if (taken) queue.settle(taken)
  assert.equal(queue.fullFor(message(1, 'a')), undefined)
  assert.equal(queue.size, 3)
})

test('those of QoS 0 are dropped out of the line, and the others keep their order', () => {
  const queue = new MessageQueue(BOUNDS)
  for (const [name, qos] of [
    ['a', 1],
    ['b', 0],
    ['c', 2],
    ['d', 0],
  ] as const)
    queue.push(message(1, name, 1, qos))
  assert.equal(queue.take()?.topic, 'a')
  assert.equal(queue.dropUnacknowledged(), 2)
  assert.equal(queue.size, 2)
  assert.equal(queue.take()?.topic, 'c')
  assert.equal(queue.take(), undefined)
})

test('what waits is told by tenant, the most first', () => {
  const queue = new MessageQueue(BOUNDS)
  fill(queue, 1, 2)
  fill(queue, 2, 3)
  assert.deepEqual(queue.waiting(), [
    { tenant: { id: 2, name: 't2' }, messages: 3 },
    { tenant: { id: 1, name: 't1' }, messages: 2 },
  ])
})

test('what follows a message of QoS 2 with another QoS waits until that is settled, and so do those behind it', () => {
  const queue = new MessageQueue({ messages: 20, messagesPerTenant: 20, bytes: 100 })
  const given = [
    ['a', 2, 'sent'],
    ['a', 2, 'sent'],
    ['a', 1, 'after both'],
    ['b', 1, 'sent'],
    ['a', 2, 'after both'],
    ['b', 0, 'sent'],
    ['a', 0, 'after the third'],
  ] as const
  for (const [topic, qos] of given) queue.push(message(1, topic, 1, qos))
  const takeAll = () => {
    const taken: Message[] = []
    for (let next = queue.take(); next; next = queue.take()) taken.push(next)
    return taken
  }
  const named = (messages: readonly Message[]) => messages.map(({ topic, qos }) => `${topic}${qos}`)
  const first = takeAll()
  assert.deepEqual(named(first), ['a2', 'a2', 'b1', 'b0'])
  if (first[0]) queue.settle(first[0])
  assert.deepEqual(takeAll(), [])
  assert.equal(queue.mustWait(message(1, 'a', 1, 2)), true, 'even one of QoS 2')
  assert.equal(queue.mustWait(message(1, 'b', 1, 0)), false)
  queue.push(message(1, 'a', 1, 1))
  if (first[1]) queue.settle(first[1])
  const second = takeAll()
  assert.deepEqual(named(second), ['a1', 'a2'])
  if (second[1]) queue.settle(second[1])
  assert.deepEqual(named(takeAll()), ['a0', 'a1'])
})

test('those of QoS 0 that wait behind others of their topic are dropped, too', () => {
  const queue = new MessageQueue(BOUNDS)
  for (const qos of [2, 0, 1] as const) queue.push(message(1, 'a', 1, qos))
  const first = queue.take()
  assert.equal(queue.take(), undefined)
  assert.equal(queue.dropUnacknowledged(), 1)
  if (first) queue.settle(first)
  assert.equal(queue.take()?.qos, 1)
  assert.equal(queue.size, 1)
})
