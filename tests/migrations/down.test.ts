import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { varchar } from '../../kernel/contract/columns.js'
import {
  defineMigration,
  type MigrationContext,
  type MigrationDefinition,
} from '../../kernel/contract/define-migration.js'
import { defineTable } from '../../kernel/contract/define-table.js'
import type { Database } from '../../kernel/engines/contract.js'
import { M3Error } from '../../kernel/errors.js'
import type { WrittenMigration } from '../../kernel/migrations/declared/declared-schema.js'
import { planReverting, revertMigrations } from '../../kernel/migrations/down.js'
import { migrate, pendingMigrations } from '../../kernel/migrations/migrate.js'
import { type FreshDatabases, onBothEngines } from '../support/fresh-databases.js'
import { moduleOf, OPTIONS, rejection, schemaOf, watched } from '../support/schemas.js'

describe('what is reverted', () => {
  const known = (name: string, down = true): WrittenMigration => ({
    name,
    module: name.startsWith('a') ? 'a@v1' : 'b@v1',
    up: async () => {},
    ...(down ? { down: async () => {} } : {}),
  })
  const [one, two, three, fixed] = [known('a@v1/1'), known('b@v1/2'), known('a@v1/3'), known('a@v1/4', false)]
  const done = ['a@v1/1', 'b@v1/2', 'a@v1/3']
  const cases: readonly (readonly [string, string[], WrittenMigration[], string | 0, string[], string[]])[] = [
    ['the newest alone', done, [one, two, three], 'a@v1/3', ['a@v1/3'], []],
    ['back to the one that is named, it included', done, [one, three, two], 'b@v1/2', ['a@v1/3', 'b@v1/2'], []],
    ['all of them', done, [one, two, three], 0, ['a@v1/3', 'b@v1/2', 'a@v1/1'], []],
    ['none of none', [], [one], 0, [], []],
    [
      'no more than what lacks nothing',
      [...done, 'a@v1/4'],
      [one, two, three, fixed],
      'a@v1/3',
      [],
      ['a@v1/4 has no down: what it did cannot be reverted'],
    ],
    ['what is behind the one that cannot be', ['a@v1/4', ...done], [one, two, three, fixed], 'a@v1/3', ['a@v1/3'], []],
    [
      'nothing of a module that is not loaded',
      done,
      [one, three],
      'a@v1/1',
      [],
      [
        'b@v1/2 is a migration of b@v1, which is not loaded or has no migrations any more: nothing says how it is reverted',
      ],
    ],
    [
      'nothing that its module has no more',
      done,
      [one, two],
      'a@v1/3',
      [],
      ['a@v1/3 is no longer a migration of a@v1: nothing says how it is reverted'],
    ],
    [
      'nothing that is not done',
      done.slice(0, 2),
      [one, two, three],
      'a@v1/3',
      [],
      ['a@v1/3 is no migration that is done; done are, the newest first: b@v1/2, a@v1/1'],
    ],
    ['nothing where nothing is done', [], [one], 'a@v1/1', [], ['a@v1/1 is no migration that is done; none is']],
  ]
  for (const [what, done, migrations, to, names, faults] of cases) {
    test(what, () => {
      const plan = planReverting(done, migrations, to)
      assert.deepEqual(
        plan.faults.map(({ path, message }) => `${path} ${message}`),
        faults,
      )
      if (faults.length === 0) assert.deepEqual(plan.names, names)
    })
  }
})

/** The log in order: what was done to which migration, and how it ended. */
const logOf = async (database: Database) => {
  const rows = await database.select<{ name: string; kind: string; outcome: string; module: string | null }>(
    'SELECT name, kind, outcome, module FROM m3saas_migrations ORDER BY id',
  )
  return rows.map(({ name, kind, outcome, module }) => `${kind} ${module ? name : ''} ${outcome}`.replace('  ', ' '))
}

/** A migration that keeps a row in `steps` while it is done. */
const step = (name: string, more: Partial<Pick<MigrationDefinition, 'down'>> = {}): MigrationDefinition =>
  defineMigration({
    name,
    up: async ({ execute, run }) => {
      await execute('CREATE TABLE IF NOT EXISTS steps (name VARCHAR(20))')
      await run('INSERT INTO steps VALUES (?)', [name])
    },
    down: async ({ run }) => {
      await run('DELETE FROM steps WHERE name = ?', [name])
    },
    ...more,
  })

const things = defineTable('things', { columns: { name: varchar(20) } })

