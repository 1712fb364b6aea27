import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { gate } from '../support/gate.js'
import { type EngineFixture, suiteLimits } from './engine-fixture.js'

export function connectionSuite(fixture: EngineFixture): void {
  describe('connections', () => {
    test('a pool never has more connections than its limit', async () => {
      let active = 0
      let most = 0
      await fixture.database.releaseIdle()
      const others = fixture.gate.open
      fixture.gate.most = others
      // Each holds its connection until as many as may be are out at once.
      const full = gate()
      const work = () =>
        fixture.database.session(async (session) => {
          active++
          most = Math.max(most, active)
          if (active === suiteLimits.connectionsPerTenant) full.open()
          await full.opened
          await session.select('SELECT 1 AS one')
          await nextTurn()
          active--
        })
      await Promise.all(Array.from({ length: 12 }, work))
      assert.equal(most, suiteLimits.connectionsPerTenant)
      assert.equal(fixture.gate.most - others, suiteLimits.connectionsPerTenant)
    })

    test('a caller that gets no connection in time is told to come again', async () => {
      const done = gate()
      const holders = Array.from({ length: suiteLimits.connectionsPerTenant }, () =>
        fixture.database.session(() => done.opened),
      )
      await assert.rejects(fixture.database.select('SELECT 1 AS one'), { code: 'OVERLOADED' })
      done.open()
      await Promise.all(holders)
      assert.equal((await fixture.database.select('SELECT 1 AS one')).length, 1)
    })

    test('idle connections are closed on demand, and opened again when needed', async () => {
      await fixture.database.releaseIdle()
      const others = fixture.gate.open
      await fixture.database.select('SELECT 1 AS one')
      assert.equal(fixture.gate.open, others + 1)
      await fixture.database.releaseIdle()
      assert.equal(fixture.gate.open, others)
      assert.equal((await fixture.database.select('SELECT 1 AS one')).length, 1)
    })

    test('a closed database is unavailable', async () => {
      const database = fixture.engine.tenant(fixture.identity)
      await database.select('SELECT 1 AS one')
      await database.close()
      await assert.rejects(database.select('SELECT 1 AS one'), { code: 'DATABASE_UNAVAILABLE' })
      await assert.rejects(
        database.transaction(async () => {}),
        { code: 'DATABASE_UNAVAILABLE' },
      )
    })

    test('provisioning again does nothing', async () => {
      assert.deepEqual(await fixture.engine.provision(fixture.identity), [])
    })
  })

  describe('the migration lock', () => {
    test('keeps another holder out and lets statements through', async () => {
      await fixture.createItems()
      const other = fixture.engine.tenant(fixture.identity)
      await fixture.database.locked(0, async (session) => {
        await assert.rejects(
          other.locked(0, async () => {}),
          { code: 'LOCKED' },
        )
        await session.run('INSERT INTO items (name) VALUES (?)', ['by the holder'])
        await fixture.insert('by another', other)
      })
      assert.equal((await fixture.names()).length, 2)
      await other.close()
    })

    test('is passed on to who waits', async () => {
      const order: string[] = []
      const held = gate()
      const first = fixture.database.locked(0, async () => {
        held.open()
        await nextTurn()
        order.push('first')
      })
      await held.opened
      await fixture.database.locked(5, async () => {
        order.push('second')
      })
      await first
      assert.deepEqual(order, ['first', 'second'])
    })

    test('leaves that of a fleet to another holder, one at a time', async () => {
      const other = fixture.engine.tenant(fixture.identity)
      await fixture.database.locked(
        0,
        async () => {
          assert.equal(await other.locked(0, async () => 'migrated meanwhile'), 'migrated meanwhile')
          await assert.rejects(
            other.locked(0, async () => {}, 'fleet'),
            { code: 'LOCKED' },
          )
        },
        'fleet',
      )
      assert.equal(await other.locked(0, async () => 'taken', 'fleet'), 'taken')
      await other.close()
    })

    test('is free again when its holder throws', async () => {
      const attempt = fixture.database.locked(0, async () => {
        throw new Error('on purpose')
      })
      await assert.rejects(attempt, /on purpose/)
      assert.equal(await fixture.database.locked(0, async () => 'taken'), 'taken')
    })
  })
}
