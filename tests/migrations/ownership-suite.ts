import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as c from '../../kernel/contract/columns.js'
import { defineSeed } from '../../kernel/contract/define-seed.js'
import { defineTable } from '../../kernel/contract/define-table.js'
import { defineView } from '../../kernel/contract/define-view.js'
import type { Database } from '../../kernel/engines/contract.js'
import { migrate } from '../../kernel/migrations/migrate.js'
import type { FreshDatabases } from '../support/fresh-databases.js'
import { declare, liveSchema, moduleOf, OPTIONS, rejection, schemaOf } from '../support/schemas.js'
import { kindsOf, settled } from './settled.js'

const things = defineTable('things', { columns: { a: c.int(), b: c.int().index() } })
const fewer = defineTable('things', { columns: { a: c.int() } })
const others = defineTable('others', { columns: { thing_id: c.id().references(things) } })
const seen = defineView('seen', { sql: 'SELECT a FROM things', columns: { a: c.int() }, reads: [things] })

export function ownershipSuite(databases: FreshDatabases): void {
  const names = async (database: Database) => {
    const { tables, views } = await liveSchema(database, databases.engine)
    return [...Object.keys(tables), ...Object.keys(views)].sort()
  }

  test('tables and views of modules that are loaded and no longer declare them go, children first', async () => {
    const database = await databases.create()
    const { engine } = databases
    const schema = (parts: Parameters<typeof moduleOf>[1]) => schemaOf(moduleOf('a', parts), moduleOf('b', {}))
    await settled(database, engine, schema({ tables: [things, others], views: [seen] }))
    const report = await settled(database, engine, schema({}))
    assert.deepEqual(kindsOf(report), ['dropView seen', 'dropTable others', 'dropTable things'])
    assert.deepEqual(await names(database), [])
  })

  test('those of a module that is not loaded stay until it comes back without them', async () => {
    const database = await databases.create()
    const { engine } = databases
    const module = moduleOf('a', { tables: [things], views: [seen] })
    const rest = moduleOf('b', { tables: [defineTable('mine', { columns: { a: c.int() } })] })
    await settled(database, engine, schemaOf(module, rest))
    await settled(database, engine, schemaOf(rest))
    assert.deepEqual(await names(database), ['mine', 'seen', 'things'])
    // Whoever else declared it has to be there as well.
    await settled(database, engine, schemaOf(module, moduleOf('c', { tables: [things] }), rest))
    await settled(database, engine, schemaOf(moduleOf('a', {}), rest))
    assert.deepEqual(await names(database), ['mine', 'things'])
    await settled(database, engine, schemaOf(moduleOf('a', {}), moduleOf('c', {}), rest))
    assert.deepEqual(await names(database), ['mine'])
  })

  test('a table of two modules is not dropped by the one that is left, nor a view', async () => {
    const database = await databases.create()
    const { engine } = databases
    const parts = { tables: [things], views: [seen] }
    await settled(database, engine, schemaOf(moduleOf('a', parts), moduleOf('c', parts)))
    await settled(database, engine, schemaOf(moduleOf('a', parts)))
    await settled(database, engine, schemaOf(moduleOf('a', {})))
    assert.deepEqual(await names(database), ['seen', 'things'])
    await settled(database, engine, schemaOf(moduleOf('a', {}), moduleOf('c', {})))
    assert.deepEqual(await names(database), [])
  })

  test('what people and hand-written migrations added stays through changes of the table', async () => {
    const database = await databases.create()
    const { engine } = databases
    await settled(database, engine, declare({ tables: [things], views: [seen] }))
    const byHand = [
      'ALTER TABLE things ADD COLUMN note VARCHAR(20)',
      'CREATE INDEX by_hand ON things (a, note)',
      'CREATE TABLE handmade (id INT PRIMARY KEY)',
      'CREATE VIEW handseen AS SELECT a FROM things',
    ]
    await database.session(async (session) => {
      for (const sql of byHand) await session.execute(sql)
    })
    await database.run("INSERT INTO things (a, b, note) VALUES (1, 2, 'mine')")
    const wider = defineTable('things', { columns: { a: c.bigint(), d: c.int().default(5) } })
    await settled(database, engine, declare({ tables: [wider] }))
    assert.deepEqual(await names(database), ['handmade', 'handseen', 'things'])
    assert.deepEqual(await database.select('SELECT a, d, note FROM things'), [{ a: 1, d: 5, note: 'mine' }])
    const { tables } = await liveSchema(database, engine)
    assert.deepEqual(
      tables.things?.indexes.map(({ columns }) => columns),
      [['a', 'note']],
    )
  })

  test('an index by hand goes with a column that goes', async () => {
    const database = await databases.create()
    const { engine } = databases
    await settled(database, engine, declare({ tables: [things] }))
    await database.session((session) => session.execute('CREATE INDEX by_hand ON things (b, a)'))
    await settled(database, engine, declare({ tables: [fewer] }))
    assert.deepEqual((await liveSchema(database, engine)).tables.things?.indexes, [])
  })

  test('nothing is dropped from a database without a record', async () => {
    const database = await databases.create()
    const { engine } = databases
    await settled(database, engine, declare({ tables: [things, others], views: [seen] }))
    await database.run('DELETE FROM m3saas_schema')
    const report = await settled(
      database,
      engine,
      declare({ tables: [defineTable('things', { columns: { b: c.int() } })] }),
    )
    assert.deepEqual(kindsOf(report), [])
    assert.deepEqual(await names(database), ['others', 'seen', 'things'])
  })

  test('a table to which one that stays refers is not dropped, and the reason is told', async () => {
    const database = await databases.create()
    const { engine } = databases
    await settled(database, engine, schemaOf(moduleOf('a', { tables: [things] }), moduleOf('b', { tables: [others] })))
    const error = await rejection('MIGRATION_REFUSED', migrate(database, engine, schemaOf(moduleOf('a', {})), OPTIONS))
    assert.deepEqual(error.faults, [
      {
        path: 'others.thing_id',
        message: 'refers to the table things, which is no longer declared: drop this foreign key first',
      },
    ])
  })

  test('the mark of seeded rows stays when nobody seeds the table any more', async () => {
    const database = await databases.create()
    const { engine } = databases
    const seeds = [defineSeed(fewer, { main: [{ id: 1, a: 1 }] })]
    await settled(database, engine, declare({ tables: [fewer], seeds }))
    assert.deepEqual(kindsOf(await settled(database, engine, declare({ tables: [fewer] }))), [])
    assert.deepEqual(await database.select('SELECT id, main_seed FROM things'), [{ id: 1, main_seed: 1 }])
  })
}
