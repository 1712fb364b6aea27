import assert from 'node:assert/strict'
import { test } from 'node:test'
import { int, varchar } from '../../kernel/contract/columns.js'
import { defineMigration, type MigrationContext } from '../../kernel/contract/define-migration.js'
import { defineSeed } from '../../kernel/contract/define-seed.js'
import { defineTable } from '../../kernel/contract/define-table.js'
import { defineView } from '../../kernel/contract/define-view.js'
import type { Database } from '../../kernel/engines/contract.js'
import { M3Error } from '../../kernel/errors.js'
import { migrate, pendingMigrations } from '../../kernel/migrations/migrate.js'
import type { FreshDatabases } from '../support/fresh-databases.js'
import { declare, liveSchema, moduleOf, OPTIONS, rejection, schemaOf, watched } from '../support/schemas.js'
import { kindsOf } from './settled.js'

const people = defineTable('people', { columns: { first: varchar(50), last: varchar(50).default('') } })
const names = defineView('names', { sql: 'SELECT first FROM people', columns: { first: varchar(50) }, reads: [people] })

interface Logged {
  name: string
  module: string | null
  kind: string
  outcome: string
  error: string | null
  took_ms: number | null
}

/** The log in order, without what differs from run to run. */
const logOf = (database: Database) =>
  database.select<Logged>('SELECT name, module, kind, outcome, error, took_ms FROM m3saas_migrations ORDER BY id')

