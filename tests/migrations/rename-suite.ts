import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as c from '../../kernel/contract/columns.js'
import { defineTable } from '../../kernel/contract/define-table.js'
import { defineView } from '../../kernel/contract/define-view.js'
import { M3Error } from '../../kernel/errors.js'
import { migrate } from '../../kernel/migrations/migrate.js'
import type { FreshDatabases } from '../support/fresh-databases.js'
import { declare, OPTIONS, watched } from '../support/schemas.js'
import { kindsOf, settled } from './settled.js'

type Options = { renamedFrom?: string }

const pages = (name: string, columns: Parameters<typeof defineTable>[1]['columns'], options: Options = {}) =>
  defineTable(name, { columns, ...options })
const linksTo = (name: string) => defineTable('links', { columns: { to_id: c.id().references(name), a: c.int() } })
const titles = (name: string, column: string) =>
  defineView('titles', {
    sql: `SELECT ${column} AS title FROM ${name}`,
    columns: { title: c.varchar(20) },
    reads: [pages(name, { [column]: c.varchar(20) })],
  })

const before = declare({
  tables: [pages('pages', { a: c.varchar(20).index(), b: c.varchar(20).unique() }), linksTo('pages')],
  views: [titles('pages', 'a')],
})

/** The table, and its columns in a chain: a → b → c. */
const after = declare({
  tables: [
    pages(
      'notes',
      {
        b: c.varchar(20).renamedFrom('a').index(),
        c: c.varchar(20).renamedFrom('b').unique(),
      },
      { renamedFrom: 'pages' },
    ),
    linksTo('notes'),
  ],
  views: [titles('notes', 'b')],
})

export function renameSuite(databases: FreshDatabases): void {
  const filled = async () => {
    const database = await databases.create()
    await settled(database, databases.engine, before)
    await database.run("INSERT INTO pages (id, a, b) VALUES (1, 'x', 'y')")
    await database.run('INSERT INTO links (id, to_id, a) VALUES (1, 1, 1)')
    return database
  }
  const isWhole = async (database: Awaited<ReturnType<typeof filled>>) => {
    assert.deepEqual(await database.select('SELECT id, b, c FROM notes'), [{ id: 1, b: 'x', c: 'y' }])
    assert.deepEqual(await database.select('SELECT title FROM titles'), [{ title: 'x' }])
    await assert.rejects(database.run('DELETE FROM notes'), 'links refer to it')
  }

  test('a table and a chain of columns keep rows, keys and indexes', async () => {
    const database = await filled()
    const report = await settled(database, databases.engine, after)
    assert.deepEqual(kindsOf(report), [
      'dropView titles',
      'renameTable notes',
      'renameColumn notes',
      'renameColumn notes',
      'createView titles',
    ])
    assert.equal(report.backup, undefined)
    await isWhole(database)
  })

  test('new tables and columns of the former names come beside them', async () => {
    const database = await filled()
    const { engine } = databases
    await settled(database, engine, after)
    const anew = pages('pages', { a: c.varchar(20).index(), b: c.varchar(20).unique() })
    const named = pages('notes', {
      a: c.varchar(20).nullable().index(),
      b: c.varchar(20).unique(),
      c: c.varchar(20).index(),
    })
    await settled(database, engine, declare({ tables: [anew, named, linksTo('notes')] }))
    // The foreign key of a renamed table has the name that one of a new table needs.
    const schema = (links: typeof anew, ...more: (typeof anew)[]) => declare({ tables: [named, links, ...more] })
    const columns = { to_id: c.id().references('notes'), a: c.int() }
    await settled(database, engine, schema(pages('hrefs', columns, { renamedFrom: 'links' })))
    await settled(database, engine, schema(linksTo('notes'), pages('hrefs', columns)))
    assert.deepEqual(await database.select('SELECT to_id FROM hrefs'), [{ to_id: 1 }])
    await settled(database, engine, schema(pages('hrefs2', columns, { renamedFrom: 'hrefs' })))
    await settled(database, engine, schema(pages('hrefs2', columns)))
    await settled(database, engine, schema(pages('hrefs', columns)))
  })

  test('views and triggers by hand stay, and are no drift afterwards', async () => {
    const database = await filled()
    const { engine } = databases
    const trigger = engine.kind === 'mysql' ? 'SET NEW.a = 9' : 'BEGIN UPDATE links SET a = 9; END'
    const timing = engine.kind === 'mysql' ? 'BEFORE' : 'AFTER'
    await database.session(async (session) => {
      await session.execute('CREATE VIEW by_hand AS SELECT a FROM links')
      await session.execute(`CREATE TRIGGER nine ${timing} INSERT ON links FOR EACH ROW ${trigger}`)
    })
    await settled(database, engine, after)
    await database.run('INSERT INTO links (to_id, a) VALUES (1, 1)')
    assert.equal((await database.select('SELECT a FROM by_hand WHERE a = 9')).length > 0, true)
  })

  test('code rolled back to the former names finds its rows, and so does the newer code again', async () => {
    const database = await filled()
    const { engine } = databases
    await settled(database, engine, after)
    const back = await settled(database, engine, before)
    assert.deepEqual(
      [back.backup, kindsOf(back).filter((kind) => /^(?:alter|create|drop)Table/.test(kind))],
      [undefined, []],
    )
    assert.deepEqual(await database.select('SELECT id, a, b FROM pages'), [{ id: 1, a: 'x', b: 'y' }])
    await settled(database, engine, after)
    await isWhole(database)
  })

  test('cut off before any statement, code that is rolled back finds every row', async () => {
    for (let finished = false, cuts = 0; !finished; cuts++) {
      const database = await filled()
      await settled(database, databases.engine, after)
      let statements = 0
      const cutOff = watched(database, () => {
        if (++statements > cuts) throw new M3Error('DATABASE_UNAVAILABLE', 'cut off by the test')
      })
      finished = await migrate(cutOff, databases.engine, before, OPTIONS).then(
        () => true,
        () => false,
      )
      await settled(database, databases.engine, before)
      assert.deepEqual(await database.select('SELECT id, a, b FROM pages'), [{ id: 1, a: 'x', b: 'y' }])
    }
  })

  test('cut off before any statement, a renaming converges with every row', async () => {
    let cuts = 0
    for (let finished = false; !finished; cuts++) {
      const database = await filled()
      let statements = 0
      const cutOff = watched(database, () => {
        if (++statements > cuts) throw new M3Error('DATABASE_UNAVAILABLE', 'cut off by the test')
      })
      finished = await migrate(cutOff, databases.engine, after, OPTIONS).then(
        () => true,
        () => false,
      )
      await settled(database, databases.engine, after)
      await isWhole(database)
    }
    assert.ok(cuts > 10, `${cuts} statements`)
  })
}
