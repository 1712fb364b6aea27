import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ForeignKeyConstraintError, UniqueConstraintError } from 'sequelize'
import { id, int, type ReferenceAction, varchar } from '../../kernel/contract/columns.js'
import { defineTable } from '../../kernel/contract/define-table.js'
import type { LiveSchema } from '../../kernel/engines/live-schema.js'
import { Models } from '../../kernel/tenants/models.js'
import { type EngineFixture, LENGTHS, spec } from './engine-fixture.js'

const parents = defineTable('parents', { columns: { name: varchar(20).unique() } })
const children = defineTable('children', { columns: { parent_id: id().references(parents), rank: int() } })

const columnNames = ({ tables }: LiveSchema) =>
  Object.fromEntries(Object.entries(tables).map(([name, { columns }]) => [name, columns.map((column) => column.name)]))

export function schemaSuite(fixture: EngineFixture): void {
  const createFamily = (onDelete: ReferenceAction, onUpdate: ReferenceAction) =>
    fixture.create(
      spec('parents', { columns: { name: varchar(20) } }),
      spec('children', { columns: { parent_id: id().nullable().references('parents', { onDelete, onUpdate }) } }),
    )
  const bearTwo = async () => {
    await fixture.database.run('INSERT INTO parents (id, name) VALUES (1, ?)', ['a'])
    await fixture.database.run('INSERT INTO children (parent_id) VALUES (1), (1)')
  }
  const childrenOf = async () => {
    const rows = await fixture.database.select<{ parent_id: number }>('SELECT parent_id FROM children')
    return rows.map(({ parent_id }) => parent_id)
  }

  describe('foreign keys', () => {
    test('a row that refers to nothing is refused', async () => {
      await createFamily('restrict', 'restrict')
      await assert.rejects(fixture.database.run('INSERT INTO children (parent_id) VALUES (?)', [77]))
    })

    for (const action of ['restrict', 'no action'] as const) {
      test(`${action} keeps a row that others refer to`, async () => {
        await createFamily(action, action)
        await bearTwo()
        await assert.rejects(fixture.database.run('DELETE FROM parents'))
        await assert.rejects(fixture.database.run('UPDATE parents SET id = 2'))
        assert.deepEqual(await childrenOf(), [1, 1])
      })
    }

    test('cascade deletes and renumbers what refers to a row', async () => {
      await createFamily('cascade', 'cascade')
      await bearTwo()
      await fixture.database.run('UPDATE parents SET id = 2')
      assert.deepEqual(await childrenOf(), [2, 2])
      assert.equal((await fixture.database.run('DELETE FROM parents')).affectedRows, 1)
      assert.deepEqual(await childrenOf(), [])
    })

    test('set null keeps what refers to a row, without it', async () => {
      await createFamily('set null', 'set null')
      await bearTwo()
      await fixture.database.run('DELETE FROM parents')
      assert.deepEqual(await childrenOf(), [null, null])
    })

    test('a table may refer to itself', async () => {
      const columns = { parent_id: id().nullable().references('nodes', { onDelete: 'cascade' }) }
      await fixture.create(spec('nodes', { columns }))
      await fixture.database.run('INSERT INTO nodes (id, parent_id) VALUES (1, NULL), (2, 1), (3, 2)')
      await fixture.database.run('DELETE FROM nodes WHERE id = 1')
      assert.deepEqual(await fixture.database.select('SELECT id FROM nodes'), [])
    })
  })

  describe('models', () => {
    const models = () =>
      new Models(
        fixture.database,
        LENGTHS,
        new Map<string, typeof parents | typeof children>([
          ['parents', parents],
          ['children', children],
        ]),
        new Map(),
      )

    test('a duplicate and a missing parent are errors of their own kind', async () => {
      await fixture.create(
        spec('parents', { columns: { name: varchar(20).unique() } }),
        spec('children', { columns: { parent_id: id().references('parents'), rank: int() } }),
      )
      await models().table(parents).create({ name: 'a' })
      await assert.rejects(models().table(parents).create({ name: 'a' }), (error) => {
        assert.ok(error instanceof UniqueConstraintError)
        assert.ok(Object.keys(error.fields).length > 0)
        return true
      })
      await assert.rejects(models().table(children).create({ parent_id: 77, rank: 1 }), ForeignKeyConstraintError)
    })

    test('rows created in bulk know their numbers, and an upsert updates', async () => {
      await fixture.create(spec('parents', { columns: { name: varchar(20).unique() } }))
      const Parent = models().table(parents)
      const made = await Parent.bulkCreate([{ name: 'a' }, { name: 'b' }, { name: 'c' }])
      assert.equal(made.length, 3)
      assert.equal(await Parent.count(), 3)
      await Parent.upsert({ id: 2, name: 'B' })
      assert.equal((await Parent.findByPk(2, { rejectOnEmpty: true })).name, 'B')
      assert.equal(await Parent.destroy({ where: { name: ['a', 'B'] } }), 2)
    })
  })

  describe('keys and indexes', () => {
    test('a key of two columns is unique as a whole', async () => {
      await fixture.create(spec('pairs', { columns: { a: int().primary(), b: varchar(10).primary() } }))
      await fixture.database.run('INSERT INTO pairs (a, b) VALUES (1, ?), (1, ?)', ['x', 'y'])
      await assert.rejects(fixture.database.run('INSERT INTO pairs (a, b) VALUES (1, ?)', ['x']))
    })

    test('a key that is no auto-increment is not made up', async () => {
      await fixture.create(spec('keyed', { columns: { a: int().primary(), b: int() } }))
      await assert.rejects(fixture.database.run('INSERT INTO keyed (b) VALUES (1)'))
    })

    test('tables whose names and columns run together have indexes of their own', async () => {
      await fixture.create(
        spec('a', { columns: { b_c: int().index(), d: int() }, indexes: [{ columns: ['b_c', 'd'], unique: true }] }),
        spec('a_b', { columns: { c: int().index(), c_d: int().index() }, indexes: [['c'], ['c', 'c_d']] }),
      )
      await fixture.database.run('INSERT INTO a (b_c, d) VALUES (1, 1), (1, 2)')
      await assert.rejects(fixture.database.run('INSERT INTO a (b_c, d) VALUES (1, 2)'))
    })

    test('a table may have the name of a property that every object has', async () => {
      await fixture.create(spec('constructor', { columns: { a: int() } }), spec('toString', { columns: { b: int() } }))
      const live = await fixture.database.session((session) => fixture.engine.introspect(session))
      assert.deepEqual(columnNames(live), { constructor: ['id', 'a'], toString: ['id', 'b'] })
    })

    test('names that are words of SQL are names', async () => {
      await fixture.create(spec('order', { columns: { select: int().index(), group: varchar(10).unique() } }))
      const { quote } = fixture.engine.ddl
      await fixture.database.run(
        `INSERT INTO ${quote('order')} (${quote('select')}, ${quote('group')}) VALUES (1, 'a')`,
      )
      assert.equal((await fixture.database.select(`SELECT * FROM ${quote('order')}`)).length, 1)
    })
  })

  describe('views and introspection', () => {
    const run = (statements: readonly string[]) =>
      fixture.database.session(async (session) => {
        for (const statement of statements) await session.execute(statement)
      })

    test('a view is made, made anew and dropped', async () => {
      const { createView, dropView } = fixture.engine.ddl
      await fixture.createItems()
      await fixture.insert('a')
      await run(createView('seen', 'SELECT name FROM items'))
      assert.deepEqual({ ...(await fixture.database.select('SELECT * FROM seen'))[0] }, { name: 'a' })
      await run(createView('seen', 'SELECT id FROM items'))
      assert.deepEqual({ ...(await fixture.database.select('SELECT * FROM seen'))[0] }, { id: 1 })
      await run([dropView('seen'), dropView('seen')])
      await assert.rejects(fixture.database.select('SELECT * FROM seen'))
    })

    test('what the database holds is told, the kernel’s own left out', async () => {
      const { createView, createTable } = fixture.engine.ddl
      await fixture.createItems()
      await run(createTable(spec('m3saas_own', { columns: { a: int() } })))
      await run(createView('seen', 'SELECT name FROM items'))
      const live = await fixture.database.session((session) => fixture.engine.introspect(session))
      await run(['DROP TABLE m3saas_own'])
      assert.deepEqual(columnNames(live), { items: ['id', 'name'] })
      assert.deepEqual(Object.keys(live.views), ['seen'])
    })
  })
}
