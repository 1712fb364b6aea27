import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { M3Error } from '../../../kernel/errors.js'
import { withMariaDb } from '../../support/mariadb.js'
import { until } from '../../support/until.js'
import { RestoreFixture } from './restore-fixture.js'
import { FORWARD } from './steps.js'

await withMariaDb('a restore on MariaDB', (server) => {
  test('takes the place of the live database as a whole, and nothing is left beside', async (t) => {
    const fixture = await RestoreFixture.make(t, server)
    assert.equal(await fixture.state(), 'old')
    const steps: string[] = []
    let shutOut = false
    await fixture.restore({
      async shutOut() {
        await assert.rejects(fixture.state(), /locked/, 'nobody gets in')
        const defined = await fixture.definedIn(fixture.live.name)
        assert.deepEqual(defined, ['a_top', 'marks', 'z_base'], 'no event runs on tables that are on their way')
        shutOut = true
      },
      async placed() {
        await assert.rejects(fixture.state(), /locked/)
        assert.deepEqual(await fixture.definedIn(fixture.live.name), ['a_top', 'marks', 'tidy', 'z_base'])
      },
      step: (name) => void steps.push(name),
    })
    assert.ok(shutOut)
    assert.deepEqual(steps, FORWARD)
    assert.equal(await fixture.state(), 'new')
    assert.deepEqual(await fixture.leftovers(), fixture.nothingLeft)
  })

  test('what is not what was loaded is taken back', async (t) => {
    const fixture = await RestoreFixture.make(t, server)
    const restored = fixture.restore({ placed: async () => {} }, fixture.engine(), (rows) => ({ ...rows, eggs: 7 }))
    await assert.rejects(restored, {
      code: 'RESTORE_FAILED',
      message: /is as it was: eggs has 1 rows where 7 were loaded/,
    })
    assert.equal(await fixture.state(), 'old')
    assert.deepEqual(await fixture.leftovers(), fixture.nothingLeft)
  })

  test('a database with views that cannot be read is replaced, and comes back as far as it can be made', async (t) => {
    const fixture = await RestoreFixture.make(t, server)
    await fixture.as(
      fixture.live,
      'CREATE TABLE gone (id INT); CREATE VIEW of_gone AS SELECT id FROM gone; CREATE VIEW b_of_a AS SELECT made FROM a_top; DROP TABLE gone',
    )
    const fails = {
      async placed() {
        throw new Error('on purpose')
      },
    }
    await assert.rejects(fixture.restore(fails), { code: 'RESTORE_FAILED', message: /is as it was: on purpose/ })
    assert.deepEqual(await fixture.definedIn(fixture.live.name), ['a_top', 'b_of_a', 'marks', 'tidy', 'z_base'])
    await fixture.as(fixture.live, 'DROP VIEW b_of_a')
    assert.equal(await fixture.state(), 'old')
    await fixture.restore({ placed: async () => {} })
    assert.equal(await fixture.state(), 'new')
    assert.deepEqual(await fixture.leftovers(), fixture.nothingLeft)
  })

  test('a connection of root that is ended in the middle is followed by one that takes the restore back, or ends it', async (t) => {
    const fixture = await RestoreFixture.make(t, server)
    const engine = fixture.engine()
    const killRoot = async () => {
      // Whoever holds the lock of the restore.
      const [row] = await fixture.root<{ id: unknown }>(
        `SELECT IS_USED_LOCK('m3saas:migrate:${fixture.live.name}') AS id`,
      )
      await fixture.root(`KILL CONNECTION ${Number(row?.id)}`)
    }
    const restored = fixture.restore({ shutOut: killRoot, placed: async () => {} }, engine)
    await assert.rejects(restored, { code: 'RESTORE_FAILED', message: /broke off .* when the database is next needed/ })
    assert.equal(await fixture.state(), 'old', 'nobody had to come')
    await fixture.restore({ placed: killRoot }, engine)
    assert.equal(await fixture.state(), 'new')
    assert.deepEqual(await fixture.leftovers(), fixture.nothingLeft)
  })

  test('while one restores, another is told so, and so is whoever needs the database', async (t) => {
    const fixture = await RestoreFixture.make(t, server)
    const engine = fixture.engine()
    await fixture.restore({
      async shutOut() {
        const refused = { code: 'LOCKED', retryAfter: 5 }
        await assert.rejects(engine.provision(fixture.live), refused)
        await assert.rejects(
          engine.restore(fixture.live, 0, async () => {}),
          refused,
        )
        const database = engine.tenant(fixture.live)
        await assert.rejects(database.select('SELECT 1 AS one'), (error: M3Error) => {
          return error.code === 'DATABASE_UNAVAILABLE' && engine.isShutOut(error) && error.retryAfter === 2
        })
        await database.close()
      },
      placed: async () => {},
    })
    assert.equal(await fixture.state(), 'new')
  })

  test('an account that an administrator has locked stays locked', async (t) => {
    const fixture = await RestoreFixture.make(t, server)
    await fixture.root(`ALTER USER ${fixture.live.user} ACCOUNT LOCK`)
    await assert.rejects(fixture.engine().provision(fixture.live), {
      code: 'DATABASE_UNAVAILABLE',
      message: /is locked on the database server: an administrator did so/,
    })
    await fixture.root(`ALTER USER ${fixture.live.user} ACCOUNT UNLOCK`)
  })

  test('readers and writers see the old or the new, or are told to come again', async (t) => {
    const fixture = await RestoreFixture.make(t, server)
    const engine = fixture.engine()
    const database = engine.tenant(fixture.live)
    const seen = new Map<string, number>()
    let isOver = false
    const read = async () => {
      while (!isOver) {
        const state = await database
          .transaction(async () => {
            const [first] = await database.select<{ made: string }>('SELECT made FROM a_top LIMIT 1')
            const rows = await database.select<{ mark: string }>('SELECT mark FROM hens ORDER BY id')
            await database.run('UPDATE eggs SET hen = 2 WHERE id = 1')
            return [first?.made, ...rows.map(({ mark }) => mark)].join()
          })
          .catch((error: M3Error) => error.code)
        seen.set(state, (seen.get(state) ?? 0) + 1)
      }
    }
    const readers = [read(), read()]
    await until(() => (seen.get('old,old1,old2') ?? 0) > 5, 'the old is read')
    await fixture.restore({ placed: async () => {} })
    await until(() => (seen.get('new,new1,new2') ?? 0) > 5, 'the new is read')
    isOver = true
    await Promise.all(readers)
    await database.close()
    const known = ['DATABASE_UNAVAILABLE', 'new,new1,new2', 'old,old1,old2']
    assert.deepEqual(
      [...seen.keys()].filter((state) => !known.includes(state)),
      [],
    )
  })
})
