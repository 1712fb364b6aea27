import assert from 'node:assert/strict'
import { test } from 'node:test'
import { int, varchar } from '../../kernel/contract/columns.js'
import { defineMigration } from '../../kernel/contract/define-migration.js'
import { defineTable } from '../../kernel/contract/define-table.js'
import { migrate } from '../../kernel/migrations/migrate.js'
import { reportPlan } from '../../kernel/migrations/plan-report.js'
import { runMode } from '../../kernel/migrations/run-mode.js'
import type { FreshDatabases } from '../support/fresh-databases.js'
import { declare, OPTIONS, rejection } from '../support/schemas.js'
import { kindsOf, settled } from './settled.js'

const title = varchar(50)
const older = declare({ tables: [defineTable('books', { columns: { title: title.index() } })] })
const newer = declare({
  tables: [defineTable('books', { columns: { title: title.index(), pages: int().nullable() } })],
})
const AUTOMATIC = { ...OPTIONS, automatic: true }

/** What happens only if somebody asks for it. */
export function onPurposeSuite(databases: FreshDatabases): void {
  const make = async () => {
    const database = await databases.create()
    await migrate(database, databases.engine, older, OPTIONS)
    await database.run('INSERT INTO books (title) VALUES (?)', ['Emma'])
    return database
  }

  test('force mends what was changed by hand, and a plain migration does not look for it', async () => {
    const database = await make()
    const { engine } = databases
    const { tables } = await database.session((session) => engine.introspect(session))
    const index = tables.books?.indexes[0]?.name ?? ''
    const drop = engine.kind === 'mysql' ? `ALTER TABLE books DROP INDEX` : 'DROP INDEX'
    await database.session((session) => session.execute(`${drop} ${engine.ddl.quote(index)}`))
    assert.equal((await runMode(database, engine, older, 'migrate', OPTIONS)).upToDate, true)
    const plan = await reportPlan(database, engine, older, OPTIONS)
    assert.deepEqual([plan.upToDate, plan.steps.length, plan.drift.length], [true, 1, 1])
    const report = await runMode(database, engine, older, 'force', OPTIONS)
    assert.deepEqual([report.upToDate, kindsOf(report)], [false, ['alterTable books']])
    const again = await runMode(database, engine, older, 'force', OPTIONS)
    assert.deepEqual([again.upToDate, again.steps], [true, []])
    assert.deepEqual((await reportPlan(database, engine, older, OPTIONS)).drift, [])
  })

  test('an automatic migration of older code drops nothing of what newer code made', async () => {
    const database = await make()
    await migrate(database, databases.engine, newer, AUTOMATIC)
    await database.run('UPDATE books SET pages = 7')
    const error = await rejection('MIGRATION_REFUSED', migrate(database, databases.engine, older, AUTOMATIC))
    assert.match(error.faults[0]?.message ?? '', /drops the column pages.*"m3saas migrate" goes back on purpose/)
    assert.deepEqual(await database.select('SELECT title, pages FROM books'), [{ title: 'Emma', pages: 7 }])
  })

  test('the newer code goes on after the older one was refused, and on purpose the older one goes back', async () => {
    const database = await make()
    await migrate(database, databases.engine, newer, AUTOMATIC)
    await rejection('MIGRATION_REFUSED', migrate(database, databases.engine, older, AUTOMATIC))
    const forward = await migrate(database, databases.engine, newer, AUTOMATIC)
    assert.deepEqual(forward.steps, [])
    const back = await settled(database, databases.engine, older)
    assert.ok(back.backup)
  })

  test('a refusal after a migration written by hand says that this one is done', async () => {
    const database = await make()
    await database.run('INSERT INTO books (title) VALUES (?)', ['Emma'])
    const shout = defineMigration({
      name: 'shout',
      up: async ({ run }) => {
        await run('UPDATE books SET title = UPPER(title) WHERE title <> ?', [''])
      },
    })
    const unique = declare({
      tables: [defineTable('books', { columns: { title: title.unique() } })],
      migrations: [shout],
    })
    const error = await rejection('MIGRATION_REFUSED', migrate(database, databases.engine, unique, OPTIONS))
    assert.match(error.message, /nothing of them was changed\. Before that sample@v1\/shout ran and stays done$/)
    assert.deepEqual(await database.select('SELECT DISTINCT title FROM books'), [{ title: 'EMMA' }])
  })
}
