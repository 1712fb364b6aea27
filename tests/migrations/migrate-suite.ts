import assert from 'node:assert/strict'
import { test } from 'node:test'
import { id, int, text, varchar } from '../../kernel/contract/columns.js'
import { defineMigration } from '../../kernel/contract/define-migration.js'
import { defineSeed } from '../../kernel/contract/define-seed.js'
import { defineTable } from '../../kernel/contract/define-table.js'
import { defineView } from '../../kernel/contract/define-view.js'
import { migrate, pendingMigrations } from '../../kernel/migrations/migrate.js'
import type { FreshDatabases } from '../support/fresh-databases.js'
import { declare, moduleOf, OPTIONS, schemaOf, watched } from '../support/schemas.js'
import { kindsOf, settled } from './settled.js'

const users = defineTable('users', { columns: { name: varchar(50).unique(), bio: text().nullable() } })
const notes = defineTable('notes', { columns: { owner_id: id().references(users), title: varchar(100) } })
const titles = defineView('titles', {
  sql: 'SELECT title FROM notes',
  columns: { title: varchar(100) },
  reads: [notes],
})
const long = defineView('long_titles', {
  sql: { mysql: 'SELECT title FROM titles', sqlite: 'SELECT title FROM titles' },
  columns: { title: varchar(100) },
  reads: [titles],
})
const seed = defineSeed(users, { main: [{ id: 1, name: 'first' }] })
const parts = { tables: [notes, users], views: [long, titles], seeds: [seed] }

