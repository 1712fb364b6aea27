import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LIMITS, type Limits } from '../../../kernel/mqtt/broker/limits.js'
import { Sessions } from '../../../kernel/mqtt/broker/sessions.js'

function sessions(limits: Partial<Limits> = {}) {
  const clock = { now: 0 }
  const dropped: string[] = []
  const all = new Sessions({
    limits: { ...LIMITS, ...limits },
    now: () => clock.now,
    dropped: (user) => dropped.push(user),
  })
  const leave = (id: string, user: string, filter = 'a') => {
    const connection = {}
    all.subscribe(id, user, connection, [{ topic: filter, qos: 1 }])
    all.detach(id, connection)
  }
  let counter = 0
  const publish = (bytes: number) =>
    all.enqueue({ topic: 'a', payload: Buffer.alloc(bytes), qos: 1, brokerId: 'b', brokerCounter: ++counter })
  const waiting = (id: string) => {
    const connection = {}
    all.attach(id, connection)
    const found = [...all.waiting(id, connection)].length
    all.detach(id, connection)
    return found
  }
  return { all, clock, dropped, leave, publish, waiting }
}

test('a session that nobody comes back to ends, and one that is in use does not', () => {
  const { all, clock, leave } = sessions({ sessionMs: 1000 })
  leave('left', 'anna')
  all.subscribe('here', 'anna', {}, [{ topic: 'a', qos: 1 }])
  clock.now = 999
  all.expire()
  assert.equal(all.size, 2)
  clock.now = 1000
  all.expire()
  assert.deepEqual([all.size, all.filtersOf('here').length], [1, 1])
})

test('a user with too many sessions loses the one that was left first, and no other user does', () => {
  const { all, clock, leave } = sessions({ sessionsOfUser: 2 })
  leave('other', 'berta')
  for (const id of ['1', '2', '3']) {
    clock.now++
    leave(id, 'anna')
  }
  assert.deepEqual(
    ['other', '1', '2', '3'].map((id) => all.filtersOf(id).length),
    [1, 0, 1, 1],
  )
})

test('what waits is bounded by session, by user and in all, and room comes back', () => {
  const { all, dropped, leave, publish, waiting } = sessions({ queuedBytesOfUser: 5000, queuedBytesInAll: 8000 })
  for (const [id, user] of [
    ['1', 'anna'],
    ['2', 'anna'],
    ['3', 'berta'],
  ] as const) {
    leave(id, user)
  }
  publish(2000)
  assert.deepEqual(dropped, [])
  publish(2000)
  assert.deepEqual(dropped, ['anna', 'anna', 'berta'])
  assert.deepEqual(['1', '2', '3'].map(waiting), [1, 1, 1])
  all.forget('1')
  all.forget('2')
  publish(2000)
  assert.equal(waiting('3'), 2)
})

test('a session has so many subscriptions', () => {
  const { all } = sessions({ subscriptionsOfClient: 2 })
  const filters = ['a', 'b', 'c'].map((topic) => ({ topic, qos: 1 }))
  all.subscribe('1', 'anna', {}, filters)
  assert.deepEqual(
    all.filtersOf('1').map(({ topic }) => topic),
    ['a', 'b'],
  )
})