function suite(databases: FreshDatabases): void {
  const engine = () => databases.engine
  const stepsOf = async (database: Database) =>
    (await database.select<{ name: string }>('SELECT name FROM steps')).map(({ name }) => name)
  const declare = (...migrations: MigrationDefinition[]) => schemaOf(moduleOf('shop', { tables: [things], migrations }))
  const revert = (database: Database, declared: ReturnType<typeof declare>, to: string | 0) =>
    revertMigrations(database, engine(), declared, to, { waitSeconds: 0 })

  test('newest first by when they ran; each has a row of its own, and all of it is pending again', async () => {
    const database = await databases.create()
    await migrate(database, engine(), declare(step('one'), step('three')), OPTIONS)
    const declared = declare(step('one'), step('two'), step('three'))
    await migrate(database, engine(), declared, OPTIONS)
    assert.deepEqual(await stepsOf(database), ['one', 'three', 'two'])

    const { reverted, ...report } = await revert(database, declared, 'shop@v1/three')
    assert.deepEqual([reverted, report.database], [['shop@v1/two', 'shop@v1/three'], database.name])
    assert.deepEqual(await stepsOf(database), ['one'])
    assert.deepEqual(await logOf(database), [
      'written shop@v1/one done',
      'written shop@v1/three done',
      'generated done',
      'written shop@v1/two done',
      'generated done',
      'reverting shop@v1/two done',
      'reverting shop@v1/three done',
    ])
    const pending = await pendingMigrations(database, declared)
    assert.deepEqual(pending, ['shop@v1/two', 'shop@v1/three', `generated/${declared.fingerprint}`])
    // Older code, which has not heard of them, compares the database again.
    assert.equal((await pendingMigrations(database, declare(step('one')))).length, 1)

    const again = await migrate(database, engine(), declared, OPTIONS)
    assert.deepEqual(again.written, ['shop@v1/two', 'shop@v1/three'])
    assert.deepEqual(await stepsOf(database), ['one', 'two', 'three'])
    assert.deepEqual((await revert(database, declared, 0)).reverted, ['shop@v1/three', 'shop@v1/two', 'shop@v1/one'])
    assert.deepEqual(await stepsOf(database), [])
    assert.deepEqual((await revert(database, declared, 0)).reverted, [])
  })

  test('what cannot be reverted is refused before anything runs', async () => {
    const database = await databases.create()
    const { down: _none, ...lasting } = step('lasting')
    const declared = declare(step('one'), defineMigration(lasting), step('two'))
    await migrate(database, engine(), declared, OPTIONS)
    const before = await logOf(database)
    const { faults } = await rejection('MIGRATION_REFUSED', revert(database, declared, 0))
    assert.deepEqual(
      faults.map(({ path }) => path),
      ['shop@v1/lasting'],
    )
    const unloaded = schemaOf(moduleOf('other', {}))
    assert.equal((await rejection('MIGRATION_REFUSED', revert(database, unloaded, 0))).faults.length, 3)
    await rejection('MIGRATION_REFUSED', revert(database, declared, 'shop@v1/nothing'))
    assert.deepEqual([await logOf(database), await stepsOf(database)], [before, ['one', 'lasting', 'two']])
    assert.deepEqual((await revert(database, declared, 'shop@v1/two')).reverted, ['shop@v1/two'])
  })

  test('one that throws is undone with its record, those before it stay reverted, and it can be tried again', async () => {
    const database = await databases.create()
    let fails = true
    const down = async ({ run }: MigrationContext) => {
      await run("DELETE FROM steps WHERE name = 'one'")
      if (fails) throw new Error('hunter2')
    }
    const declared = declare(step('one', { down }), step('two'))
    await migrate(database, engine(), declared, OPTIONS)
    const error = await rejection('MIGRATION_FAILED', revert(database, declared, 0))
    assert.match(error.message, /^Reverting the migration shop@v1\/one failed; the table m3saas_migrations /)
    assert.deepEqual(await stepsOf(database), ['one'])
    const log = await logOf(database)
    assert.deepEqual(log.slice(-2), ['reverting shop@v1/two done', 'reverting shop@v1/one failed'])
    const [failed] = await database.select("SELECT error FROM m3saas_migrations WHERE outcome = 'failed'")
    assert.deepEqual(failed, { error: 'hunter2' })
    fails = false
    assert.deepEqual((await revert(database, declared, 0)).reverted, ['shop@v1/one'])
    assert.deepEqual(await logOf(database), [...log.slice(0, -1), 'reverting shop@v1/one done'])
  })

  test('cut off before any statement, it is neither done by half nor taken for done, and can be run again', async () => {
    const declared = declare(step('one'), step('two'))
    let cuts = 0
    for (let finished = false; !finished; cuts++) {
      const database = await databases.create()
      await migrate(database, engine(), declared, OPTIONS)
      let statements = 0
      const cutOff = watched(database, () => {
        if (++statements > cuts) throw new M3Error('DATABASE_UNAVAILABLE', 'cut off by the test')
      })
      finished = await revert(cutOff, declared, 0).then(
        () => true,
        () => false,
      )
      const steps = await stepsOf(database)
      const pending = (await pendingMigrations(database, declared)).filter((name) => !name.startsWith('generated'))
      assert.deepEqual([...steps.map((name) => `shop@v1/${name}`), ...pending].toSorted(), [
        'shop@v1/one',
        'shop@v1/two',
      ])
      await revert(database, declared, 0)
      assert.deepEqual([await stepsOf(database), (await pendingMigrations(database, declared)).length], [[], 3])
    }
    assert.ok(cuts > 8, `${cuts} statements`)
  })

  test('it takes the lock of the database', async () => {
    const database = await databases.create()
    const other = databases.reopen()
    await database.locked(0, async () => {
      await rejection('LOCKED', revert(other, declare(), 0))
    })
  })
}

await onBothEngines('down', suite)