export function writtenSuite(databases: FreshDatabases): void {
  const engine = () => databases.engine

  test('they run once, in the order of modules and lists, before the tables are made', async () => {
    const database = await databases.create()
    const ran: string[] = []
    const note = (name: string) =>
      defineMigration({
        name,
        up: async ({ engine: kind, hasTable }) => {
          ran.push(`${name} on ${kind}, people: ${await hasTable('people')}`)
        },
      })
    const auth = moduleOf('auth', { migrations: [note('002'), note('001')] })
    const shop = moduleOf('shop', { tables: [people], migrations: [note('003')] })
    const report = await migrate(database, engine(), schemaOf(auth, shop), OPTIONS)
    const { kind } = engine()
    assert.deepEqual(
      ran,
      ['002', '001', '003'].map((name) => `${name} on ${kind}, people: false`),
    )
    assert.deepEqual(report.written, ['auth@v1/002', 'auth@v1/001', 'shop@v1/003'])
    const more = moduleOf('auth', { migrations: [note('002'), note('001'), note('004')] })
    assert.deepEqual((await migrate(database, engine(), schemaOf(more, shop), OPTIONS)).written, ['auth@v1/004'])
    assert.equal(ran.at(-1), `004 on ${kind}, people: true`)
    assert.equal(ran.length, 4)
    const log = await logOf(database)
    assert.deepEqual(
      log.map(({ module, kind, outcome, error }) => [module, kind, outcome, error]),
      [
        ['auth@v1', 'written', 'done', null],
        ['auth@v1', 'written', 'done', null],
        ['shop@v1', 'written', 'done', null],
        [null, 'generated', 'done', null],
        ['auth@v1', 'written', 'done', null],
        [null, 'generated', 'done', null],
      ],
    )
    assert.ok(log.every(({ took_ms }) => took_ms !== null && took_ms >= 0))
  })

  test('two modules may have migrations of one name', async () => {
    const database = await databases.create()
    const make = (table: string) =>
      defineMigration({ name: '001', up: ({ execute }) => execute(`CREATE TABLE ${table} (id INT)`) })
    const declared = schemaOf(
      moduleOf('a', { migrations: [make('one')] }),
      moduleOf('b', { migrations: [make('two')] }),
    )
    assert.equal((await migrate(database, engine(), declared, OPTIONS)).written.length, 2)
    assert.deepEqual(Object.keys((await liveSchema(database, engine())).tables).sort(), ['one', 'two'])
  })

  test('one changes rows with bound values, and a table in the way that the declaration needs', async () => {
    const database = await databases.create()
    const before = defineTable('people', { columns: { name: varchar(100) } })
    await migrate(database, engine(), declare({ tables: [before] }), OPTIONS)
    await database.run('INSERT INTO people (name) VALUES (?)', ["Ada O'Hara"])
    const split = async ({ execute, select, run }: MigrationContext) => {
      await execute("ALTER TABLE people ADD COLUMN first VARCHAR(50) NOT NULL DEFAULT ''")
      await execute("ALTER TABLE people ADD COLUMN last VARCHAR(50) NOT NULL DEFAULT ''")
      for (const { id, name } of await select<{ id: number; name: string }>('SELECT id, name FROM people')) {
        const [first = '', last = ''] = name.split(' ')
        const { affectedRows } = await run('UPDATE people SET first = ?, last = ? WHERE id = ?', [first, last, id])
        assert.equal(affectedRows, 1)
      }
    }
    const declared = declare({ tables: [people], migrations: [defineMigration({ name: 'split', up: split })] })
    const report = await migrate(database, engine(), declared, OPTIONS)
    assert.deepEqual([report.written, kindsOf(report)], [['sample@v1/split'], ['alterTable people']])
    assert.deepEqual(await database.select('SELECT first, last FROM people'), [{ first: 'Ada', last: "O'Hara" }])
  })

  test('one that fails is named, recorded, undone as far as it can be, and run again', async () => {
    const database = await databases.create()
    await migrate(database, engine(), declare({ tables: [people] }), OPTIONS)
    let broken = true
    const up = async ({ run }: MigrationContext) => {
      await run("INSERT INTO people (first, last) VALUES ('a', 'b')")
      if (broken) throw new Error('out of luck')
    }
    const later: string[] = []
    const migrations = [
      defineMigration({ name: 'fill', up }),
      defineMigration({
        name: 'later',
        up: async () => {
          later.push('ran')
        },
      }),
    ]
    const declared = declare({ tables: [people], views: [names], migrations })
    for (const _attempt of [1, 2]) {
      const error = await rejection('MIGRATION_FAILED', migrate(database, engine(), declared, OPTIONS))
      assert.match(error.message, /sample@v1\/fill/)
      assert.match((error.cause as Error).message, /out of luck/)
    }
    assert.deepEqual(later, [])
    assert.deepEqual(await database.select('SELECT id FROM people'), [])
    const failed = (await logOf(database)).filter(({ outcome }) => outcome !== 'done')
    assert.deepEqual(
      failed.map(({ name, outcome, error }) => [name, outcome, error]),
      [['sample@v1/fill', 'failed', 'out of luck']],
    )
    assert.equal((await pendingMigrations(database, declared)).length, 3)
    broken = false
    const report = await migrate(database, engine(), declared, OPTIONS)
    assert.deepEqual([report.written.length, report.steps.length, later], [2, 1, ['ran']])
    assert.equal((await database.select('SELECT id FROM people')).length, 1)
  })

  test('a step that fails is named with its statement where only operators see it', async () => {
    const database = await databases.create()
    const wrong = defineView('wrong', { sql: 'SELECT first FROM', columns: { first: int() }, reads: [people] })
    const declared = declare({ tables: [people], views: [wrong] })
    const error = await rejection('MIGRATION_FAILED', migrate(database, engine(), declared, OPTIONS))
    assert.match(
      error.message,
      /^The migration generated\/[0-9a-f]{64} failed; the table m3saas_migrations of the database has the reason$/,
    )
    assert.match((error.cause as Error).message, /^createView wrong: [^\n]+\nCREATE .*SELECT first FROM/s)
    const [row] = await logOf(database)
    assert.match(row?.error ?? '', /createView wrong/)
  })

  test('cut off before any statement, it converges on the next run', async () => {
    const fill = async ({ execute, hasTable, run }: MigrationContext) => {
      if (!(await hasTable('filled'))) await execute('CREATE TABLE filled (id INT PRIMARY KEY)')
      await run('DELETE FROM filled')
      await run('INSERT INTO filled (id) VALUES (1)')
    }
    const declared = declare({
      tables: [people],
      views: [names],
      seeds: [
        defineSeed(people, {
          main: [
            { id: 1, first: 'a' },
            { id: 2, first: 'b' },
          ],
        }),
      ],
      migrations: [defineMigration({ name: 'fill', up: fill })],
    })
    let cuts = 0
    for (let finished = false; !finished; cuts++) {
      const database = await databases.create()
      let statements = 0
      const cutOff = watched(database, () => {
        // The connection is gone: nothing that follows reaches the database either.
        if (++statements > cuts) throw new M3Error('DATABASE_UNAVAILABLE', 'cut off by the test')
      })
      finished = await migrate(cutOff, engine(), declared, OPTIONS).then(
        () => true,
        (error: unknown) => {
          assert.ok(error instanceof M3Error && error.code === 'DATABASE_UNAVAILABLE', String(error))
          return false
        },
      )
      await migrate(database, engine(), declared, OPTIONS)
      assert.deepEqual(await database.select('SELECT id, main_seed FROM people ORDER BY id'), [
        { id: 1, main_seed: 1 },
        { id: 2, main_seed: 1 },
      ])
      assert.deepEqual(await database.select('SELECT id FROM filled'), [{ id: 1 }])
      assert.deepEqual(await database.select('SELECT first FROM names ORDER BY first'), [
        { first: 'a' },
        { first: 'b' },
      ])
      assert.equal((await migrate(database, engine(), declared, OPTIONS)).upToDate, true)
    }
    assert.ok(cuts > 15, `${cuts} statements`)
  })
}
