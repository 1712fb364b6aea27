import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { eventsOf } from '../../kernel/tenants/event-channel.js'

const never = new AbortController().signal

test('events come in order, and none is emitted before the reader has taken the one before', async () => {
  let emitted = 0
  const events = eventsOf<number>(async (emit) => {
    for (let i = 1; i <= 3; i++) {
      await emit(i)
      emitted = i
    }
  }, never)
  const seen: number[] = []
  for await (const event of events) {
    await nextTurn()
    assert.equal(emitted, event, 'the next one waits')
    seen.push(event)
  }
  assert.deepEqual(seen, [1, 2, 3])
})

test('a reader that leaves has the work end: it hears of it, and what it still emits holds it up no more', async () => {
  for (const at of [1, 2]) {
    const told: string[] = []
    const events = eventsOf<number>(async (emit, signal) => {
      await Promise.all([emit(1), emit(2), emit(3)])
      told.push(`asked to end: ${signal.aborted}`)
      await emit(4)
      told.push('ended')
    }, never)
    for await (const event of events) if (event === at) break
    assert.deepEqual(told, ['asked to end: true', 'ended'])
  }
})

test('the signal reaches the work', async () => {
  const asked = new AbortController()
  const events = eventsOf<boolean>(async (emit, signal) => {
    await emit(signal.aborted)
    await emit(signal.aborted)
  }, asked.signal)
  assert.deepEqual((await events.next()).value, false)
  await nextTurn()
  asked.abort()
  const rest: boolean[] = []
  for await (const aborted of events) rest.push(aborted)
  assert.equal(rest.length, 1)
})

test('what the work throws, its reader is thrown, after the events before', async () => {
  const events = eventsOf<number>(async (emit) => {
    await emit(1)
    throw new Error('on purpose')
  }, never)
  assert.equal((await events.next()).value, 1)
  await assert.rejects(events.next(), /on purpose/)
})