export function migrateSuite(databases: FreshDatabases): void {
  const engine = () => databases.engine
  const count = async (database: { select<R>(sql: string): Promise<R[]> }, table: string) => {
    const [row] = await database.select<{ n: number }>(`SELECT COUNT(*) AS n FROM ${table}`)
    return row?.n
  }

  test('an empty database gets tables, views and main seeds, and reports them', async () => {
    const database = await databases.create()
    const { ms, ...report } = await migrate(database, engine(), declare(parts), OPTIONS)
    assert.deepEqual(report, {
      database: database.name,
      upToDate: false,
      written: [],
      steps: [
        { kind: 'createTable', table: 'users', destructive: false, changes: ['creates the table'] },
        { kind: 'createTable', table: 'notes', destructive: false, changes: ['creates the table'] },
        { kind: 'createView', table: 'titles', destructive: false, changes: ['creates the view'] },
        { kind: 'createView', table: 'long_titles', destructive: false, changes: ['creates the view'] },
      ],
      seeds: [{ table: 'users', inserted: 1, updated: 0, deleted: 0, kept: 0, conflicts: [] }],
    })
    assert.ok(ms >= 0)
    assert.deepEqual(JSON.parse(JSON.stringify(report)), report)
    await database.run("INSERT INTO notes (owner_id, title) VALUES (1, 'a')")
    assert.deepEqual(await database.select('SELECT title FROM long_titles'), [{ title: 'a' }])
  })

  test('a database that is up to date costs one query and no lock', async () => {
    const database = await databases.create()
    const declared = declare(parts)
    assert.equal((await pendingMigrations(database, declared)).length, 1)
    await migrate(database, engine(), declared, OPTIONS)
    const statements: string[] = []
    const report = await migrate(
      watched(database, (sql) => statements.push(sql)),
      engine(),
      declared,
      OPTIONS,
    )
    assert.equal(statements.length, 1, statements.join('\n'))
    assert.deepEqual([report.upToDate, report.written, report.steps, report.seeds], [true, [], [], []])
    assert.deepEqual(await pendingMigrations(database, declared), [])
  })

  test('what is added to the declaration is created, and what was there keeps its rows', async () => {
    const database = await databases.create()
    await migrate(database, engine(), declare({ tables: [users] }), OPTIONS)
    await database.run("INSERT INTO users (id, name) VALUES (7, 'kept')")
    const report = await migrate(database, engine(), declare({ tables: [users, notes], views: [titles] }), OPTIONS)
    assert.deepEqual(kindsOf(report), ['createTable notes', 'createView titles'])
    assert.deepEqual(await database.select('SELECT id, name FROM users'), [{ id: 7, name: 'kept' }])
  })

  test('a changed view is made anew, with those that read it', async () => {
    const database = await databases.create()
    await migrate(database, engine(), declare(parts), OPTIONS)
    await database.run("INSERT INTO notes (owner_id, title) VALUES (1, 'a'), (1, 'b')")
    const fewer = defineView('titles', { sql: "SELECT title FROM notes WHERE title = 'b'", ...readingNotes })
    const report = await migrate(database, engine(), declare({ ...parts, views: [long, fewer] }), OPTIONS)
    assert.deepEqual(kindsOf(report), [
      'dropView long_titles',
      'dropView titles',
      'createView titles',
      'createView long_titles',
    ])
    assert.deepEqual(await database.select('SELECT title FROM long_titles'), [{ title: 'b' }])
  })

  test('code rolled back to an older declaration is compared again', async () => {
    const database = await databases.create()
    const older = declare({ tables: [users], views: [] })
    await migrate(database, engine(), older, OPTIONS)
    await migrate(database, engine(), declare(parts), OPTIONS)
    assert.equal((await pendingMigrations(database, older)).length, 1)
    const report = await migrate(database, engine(), older, OPTIONS)
    assert.deepEqual(kindsOf(report), ['dropView long_titles', 'dropView titles', 'dropTable notes'])
    assert.equal((await migrate(database, engine(), older, OPTIONS)).upToDate, true)
    assert.equal((await settled(database, engine(), declare(parts))).upToDate, false)
    assert.equal(await count(database, 'users'), 1)
  })

  test('columns that need no value of the rows there are added, main_seed among them', async () => {
    const database = await databases.create()
    const before = defineTable('users', { columns: { name: varchar(50).unique() } })
    await migrate(database, engine(), declare({ tables: [before] }), OPTIONS)
    await database.run("INSERT INTO users (id, name) VALUES (1, 'mine'), (2, 'other')")
    const after = defineTable('users', {
      columns: {
        name: varchar(50).unique(),
        bio: text().nullable(),
        level: int().default(3),
        mood: varchar(9).default('ok'),
      },
    })
    const main = [
      { id: 1, name: 'seed' },
      { id: 3, name: 'third' },
    ]
    const declared = declare({ tables: [after], seeds: [defineSeed(after, { main })] })
    const report = await migrate(database, engine(), declared, OPTIONS)
    assert.deepEqual(kindsOf(report), ['alterTable users'])
    assert.deepEqual(
      report.steps.flatMap(({ changes }) => changes),
      ['bio', 'level', 'mood', 'main_seed'].map((name) => `adds the column ${name}`),
    )
    assert.deepEqual(report.seeds[0]?.conflicts, ['id=1'])
    const row = { bio: null, level: 3, mood: 'ok' }
    assert.deepEqual(await database.select('SELECT id, name, bio, level, mood, main_seed FROM users ORDER BY id'), [
      { id: 1, name: 'mine', ...row, main_seed: null },
      { id: 2, name: 'other', ...row, main_seed: null },
      { id: 3, name: 'third', ...row, main_seed: 1 },
    ])
  })

  test('two at once: one works, the other waits, and each step runs once', async () => {
    const database = await databases.create()
    const ran: string[] = []
    const up =
      (name: string) =>
      async ({ execute }: { execute(sql: string): Promise<void> }) => {
        ran.push(name)
        await execute(`CREATE TABLE ${name} (id INT)`)
      }
    const migrations = ['one', 'two'].map((name) => defineMigration({ name, up: up(name) }))
    const declared = schemaOf(moduleOf('sample', { ...parts, migrations }))
    const pools = [database, databases.reopen(), databases.reopen()]
    const reports = await Promise.all(pools.map((pool) => migrate(pool, engine(), declared, OPTIONS)))
    assert.deepEqual(ran, ['one', 'two'])
    assert.deepEqual(reports.map(({ upToDate }) => upToDate).sort(), [false, true, true])
    assert.equal(await count(database, 'm3saas_migrations'), 3)
  })

  test('nothing declared is nothing to do', async () => {
    const database = await databases.create()
    const report = await migrate(database, engine(), declare({}), OPTIONS)
    assert.deepEqual([report.steps, report.seeds], [[], []])
    assert.equal((await migrate(database, engine(), declare({}), OPTIONS)).upToDate, true)
  })
}

const readingNotes = { columns: { title: varchar(100) }, reads: [notes] }
