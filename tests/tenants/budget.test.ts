import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { GatedPool } from '../../kernel/engines/contract.js'
import { ConnectionBudget } from '../../kernel/tenants/budget.js'

/** A pool whose connections are the leave functions it was given; the idle ones are closed when it is asked to. */
class FakePool implements GatedPool {
  readonly idle: (() => void)[] = []

  get idleConnections(): number {
    return this.idle.length
  }

  releaseOne(): boolean {
    const leave = this.idle.pop()
    leave?.()
    return leave !== undefined
  }
}

test('lends no more connections than it has', async () => {
  const budget = new ConnectionBudget(2, 0.05)
  const pool = new FakePool()
  await budget.admit(pool)
  await budget.admit(pool)
  await assert.rejects(budget.admit(new FakePool()), { code: 'OVERLOADED', retryAfter: 1 })
  assert.equal(budget.open, 2)
})

test('a connection given back goes to the longest waiter, and giving it back twice counts once', async () => {
  const budget = new ConnectionBudget(1, 5)
  const leave = await budget.admit(new FakePool())
  const order: string[] = []
  const first = budget.admit(new FakePool()).then((give) => {
    order.push('first')
    return give
  })
  const second = budget.admit(new FakePool()).then((give) => {
    order.push('second')
    return give
  })
  leave()
  leave()
  const give = await first
  assert.deepEqual(order, ['first'])
  assert.equal(budget.open, 1)
  give()
  ;(await second)()
  assert.deepEqual(order, ['first', 'second'])
  assert.equal(budget.open, 0)
})

test('the least recently used idle pool gives way', async () => {
  const budget = new ConnectionBudget(2, 5)
  const [older, newer] = [new FakePool(), new FakePool()]
  older.idle.push(await budget.admit(older))
  newer.idle.push(await budget.admit(newer))
  budget.idle(older)
  budget.idle(newer)
  await budget.admit(new FakePool())
  assert.equal(older.idleConnections, 0)
  assert.equal(newer.idleConnections, 1)
})

test('a pool that becomes idle while others wait gives way at once', async () => {
  const budget = new ConnectionBudget(1, 5)
  const busy = new FakePool()
  const leave = await budget.admit(busy)
  const waiting = budget.admit(new FakePool())
  busy.idle.push(leave)
  budget.idle(busy)
  await waiting
  assert.equal(budget.open, 1)
})

test('a busy pool is asked to yield only when another pool waits', async () => {
  const budget = new ConnectionBudget(1, 0.3)
  const busy = new FakePool()
  await budget.admit(busy)
  assert.equal(budget.shouldYield(busy), false)
  const waiting = budget.admit(new FakePool())
  await assert.rejects(waiting, { code: 'OVERLOADED' })
  assert.equal(budget.shouldYield(busy), false, 'nobody waits any longer')
})

test('ten thousand pools taking turns never pass the budget', async () => {
  const budget = new ConnectionBudget(50, 5)
  let most = 0
  for (let i = 0; i < 10_000; i++) {
    const pool = new FakePool()
    pool.idle.push(await budget.admit(pool))
    budget.idle(pool)
    most = Math.max(most, budget.open)
  }
  assert.equal(most, 50)
})
