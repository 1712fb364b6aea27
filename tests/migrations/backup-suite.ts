import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as c from '../../kernel/contract/columns.js'
import { defineTable } from '../../kernel/contract/define-table.js'
import { M3Error } from '../../kernel/errors.js'
import { migrate } from '../../kernel/migrations/migrate.js'
import { reportPlan } from '../../kernel/migrations/plan-report.js'
import { backupNamed, FakeBackups } from '../support/fake-backups.js'
import type { FreshDatabases } from '../support/fresh-databases.js'
import { declare, liveSchema, OPTIONS, rejection, watched } from '../support/schemas.js'
import { settled } from './settled.js'

const things = (columns: Parameters<typeof defineTable>[1]['columns']) => defineTable('things', { columns })
const before = declare({ tables: [things({ name: c.varchar(30), extra: c.int().nullable() })] })
const after = declare({ tables: [things({ name: c.varchar(30) })] })

export function backupSuite(databases: FreshDatabases): void {
  const filled = async () => {
    const database = await databases.create()
    await settled(database, databases.engine, before)
    await database.run('INSERT INTO things (id, name, extra) VALUES (1, ?, 5), (2, ?, NULL)', ['a', 'b'])
    return database
  }

  test('before values can be lost a backup is taken, once, and told of; the plan says so', async () => {
    const database = await filled()
    const backups = new FakeBackups()
    const options = { ...OPTIONS, takeBackup: backups.take }
    assert.equal((await reportPlan(database, databases.engine, after, options)).backsUp, true)
    assert.deepEqual(backups.taken, [], 'a plan takes none')
    const report = await migrate(database, databases.engine, after, options)
    assert.deepEqual([report.backup, backups.taken], [backupNamed(1), [{}]])
    await settled(database, databases.engine, after)
  })

  test('it is taken before the first step, and under the lock', async () => {
    const database = await filled()
    const { engine } = databases
    let held: unknown
    const takeBackup = async () => {
      held = (await liveSchema(databases.reopen(), engine)).tables.things?.columns.map(({ name }) => name)
      await rejection(
        'LOCKED',
        databases.reopen().locked(0, async () => {}),
      )
      return backupNamed(1)
    }
    await migrate(database, engine, after, { ...OPTIONS, takeBackup })
    assert.deepEqual(held, ['id', 'name', 'extra'])
  })

  test('none is taken where there are no rows, where nothing can be lost, and where the configuration allows all', async () => {
    const database = await filled()
    const { engine } = databases
    const backups = new FakeBackups()
    const options = { ...OPTIONS, takeBackup: backups.take }
    const wider = declare({ tables: [things({ name: c.varchar(40), extra: c.int().nullable() })] })
    assert.equal((await migrate(database, engine, wider, options)).backup, undefined)
    await migrate(database, engine, after, { ...options, destructive: 'allow' })
    await migrate(database, engine, before, options)
    await database.run('DELETE FROM things')
    await migrate(database, engine, after, options)
    assert.deepEqual(backups.taken, [])
  })

  test('if there can be none, nothing is migrated', async () => {
    const database = await filled()
    const { engine } = databases
    const held = await liveSchema(database, engine)
    const takeBackup = async () => {
      throw new M3Error('BACKUP_FAILED', 'The disk is full')
    }
    const error = await rejection('MIGRATION_REFUSED', migrate(database, engine, after, { ...OPTIONS, takeBackup }))
    assert.match(error.message, /could not be backed up before; nothing of the tables was changed/)
    assert.match(
      error.faults[0]?.message ?? '',
      /The disk is full; make room or see to what it says, or set migrations\.destructive to "allow"/,
    )
    assert.deepEqual(await liveSchema(database, engine), held)
    await settled(database, engine, after)
  })

  for (const code of ['LOCKED', 'DATABASE_UNAVAILABLE', 'OVERLOADED', 'SHUTTING_DOWN'] as const) {
    test(`what passes by itself, ${code}, is told as it is, and nothing is migrated`, async () => {
      const database = await filled()
      const { engine } = databases
      const held = await liveSchema(database, engine)
      const takeBackup = async () => {
        throw new M3Error(code, 'Not now', { retryAfter: 7 })
      }
      const error = await rejection(code, migrate(database, engine, after, { ...OPTIONS, takeBackup }))
      assert.deepEqual([error.message, error.retryAfter], ['Not now', 7])
      assert.deepEqual(await liveSchema(database, engine), held)
    })
  }

  test('cut off before any statement, there was a backup before the first value went', async () => {
    let cuts = 0
    for (let finished = false; !finished; cuts++) {
      const database = await filled()
      const backups = new FakeBackups()
      const options = { ...OPTIONS, takeBackup: backups.take }
      let statements = 0
      const cutOff = watched(database, () => {
        if (++statements > cuts) throw new M3Error('DATABASE_UNAVAILABLE', 'cut off by the test')
      })
      finished = await migrate(cutOff, databases.engine, after, options).then(
        () => true,
        () => false,
      )
      const { tables } = await liveSchema(database, databases.engine)
      if (tables.things?.columns.length === 2) assert.equal(backups.taken.length, 1, `${cuts} statements`)
      await settled(database, databases.engine, after, options)
      assert.ok(backups.taken.length >= 1 && backups.taken.length <= 2)
    }
    assert.ok(cuts > 10, `${cuts} statements`)
  })
}
