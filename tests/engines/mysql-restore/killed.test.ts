import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withMariaDb } from '../../support/mariadb.js'
import { killBefore } from './killed.js'
import { RestoreFixture } from './restore-fixture.js'
import { BACK, ENDED, FORWARD, TAKEN_BACK } from './steps.js'

const isBehind = (step: string, other: string) => FORWARD.indexOf(step) > FORWARD.indexOf(other)

await withMariaDb('a restore whose process is killed', (server) => {
  /** Either direction in turn, so that what one step leaves is where the next begins. */
  async function inTurn(fixture: RestoreFixture, reversed: RestoreFixture): Promise<RestoreFixture> {
    return (await fixture.state()) === 'old' ? fixture : reversed
  }

  async function assertIs(fixture: RestoreFixture, before: RestoreFixture, isChanged: boolean, step: string) {
    const old = before === fixture ? 'old' : 'new'
    const changed = old === 'old' ? 'new' : 'old'
    assert.equal(await fixture.state(), isChanged ? changed : old, step)
    assert.deepEqual(await fixture.leftovers(), fixture.nothingLeft, step)
  }

  test('the next who needs it finds the old or the new, before whatever step it is killed', async (t) => {
    const fixture = await RestoreFixture.make(t, server)
    const reversed = await fixture.reversed(t)
    for (const step of FORWARD) {
      const each = await inTurn(fixture, reversed)
      await killBefore(each, step)
      await fixture.engine().provision(fixture.live)
      await assertIs(fixture, each, isBehind(step, 'rename'), step)
    }
  })

  test('the same on its way back, of which the journal tells alone', async (t) => {
    const fixture = await RestoreFixture.make(t, server)
    const reversed = await fixture.reversed(t)
    for (const step of BACK) {
      const each = await inTurn(fixture, reversed)
      await killBefore(each, step, { fails: true })
      await fixture.engine().recover(fixture.live)
      await assertIs(fixture, each, step === 'back', step)
    }
  })

  for (const [how, dies, steps, miscounts] of [
    ['ends it', 'look', ENDED, false],
    ['takes it back', 'look', TAKEN_BACK, true],
    ['finds its tables where they were', 'rename', TAKEN_BACK.slice(1), false],
  ] as const) {
    test(`whoever ${how} may be killed as well, before whatever step`, async (t) => {
      const fixture = await RestoreFixture.make(t, server)
      await killBefore(fixture, dies, { miscounts })
      // Each goes on where the one before it was killed.
      for (const step of steps) await killBefore(fixture, step, { recovers: true })
      await fixture.engine().provision(fixture.live)
      assert.equal(await fixture.state(), dies === 'look' && !miscounts ? 'new' : 'old')
      assert.deepEqual(await fixture.leftovers(), fixture.nothingLeft)
    })
  }

  test('who is served already gets in again at the next request, without a build', async (t) => {
    const fixture = await RestoreFixture.make(t, server)
    const engine = fixture.engine()
    const database = engine.tenant(fixture.live)
    t.after(() => database.close())
    await database.select('SELECT 1 AS one')
    // Nobody has been told of the restore yet: `shutOut` comes after the lock.
    await killBefore(fixture, 'triggers')
    const rows = await until503IsOver(() => database.select<{ made: string }>('SELECT made FROM a_top'))
    assert.deepEqual(rows[0], { made: 'old' })
    assert.equal(await fixture.state(), 'old')
    assert.deepEqual(await fixture.leftovers(), fixture.nothingLeft)
  })

  /** A connection that was ended under the pool says so once. */
  async function until503IsOver<T>(ask: () => Promise<T>): Promise<T> {
    return ask().catch((error: { code?: string }) => {
      assert.equal(error.code, 'DATABASE_UNAVAILABLE')
      return ask()
    })
  }

  test('an account that was locked by an administrator before stays locked after', async (t) => {
    const fixture = await RestoreFixture.make(t, server)
    await fixture.root(`ALTER USER ${fixture.live.user} ACCOUNT LOCK`)
    await killBefore(fixture, 'look')
    await assert.rejects(fixture.engine().provision(fixture.live), { message: /an administrator did so/ })
    await assert.rejects(fixture.state(), /locked/)
    await fixture.root(`ALTER USER ${fixture.live.user} ACCOUNT UNLOCK`)
    assert.equal(await fixture.state(), 'new')
    assert.deepEqual(await fixture.leftovers(), fixture.nothingLeft)
  })

  test('killed before anybody was shut out, those who use the database do not notice that it is taken back', async (t) => {
    const fixture = await RestoreFixture.make(t, server)
    const database = fixture.engine().tenant(fixture.live)
    t.after(() => database.close())
    await killBefore(fixture, 'shut out')
    const [before] = await database.select<{ id: unknown }>('SELECT CONNECTION_ID() AS id')
    let isOver = false
    const reading = (async () => {
      while (!isOver) await database.select('SELECT made FROM a_top')
    })()
    assert.equal((await fixture.engine().recover(fixture.live)).length, 1)
    isOver = true
    await reading
    assert.deepEqual(await database.select('SELECT CONNECTION_ID() AS id'), [before])
  })
})
