import assert from 'node:assert/strict'
import { test } from 'node:test'
import { grantsOf, mayPublish, maySubscribe } from '../../../kernel/mqtt/broker/permissions.js'
import type { Permission } from '../../../kernel/mqtt/credentials/credentials.js'

const ALL: Permission = {
  topic: '#',
  activity: 'ALL',
  qos: 'ALL',
  retain: 'ALL',
  sharedSubscription: 'ALL',
  sharedGroup: '#',
}
const LOGIN = { username: 'anna', clientId: 'phone' }

function grants(...permissions: readonly Partial<Permission>[]) {
  const roles = new Map([['role', permissions.map((permission) => ({ ...ALL, ...permission }))]])
  return grantsOf({ users: new Map(), roles }, ['role'], LOGIN)
}

/** Whether a permission's topic covers what is asked for: a topic to publish to, a filter to subscribe to. */
const TOPICS: readonly (readonly [permitted: string, asked: string, covers: boolean])[] = [
  ['a', 'a', true],
  ['a', 'b', false],
  ['a', 'a/b', false],
  ['a/b', 'a', false],
  ['a', 'A', false],
  ['#', 'a', true],
  ['#', 'a/b/c', true],
  ['#', '/', true],
  ['a/#', 'a', true],
  ['a/#', 'a/b', true],
  ['a/#', 'a/b/c', true],
  ['a/#', 'ab', false],
  ['a/#', 'b/a', false],
  ['a/b/#', 'a', false],
  ['+', 'a', true],
  ['+', 'a/b', false],
  ['+/b', 'a/b', true],
  ['+/b', 'a/c', false],
  ['a/+', 'a', false],
  ['a/+', 'a/b', true],
  ['a/+', 'a/b/c', false],
  ['a/+/c', 'a/b/c', true],
  ['a/+/#', 'a/b', true],
  ['a/+/#', 'a', false],
  ['a/+', 'a/', true],
  ['a/#', 'a/', true],
  ['/a', 'a', false],
  ['/a', '/a', true],
  ['+/a', '/a', true],
  // Slashes at the end do not count where there is no wildcard.
  ['a', 'a/', true],
  ['a/', 'a', true],
  ['a//', 'a', true],
  ['/', '/', false],
  ['/', '//', true],
  // Subscriptions.
  ['a', '+', false],
  ['a', '#', false],
  ['a/#', '#', false],
  ['a/#', 'a/#', true],
  ['a/#', 'a/+/c', true],
  ['a/#', '+/b', false],
  ['a/+', 'a/+', true],
  ['a/+/c', 'a/+/+', false],
  ['+', '#', true],
  ['a/+', 'a/#', true],
  ['a/+', 'a/b/#', false],
  ['a/+/#', 'a/#', true],
]

test('permissions cover topics as they do at HiveMQ', () => {
  for (const [topic, asked, covers] of TOPICS) {
    const given = grants({ topic })
    assert.equal(maySubscribe(given, { filter: asked, qos: 0 }), covers, `${topic} for the subscription ${asked}`)
    if (/[#+]/.test(asked)) continue
    assert.equal(
      mayPublish(given, { topic: asked, qos: 0, retain: false }),
      covers,
      `${topic} for a message to ${asked}`,
    )
  }
})

test('activity, QoS and retain narrow a permission', () => {
  const publish = (permission: Partial<Permission>, qos = 0, retain = false) =>
    mayPublish(grants(permission), { topic: 'a', qos, retain })
  const subscribe = (permission: Partial<Permission>, qos = 0) => maySubscribe(grants(permission), { filter: 'a', qos })
  assert.deepEqual(
    (['ALL', 'PUBLISH', 'SUBSCRIBE'] as const).map((activity) => [publish({ activity }), subscribe({ activity })]),
    [
      [true, true],
      [true, false],
      [false, true],
    ],
  )
  const byQos = { ZERO: '0', ONE: '1', TWO: '2', ZERO_ONE: '01', ONE_TWO: '12', ZERO_TWO: '02', ALL: '012' } as const
  for (const [qos, allowed] of Object.entries(byQos) as [Permission['qos'], string][]) {
    for (const asked of [0, 1, 2]) {
      assert.equal(publish({ qos }, asked), allowed.includes(String(asked)), `${qos} for a message of QoS ${asked}`)
      assert.equal(
        subscribe({ qos }, asked),
        allowed.includes(String(asked)),
        `${qos} for a subscription of QoS ${asked}`,
      )
    }
  }
  assert.deepEqual(
    (['ALL', 'RETAINED', 'NOT_RETAINED'] as const).map((retain) => [
      publish({ retain }, 0, true),
      publish({ retain }, 0, false),
      subscribe({ retain }),
    ]),
    [
      [true, true, true],
      [true, false, true],
      [false, true, true],
    ],
  )
})

test('shared subscriptions are judged by their group and their filter', () => {
  const may = (permission: Partial<Permission>, filter: string) => maySubscribe(grants(permission), { filter, qos: 0 })
  const shared = '$share/group/a/b'
  assert.ok(may({ topic: 'a/b' }, shared))
  assert.ok(!may({ topic: 'a/c' }, shared))
  assert.ok(!may({ sharedSubscription: 'NOT_SHARED' }, shared))
  assert.ok(may({ sharedSubscription: 'SHARED' }, shared))
  assert.ok(!may({ sharedSubscription: 'SHARED' }, 'a/b'))
  assert.ok(may({ sharedGroup: 'group' }, shared))
  assert.ok(!may({ sharedGroup: 'other' }, shared))
  // The group says nothing about other subscriptions.
  assert.ok(may({ sharedGroup: 'other' }, 'a/b'))
})

test('several permissions are one after the other, and none is nothing', () => {
  const given = grants({ topic: 'a', activity: 'PUBLISH' }, { topic: 'b', activity: 'SUBSCRIBE' })
  assert.ok(mayPublish(given, { topic: 'a', qos: 0, retain: false }))
  assert.ok(!mayPublish(given, { topic: 'b', qos: 0, retain: false }))
  assert.ok(maySubscribe(given, { filter: 'b', qos: 0 }))
  assert.ok(!mayPublish(grants(), { topic: 'a', qos: 0, retain: false }))
})

test('a permission that is no filter once names are put in lets nobody in', () => {
  for (const topic of ['a/#/b', 'a+', '$share/group/a', 'a\0', 'a\nb', '', `$\{{nothing:-}}`]) {
    assert.throws(() => grants({ topic }), /is no topic filter/, topic)
  }
  for (const sharedGroup of ['a/b', 'a#', '+', '']) assert.throws(() => grants({ sharedGroup }), /is no group/)
  assert.throws(
    () =>
      grantsOf({ users: new Map(), roles: new Map([['role', [{ ...ALL, topic: `a/$\{{clientid}}/b` }]]]) }, ['role'], {
        username: 'anna',
        clientId: '#',
      }),
    /is no topic filter/,
  )
})
