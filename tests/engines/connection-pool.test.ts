import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectionPool } from '../../kernel/engines/connection-pool.js'
import type { DriverConnection } from '../../kernel/engines/driver.js'
import { M3Error } from '../../kernel/errors.js'
import { ConnectionBudget } from '../../kernel/tenants/budget.js'

/** A connection that does nothing but know what was done to it. */
class FakeConnection implements DriverConnection {
  readonly raw = {}
  reusable = true
  closed = false

  async select<R>(): Promise<R[]> {
    return []
  }

  async run() {
    return { affectedRows: 0, insertId: null }
  }

  async execute(): Promise<void> {}

  async close(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    this.closed = true
  }
}

const limits = { connections: 2, waitSeconds: 5, idleSeconds: 60 }

function poolOf(budget: ConnectionBudget, open: () => Promise<DriverConnection> = async () => new FakeConnection()) {
  return new ConnectionPool(open, budget, limits)
}

test('a connection given back twice is given back once', async () => {
  const pool = poolOf(new ConnectionBudget(10, 5))
  const first = await pool.acquire()
  pool.release(first)
  assert.equal(await pool.acquire(), first)
  pool.release(first)
  pool.release(first)
  const [again, other] = [await pool.acquire(), await pool.acquire()]
  assert.notEqual(again, other)
  await Promise.all([again, other].map(async (connection) => pool.release(connection)))
  await pool.close(1)
})

test('what gives way is idle: a connection taken meanwhile stays open', async () => {
  const pool = poolOf(new ConnectionBudget(10, 5))
  const [one, two] = (await Promise.all([pool.acquire(), pool.acquire()])) as [FakeConnection, FakeConnection]
  pool.release(one)
  pool.release(two)
  const released = pool.releaseIdle()
  const taken = (await pool.acquire()) as FakeConnection
  await released
  assert.equal(one.closed && two.closed, true)
  assert.equal(taken.closed, false)
  pool.release(taken)
  await pool.close(1)
})

test('a caller that was served by another connection no longer queues for the budget', async () => {
  const budget = new ConnectionBudget(2, 0.5)
  const [busy, other, third] = [poolOf(budget), poolOf(budget), poolOf(budget)]
  const mine = await busy.acquire()
  const theirs = await other.acquire()
  const second = busy.acquire()
  busy.release(mine)
  assert.equal(await second, mine, 'served by the connection that came free')
  const withdrawn = third.acquire()
  other.release(theirs)
  await withdrawn
  assert.equal(budget.open, 2)
  busy.release(mine)
})

test('connections that cannot be opened fail those who wait, and give their place back', async () => {
  const budget = new ConnectionBudget(1, 5)
  const pool = poolOf(budget, async () => {
    throw new M3Error('DATABASE_UNAVAILABLE', 'away')
  })
  const results = await Promise.allSettled(Array.from({ length: 5 }, () => pool.acquire()))
  assert.deepEqual(new Set(results.map(({ status }) => status)), new Set(['rejected']))
  assert.equal(budget.open, 0)
})

test('one that must not be reused is closed, and another is opened for whoever waits', async () => {
  const budget = new ConnectionBudget(1, 5)
  const pool = poolOf(budget)
  const first = (await pool.acquire()) as FakeConnection
  const waiting = pool.acquire()
  first.reusable = false
  pool.release(first)
  assert.notEqual(await waiting, first)
  assert.equal(first.closed, true)
  assert.equal(budget.open, 1)
})

test('a busy pool hands a connection over to another that waits for long', async () => {
  const budget = new ConnectionBudget(1, 5)
  const [busy, patient] = [poolOf(budget), poolOf(budget)]
  let served = false
  const patience = patient.acquire().then((connection) => {
    served = true
    patient.release(connection)
  })
  while (!served) {
    const connection = await busy.acquire()
    const next = busy.acquire()
    await new Promise((resolve) => setImmediate(resolve))
    busy.release(connection)
    busy.release(await next)
  }
  await patience
})

test('closing refuses who waits, waits for who is at work, and cuts them off in the end', async () => {
  const budget = new ConnectionBudget(2, 5)
  const pool = poolOf(budget)
  const [stuck, working] = (await Promise.all([pool.acquire(), pool.acquire()])) as [FakeConnection, FakeConnection]
  const waiting = pool.acquire()
  const closing = pool.close(0.2)
  await assert.rejects(waiting, { code: 'DATABASE_UNAVAILABLE' })
  pool.release(working)
  assert.equal(stuck.closed, false)
  await closing
  assert.equal(stuck.closed, true)
  assert.equal(budget.open, 0)
  await assert.rejects(pool.acquire(), { code: 'DATABASE_UNAVAILABLE' })
})

test('idle connections are closed after their time', async () => {
  const budget = new ConnectionBudget(2, 5)
  const pool = new ConnectionPool(async () => new FakeConnection(), budget, { ...limits, idleSeconds: 0.02 })
  const connection = (await pool.acquire()) as FakeConnection
  const keepsTheProcess = setInterval(() => {}, 1000)
  pool.release(connection)
  while (!connection.closed) await new Promise((resolve) => setImmediate(resolve))
  clearInterval(keepsTheProcess)
  await pool.close(1)
  assert.equal(budget.open, 0)
})
