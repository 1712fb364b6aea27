import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as c from '../../kernel/contract/columns.js'
import { SHARED_CASES } from './alter-cases.js'
import { alterTo, proveCase, wantedSchema } from './alter-to.js'
import { type EngineFixture, spec } from './engine-fixture.js'
import { comparable } from './table-change.js'

export function alterSuite(fixture: EngineFixture): void {
  describe('altered tables', () => {
    for (const each of SHARED_CASES) test(each.name, () => proveCase(fixture, each))

    test('a table like the declared one needs no change', async () => {
      const table = spec('t', {
        columns: { a: c.datetime().default(c.now), b: c.json(), d: c.decimal(5, 2).default('1.50') },
      })
      await fixture.create(table)
      assert.deepEqual(await alterTo(fixture, [table]), [])
    })

    test('the scratch database is empty each time, gone afterwards, and its errors come through', async () => {
      const table = spec('t', { columns: { a: c.int() } })
      const [first, again] = await Promise.all([wantedSchema(fixture, [table]), wantedSchema(fixture, [table])])
      assert.deepEqual(comparable(first), comparable(again))
      await assert.rejects(
        fixture.engine.scratch(async () => {
          throw new Error('no more')
        }),
        { message: 'no more' },
      )
      const live = await fixture.database.session((session) => fixture.engine.introspect(session))
      assert.deepEqual(live.tables, {})
    })

    test('parents and children change the type of what binds them', async () => {
      const family = (type: () => c.Column<string, string | number | bigint> | c.Column<number>) => [
        spec('parents', { columns: { code: type().unique() } }),
        spec('children', {
          columns: { parent: type().references('parents', { column: 'code', onDelete: 'cascade' }) },
        }),
      ]
      await fixture.create(...family(() => c.int()))
      await fixture.database.run('INSERT INTO parents (code) VALUES (?), (?)', [7, 8])
      await fixture.database.run('INSERT INTO children (parent) VALUES (?), (?)', [7, 8])
      await alterTo(
        fixture,
        family(() => c.bigint()),
      )
      await assert.rejects(fixture.database.run('INSERT INTO children (parent) VALUES (?)', [9]))
      await fixture.database.run('DELETE FROM parents WHERE code = ?', [7])
      assert.deepEqual(
        (await fixture.database.select('SELECT parent FROM children')).map((row) => Number(row.parent)),
        [8],
      )
    })

    test('foreign keys come, change what they do, and go', async () => {
      const parents = spec('parents', { columns: { name: c.varchar(9) } })
      const children = (parent: c.Column<number | null, number | null, true>) =>
        spec('children', { columns: { parent } })
      const link = c.id().nullable()
      await fixture.create(parents, children(link))
      await fixture.database.run("INSERT INTO parents (name) VALUES ('a'), ('b')")
      await fixture.database.run('INSERT INTO children (parent) VALUES (1), (2), (NULL)')
      await alterTo(fixture, [parents, children(link.references('parents'))])
      await assert.rejects(fixture.database.run('DELETE FROM parents WHERE id = 1'))
      await alterTo(fixture, [parents, children(link.references('parents', { onDelete: 'set null' }))])
      await fixture.database.run('DELETE FROM parents WHERE id = 1')
      await alterTo(fixture, [parents, children(link)])
      await fixture.database.run('DELETE FROM parents')
      assert.deepEqual(
        (await fixture.database.select('SELECT parent FROM children ORDER BY id')).map((row) => row.parent),
        [null, 2, null],
      )
    })

    test('two tables that refer to each other are made one after the other', async () => {
      const { ddl } = fixture.engine
      const hens = spec('hens', { columns: { egg: c.id().nullable().references('eggs') } })
      const eggs = spec('eggs', { columns: { hen: c.id().nullable().references('hens') } })
      const later = new Set(['egg'])
      await fixture.database.session(async (session) => {
        for (const sql of [
          ...ddl.createTable(hens, later),
          ...ddl.createTable(eggs),
          ...ddl.addForeignKeys(hens, later),
        ]) {
          await session.execute(sql)
        }
      })
      const live = await fixture.database.session((session) => fixture.engine.introspect(session))
      assert.equal(live.tables.hens?.foreignKeys[0]?.table, 'eggs')
      await assert.rejects(fixture.database.run('INSERT INTO hens (egg) VALUES (1)'))
    })

    test('tables and columns get other names, with what refers to them, and new ones take the old names', async () => {
      const { ddl } = fixture.engine
      const parents = (name: string) => spec(name, { columns: { a: c.int().unique() } })
      const children = (name: string, column: string, to: string) =>
        spec(name, { columns: { [column]: c.id().references(to) } })
      await fixture.create(parents('parents'), children('children', 'parent', 'parents'))
      await fixture.database.run('INSERT INTO parents (a) VALUES (5)')
      await fixture.database.run('INSERT INTO children (parent) VALUES (1)')
      await fixture.database.session((session) =>
        fixture.engine.changeSchema(session, [], async (inner) => {
          const statements = [
            ...ddl.renameTable('parents', 'elders'),
            ...ddl.renameTable('children', 'heirs'),
            ...ddl.renameColumn('heirs', 'parent', 'elder'),
            ...ddl.createTable(parents('parents')),
            ...ddl.createTable(children('children', 'parent', 'parents')),
          ]
          for (const sql of statements) await inner.execute(sql)
        }),
      )
      await alterTo(fixture, [
        parents('elders'),
        children('heirs', 'elder', 'elders'),
        parents('parents'),
        children('children', 'parent', 'parents'),
      ])
      assert.deepEqual(
        (await fixture.database.select('SELECT elder FROM heirs')).map((row) => row.elder),
        [1],
      )
      await assert.rejects(fixture.database.run('INSERT INTO heirs (elder) VALUES (2)'))
    })

    test('ids go on where they were', async () => {
      await fixture.create(spec('t', { columns: { a: c.int() } }))
      await fixture.database.run('INSERT INTO t (id, a) VALUES (3, 1), (10, 2)')
      await fixture.database.run('DELETE FROM t WHERE id = 10')
      await alterTo(fixture, [spec('t', { columns: { a: c.varchar(9).index() } })])
      assert.equal((await fixture.database.run("INSERT INTO t (a) VALUES ('x')")).insertId, 11)
    })
  })
}
