import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { loadDump } from '../../../kernel/engines/open-dump.js'
import type { M3Error } from '../../../kernel/errors.js'
import { withMariaDb } from '../../support/mariadb.js'
import { until } from '../../support/until.js'
import { RestoreFixture } from './restore-fixture.js'

const CHILD = fileURLToPath(new URL('./killed-child.js', import.meta.url))
const FORWARD = [
  'journal',
  'shut out',
  'triggers',
  'rename',
  'definitions',
  'look',
  'placed',
  'let in',
  'unlock',
  'clean',
]
const BACK = ['back', 'rename back', 'define again', 'done', 'unlock', 'clean']

await withMariaDb('a restore on MariaDB', (server) => {
  test('takes the place of the live database as a whole, and nothing is left beside', async (t) => {
    const fixture = await RestoreFixture.make(t, server)
    assert.equal(await fixture.state(), 'old')
    const steps: string[] = []
    let shutOut = false
    await fixture.restore({
      async shutOut() {
        await assert.rejects(fixture.state(), /locked/, 'nobody gets in')
        shutOut = true
      },
      placed: () => assert.rejects(fixture.state(), /locked/),
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

  /** Kills a process that restores before the step; then somebody needs the database. */
  async function killedBefore(fixture: RestoreFixture, step: string, more: object): Promise<void> {
    const { catalog, live, source } = fixture
    const { host, port, rootUser, rootPassword } = server
    const input = { server: { host, port, rootUser, rootPassword }, catalog, live, source, step, ...more }
    const child = spawn(process.execPath, [CHILD, JSON.stringify(input)], { stdio: ['ignore', 'inherit', 'inherit'] })
    const [status, signal] = await once(child, 'exit')
    assert.deepEqual([status, signal], [null, 'SIGKILL'])
    await fixture.engine().provision(live)
    assert.deepEqual(await fixture.leftovers(), fixture.nothingLeft)
  }

  for (const [fails, steps] of [
    [false, FORWARD],
    [true, BACK],
  ] as const) {
    for (const step of steps) {
      test(`killed before “${step}”${fails ? ' on the way back' : ''}: the next who needs it finds the old or the new`, async (t) => {
        const fixture = await RestoreFixture.make(t, server)
        await killedBefore(fixture, step, { fails })
        // Whether it is to be taken back is told by the journal alone.
        const isNew = fails ? step === 'back' : FORWARD.indexOf(step) > FORWARD.indexOf('rename')
        assert.equal(await fixture.state(), isNew ? 'new' : 'old')
        await fixture.restore({ placed: async () => {} })
        assert.equal(await fixture.state(), 'new')
      })
    }
  }

  test('killed before it was looked at, it is looked at by the next, and taken back if it is not what was loaded', async (t) => {
    const fixture = await RestoreFixture.make(t, server)
    await killedBefore(fixture, 'look', { miscounts: true })
    assert.equal(await fixture.state(), 'old')
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

  test('statements of the file reach nothing but the database that is loaded', async (t) => {
    const fixture = await RestoreFixture.make(t, server)
    const engine = fixture.engine()
    for (const sql of [
      `DROP DATABASE ${fixture.live.name}`,
      `CREATE TABLE ${fixture.live.name}.intruder (id INT)`,
      `CREATE TABLE ${fixture.catalog}.intruder (id INT)`,
      'CREATE USER intruder',
      `CREATE TABLE \`t\` (id INT) AS SELECT * FROM ${fixture.live.name}.hens`,
    ]) {
      async function* frames() {
        yield { head: { kind: 'table', name: 't', units: 0 }, body: Buffer.from(sql) }
      }
      const restored = engine.restore(fixture.live, 0, (staging) => loadDump(staging.connection, frames()))
      await assert.rejects(restored, { code: 'BACKUP_INVALID', message: /denied|no such statement/ }, sql)
    }
    for (const sql of [
      'DROP DATABASE x',
      'CREATE VIEW v AS SELECT 1; DROP TABLE x',
      'CREATE /*x*/ DEFINER=root VIEW v AS SELECT 1',
    ]) {
      const definitions = [{ kind: 'view', name: 'v', sql } as const]
      const restored = engine.restore(fixture.live, 0, (staging) =>
        staging.swap({ rows: {}, faults: [], warnings: [], definitions }, { placed: async () => {} }),
      )
      await assert.rejects(restored, (error: M3Error) => ['BACKUP_INVALID', 'RESTORE_FAILED'].includes(error.code), sql)
    }
    assert.equal(await fixture.state(), 'old')
    assert.deepEqual(await fixture.leftovers(), fixture.nothingLeft)
  })
})
