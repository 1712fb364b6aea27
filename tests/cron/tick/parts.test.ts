import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { sharesOf } from '../../../kernel/cron/tick/shares.js'
import { Slots } from '../../../kernel/cron/tick/slots.js'
import { tenantsFrom } from '../../../kernel/cron/tick/tenant-tour.js'
import { ConnectionBudget } from '../../../kernel/tenants/budget.js'
import { Reservations } from '../../../kernel/tenants/reservation.js'

const never = new AbortController().signal

test('jobs take half of the connections at most, and always one', () => {
  const cases: [number, number, number, number[]][] = [
    [50, 2, 4, [8, 4, 2]],
    [20, 2, 8, [8, 4, 2]],
    [10, 2, 4, [3, 1, 2]],
    [4, 2, 4, [1, 1, 1]],
    [5, 8, 4, [1, 1, 1]],
    [200, 5, 64, [8, 19, 5]],
  ]
  for (const [connections, connectionsPerTenant, parallel, expected] of cases) {
    const { looks, jobs, connectionsPerJob } = sharesOf({ connections, connectionsPerTenant }, parallel)
    assert.deepEqual([looks, jobs, connectionsPerJob], expected, `${connections} connections`)
  }
})

test('a tour begins anywhere, and comes to each tenant once', async () => {
  const ids = [2, 3, 5, 8, 9, 12]
  const page = async (after: number) =>
    ids
      .filter((id) => id > after)
      .slice(0, 2)
      .map((id) => ({ id }))
  const tour = async (first: number) => {
    const found: number[] = []
    for await (const { id } of tenantsFrom(first, page)) found.push(id)
    return found
  }
  assert.deepEqual(await tour(1), ids)
  assert.deepEqual(await tour(5), [5, 8, 9, 12, 2, 3])
  assert.deepEqual(await tour(6), [8, 9, 12, 2, 3, 5])
  assert.deepEqual(await tour(12), [12, 2, 3, 5, 8, 9])
})

test('slots go to those who wait in their order, what is urgent first, and whoever is called off gets none', async () => {
  const slots = new Slots(1)
  const order: string[] = []
  const calledOff = new AbortController()
  let leave = () => {}
  const first = slots.within(
    never,
    () =>
      new Promise<void>((resolve) => {
        leave = resolve
      }),
  )
  await nextTurn()
  const enter = (name: string, signal = never, isUrgent = false) =>
    slots.within(
      signal,
      async () => {
        order.push(name)
      },
      isUrgent,
    )
  const others = [enter('second'), enter('called off', calledOff.signal), enter('third'), enter('urgent', never, true)]
  calledOff.abort()
  leave()
  await Promise.all([first, ...others])
  assert.deepEqual(order, ['urgent', 'second', 'third'])
  assert.equal(await slots.within(calledOff.signal, async () => 'run'), undefined)
  assert.equal(await slots.within(never, async () => 'run'), 'run')
})

test('connections of a job are kept together: two jobs do not wait for each other’s', async () => {
  const budget = new ConnectionBudget(3, 1)
  const reservations = new Reservations(budget)
  const leaves: (() => void)[] = []
  const run = () => reservations.within(2, never, () => new Promise<void>((resolve) => void leaves.push(resolve)))
  const [first, second] = [run(), run()]
  await nextTurn()
  assert.deepEqual([leaves.length, budget.open], [1, 3])
  leaves[0]?.()
  await first
  await nextTurn()
  assert.deepEqual([leaves.length, budget.open], [2, 2])
  leaves[1]?.()
  await second
  assert.equal(budget.open, 0)
})

test('a job that is called off while it waits for connections gives back those that it has', async () => {
  const budget = new ConnectionBudget(1, 5)
  const calledOff = new AbortController()
  const waiting = new Reservations(budget).within(2, calledOff.signal, async () => {})
  await nextTurn()
  assert.equal(budget.open, 1)
  calledOff.abort()
  await assert.rejects(waiting, { name: 'AbortError' })
  assert.equal(budget.open, 0)
})
