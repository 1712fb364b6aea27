import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as c from '../../kernel/contract/columns.js'
import { defineMigration } from '../../kernel/contract/define-migration.js'
import { defineTable } from '../../kernel/contract/define-table.js'
import { defineView } from '../../kernel/contract/define-view.js'
import { migrate } from '../../kernel/migrations/migrate.js'
import { reportPlan } from '../../kernel/migrations/plan-report.js'
import type { FreshDatabases } from '../support/fresh-databases.js'
import { declare, liveSchema, OPTIONS, rejection } from '../support/schemas.js'
import { kindsOf, settled } from './settled.js'

const users = defineTable('users', { columns: { name: c.varchar(20) } })
const notes = defineTable('notes', { columns: { owner_id: c.id().references(users), body: c.text().nullable() } })
const names = defineView('names', { sql: 'SELECT name FROM users', columns: { name: c.varchar(20) }, reads: [users] })
const declared = declare({ tables: [users, notes], views: [names] })

export function planSuite(databases: FreshDatabases): void {
  const plan = (
    ...[database, schema, options = OPTIONS]: [Parameters<typeof reportPlan>[0], typeof declared, typeof OPTIONS?]
  ) => reportPlan(database, databases.engine, schema, options)

  test('it names the steps with their SQL, changes nothing, and is what is done', async () => {
    const database = await databases.create()
    const { engine } = databases
    await settled(database, engine, declared)
    await database.run("INSERT INTO users (id, name) VALUES (1, 'a')")
    await database.run("INSERT INTO notes (owner_id, body) VALUES (1, 'b')")
    const before = await liveSchema(database, engine)
    const changed = declare({
      tables: [
        users,
        defineTable('notes', { columns: { owner_id: c.id().references(users), title: c.int().nullable() } }),
      ],
      views: [names],
      migrations: [defineMigration({ name: 'look', up: async () => {} })],
    })
    const report = await plan(database, changed)
    assert.deepEqual(
      [report.upToDate, report.written, report.backsUp, report.refusals, report.drift],
      [false, ['sample@v1/look'], true, [], []],
    )
    assert.deepEqual(
      report.steps.map(({ kind, table, destructive, changes }) => ({ kind, table, destructive, changes })),
      [
        {
          kind: 'alterTable',
          table: 'notes',
          destructive: true,
          changes: ['adds the column title', 'drops the column body'],
        },
      ],
    )
    assert.ok(report.steps.every(({ sql }) => sql.length > 0))
    assert.match(report.steps[0]?.sql.join('; ') ?? '', /ALTER TABLE .notes. .*title/i)
    assert.deepEqual(JSON.parse(JSON.stringify(report)), report)
    assert.deepEqual(await liveSchema(database, engine), before)
    assert.equal((await database.select('SELECT id FROM m3saas_migrations')).length, 1)
    const done = await migrate(database, engine, changed, OPTIONS)
    assert.deepEqual(kindsOf(done), kindsOf(report))
  })

  test('a database that is not there needs all of it', async () => {
    const { engine } = databases
    const missing = engine.tenant({ name: 'not_there', user: 'not_there', secret: 's' })
    try {
      const report = await plan(missing, declared)
      assert.deepEqual(kindsOf(report), ['createTable users', 'createTable notes', 'createView names'])
      assert.equal(report.upToDate, false)
    } finally {
      await missing.close()
    }
  })

  test('a view that cannot be made is told without its SQL', async () => {
    const database = await databases.create()
    const wrong = defineView('wrong', { sql: 'SELECT secret, FROM users', columns: { a: c.int() }, reads: [users] })
    const error = await rejection('MIGRATION_FAILED', plan(database, declare({ tables: [users], views: [wrong] })))
    assert.ok(!error.message.includes('SELECT'), error.message)
  })

  describe('drift', () => {
    const CASES: [what: string, sql: string[], faults: string[]][] = [
      ['a column added', ['ALTER TABLE notes ADD COLUMN extra INT'], ['notes: the column extra was added by hand']],
      [
        'a column dropped',
        ['DROP VIEW names', 'ALTER TABLE users DROP COLUMN name'],
        ['users: the column name was dropped by hand', 'names: the view was dropped by hand'],
      ],
      [
        'an index added',
        ['CREATE UNIQUE INDEX i ON users (name)'],
        ['users: the unique index on name was added by hand'],
      ],
      ['a table added', ['CREATE TABLE more (a INT)'], ['more: the table was added by hand']],
      ['a table dropped', ['DROP TABLE notes'], ['notes: the table was dropped by hand']],
      [
        'a view changed',
        ['DROP VIEW names', 'CREATE VIEW names AS SELECT id AS name FROM users'],
        ['names: the view was changed by hand'],
      ],
      ['a view added', ['CREATE VIEW ids AS SELECT id FROM users'], ['ids: the view was added by hand']],
    ]
    for (const [what, sql, faults] of CASES) {
      test(`${what} by hand is told, and is up to date all the same`, async () => {
        const database = await databases.create()
        await settled(database, databases.engine, declared)
        await database.session(async (session) => {
          for (const statement of sql) await session.execute(statement)
        })
        const report = await plan(database, declared)
        assert.equal(report.upToDate, true)
        assert.deepEqual(
          report.drift.map(({ path, message }) => `${path}: ${message}`),
          faults,
        )
        // The next migration takes it as it is, mended where it is declared.
        await database.run("DELETE FROM m3saas_migrations WHERE kind = 'generated'")
        await settled(database, databases.engine, declared)
      })
    }

    test('nothing is told of a database that hand-written migrations changed since', async () => {
      const database = await databases.create()
      await settled(database, databases.engine, declared)
      const up = async ({ execute }: { execute(sql: string): Promise<void> }) => {
        await execute('ALTER TABLE notes ADD COLUMN extra INT')
        throw new Error('later')
      }
      const migrations = [defineMigration({ name: 'half', up })]
      const more = declare({ tables: [users, notes], views: [names], migrations })
      await rejection('MIGRATION_FAILED', migrate(database, databases.engine, more, OPTIONS))
      assert.deepEqual((await plan(database, declared)).drift, [])
    })
  })
}
