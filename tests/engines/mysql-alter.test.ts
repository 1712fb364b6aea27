import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as c from '../../kernel/contract/columns.js'
import type { AnyColumn, Columns } from '../../kernel/contract/define-table.js'
import { mysqlDdl } from '../../kernel/engines/mysql/ddl.js'
import { alterTo, proveCase } from './alter-to.js'
import { type EngineFixture, spec } from './engine-fixture.js'
import { MYSQL_CASES } from './mysql-alter-cases.js'
import { withMysqlFixture } from './mysql-fixture.js'

const execute = ({ database }: EngineFixture, ...statements: readonly string[]) =>
  database.session(async (session) => {
    for (const sql of statements) await session.execute(sql)
  })
const introspect = ({ database, engine }: EngineFixture) => database.session((session) => engine.introspect(session))

await withMysqlFixture('altered tables on MySQL', 'alter', (fixture) => {
  describe('types, defaults and keys', () => {
    for (const each of MYSQL_CASES) test(each.name, () => proveCase(fixture, each))
  })

  test('one statement does all that it can', async () => {
    await fixture.create(spec('t', { columns: { a: c.int().index(), b: c.int() } }))
    const statements = await alterTo(fixture, [
      spec('t', { columns: { a: c.bigint().primary(), d: c.int().unique() }, indexes: [['d', 'a']] }),
    ])
    assert.equal(statements.length, 1)
  })

  test('a table and its text get another collation, and another storage engine', async () => {
    const table = (a: AnyColumn) => spec('t', { columns: { a, b: c.text(), d: c.enumeration('ä', 'b') } })
    const before = mysqlDdl({ engine: 'Aria', collation: 'latin1_german1_ci' })
    await execute(fixture, ...before.createTable(table(c.varchar(9).nullable())))
    await fixture.database.run("INSERT INTO t (a, b, d) VALUES (NULL, 'ö', 'ä'), ('ü', 'ß', 'b')")
    await alterTo(fixture, [table(c.varchar(20).default('ä'))])
    const rows = await fixture.database.select('SELECT a, b, d FROM t ORDER BY id')
    assert.deepEqual(
      rows.map(({ a, b, d }) => [a, b, d]),
      [
        ['ä', 'ö', 'ä'],
        ['ü', 'ß', 'b'],
      ],
    )
  })

  describe('what hand-written migrations made', () => {
    test('stays when the rest of the table changes', async () => {
      await fixture.create(spec('t', { columns: { a: c.int(), b: c.int() } }))
      await execute(
        fixture,
        'ALTER TABLE t ADD COLUMN twice INT AS (a * 2) STORED, ADD COLUMN own POINT NULL, ADD KEY by_own (twice)',
        'ALTER TABLE t ADD CONSTRAINT positive CHECK (a > 0), MODIFY b INT NOT NULL CHECK (b < 9)',
        'CREATE TRIGGER more BEFORE INSERT ON t FOR EACH ROW SET NEW.b = NEW.b + 1',
      )
      await fixture.database.run('INSERT INTO t (a, b) VALUES (2, 3)')
      const keeps = ['twice', 'own']
      await alterTo(fixture, [spec('t', { columns: { a: c.bigint(), b: c.bigint(), d: c.int().default(1) } })], keeps)
      await fixture.database.run('INSERT INTO t (a, b) VALUES (3, 4)')
      await assert.rejects(fixture.database.run('INSERT INTO t (a, b) VALUES (0, 4)'), /positive/)
      await assert.rejects(fixture.database.run('INSERT INTO t (a, b) VALUES (1, 8)'), /CONSTRAINT/)
      const rows = await fixture.database.select('SELECT a, b, twice FROM t ORDER BY id')
      assert.deepEqual(
        rows.map(({ a, b, twice }) => [a, b, twice]),
        [
          [2, 4, 4],
          [3, 5, 6],
        ],
      )
      const live = (await introspect(fixture)).tables.t
      assert.ok(live?.indexes.some(({ name }) => name === 'by_own'))
      assert.deepEqual(live?.extras, [
        'check `positive` (`a` > 0)',
        'column `b` check (`b` < 9)',
        'trigger `more` BEFORE INSERT: SET NEW.b = NEW.b + 1',
      ])
    })

    test('a foreign key keeps an index when its own one goes', async () => {
      await fixture.create(spec('parents', { columns: { a: c.int() } }))
      await fixture.create(spec('t', { columns: { parent: c.id().index(), a: c.int() } }))
      await execute(fixture, 'ALTER TABLE t ADD CONSTRAINT by_hand FOREIGN KEY (parent) REFERENCES parents (id)')
      const table = spec('t', { columns: { parent: c.id(), a: c.int() } })
      const live = (await introspect(fixture)).tables.t
      assert.ok(live)
      const nothing = { addedColumns: [], modifiedColumns: [], droppedColumns: [], addedIndexes: [] }
      const links = { addedForeignKeys: [], droppedForeignKeys: [], relinkedForeignKeys: [] }
      const change = { table, live, wanted: live, ...nothing, ...links, primaryKey: false, options: false }
      await execute(fixture, ...fixture.engine.ddl.alterTable({ ...change, droppedIndexes: live.indexes }).alter)
      const after = (await introspect(fixture)).tables.t
      assert.deepEqual(
        after?.foreignKeys.map(({ name }) => name),
        ['by_hand'],
      )
      assert.deepEqual(
        after?.indexes.map(({ columns }) => columns),
        [['parent']],
      )
    })

    test('the key of a column that goes is let go of before', async () => {
      const parents = spec('parents', { columns: { a: c.int() } })
      await fixture.create(parents, spec('t', { columns: { parent: c.id(), a: c.int() } }))
      await execute(fixture, 'ALTER TABLE t ADD CONSTRAINT by_hand FOREIGN KEY (parent) REFERENCES parents (id)')
      await alterTo(fixture, [parents, spec('t', { columns: { a: c.int() } })])
    })
  })

  test('an index that the server made for a foreign key does not vanish when another begins with its column', async () => {
    const columns = { parent: c.id().references('t'), a: c.int() }
    await execute(
      fixture,
      `CREATE TABLE t (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, parent INT UNSIGNED NOT NULL, a INT NOT NULL,
        CONSTRAINT old FOREIGN KEY (parent) REFERENCES t (id) ON DELETE RESTRICT ON UPDATE RESTRICT)
        DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`,
    )
    await alterTo(fixture, [spec('t', { columns, indexes: [['parent', 'a'], ['parent']] })])
    await alterTo(fixture, [spec('t', { columns, indexes: [['parent', 'a']] })])
    await alterTo(fixture, [spec('t', { columns })])
  })

  test('a key that others refer to becomes the primary key', async () => {
    const keyed = (name: string, columns: Columns) => spec(name, { columns })
    const children = keyed('children', { parent: c.int().references('parents', { column: 'code' }) })
    await fixture.create(keyed('parents', { code: c.int().unique() }), children)
    await fixture.database.run('INSERT INTO parents (code) VALUES (5)')
    await fixture.database.run('INSERT INTO children (parent) VALUES (5)')
    await alterTo(fixture, [keyed('parents', { code: c.int().primary() }), children])
    await assert.rejects(fixture.database.run('DELETE FROM parents'))
  })

  test('a table that refers to itself changes the type of its key', async () => {
    const nodes = (columns: Columns) => spec('nodes', { columns })
    await fixture.create(nodes({ id: c.int().primary(), up: c.int().nullable().references('nodes') }))
    await fixture.database.run('INSERT INTO nodes (id, up) VALUES (1, NULL), (2, 1)')
    await alterTo(fixture, [nodes({ id: c.varchar(9).primary(), up: c.varchar(9).nullable().references('nodes') })])
    await assert.rejects(fixture.database.run("INSERT INTO nodes (id, up) VALUES ('3', '9')"))
    assert.deepEqual(await fixture.database.select('SELECT id, up FROM nodes'), [
      { id: '1', up: null },
      { id: '2', up: '1' },
    ])
  })

  test('a second index and a second foreign key under names that are taken have others', async () => {
    const parents = spec('parents', { columns: { a: c.int() } })
    await fixture.create(parents, spec('t', { columns: { a: c.id().unique().references('parents') } }))
    await execute(fixture, ...fixture.engine.ddl.renameColumn('t', 'a', 'b'))
    const columns = { b: c.id().unique().references('parents'), a: c.id().unique().references('parents') }
    await alterTo(fixture, [parents, spec('t', { columns })])
  })

  test('a column that nobody declares any more and that stays stops counting and asks for no value', async () => {
    await fixture.create(spec('t', { columns: { a: c.int() } }))
    await fixture.database.run('INSERT INTO t (a) VALUES (4)')
    await alterTo(fixture, [spec('t', { columns: { a: c.int().primary() } })], ['id'])
    await fixture.database.run('INSERT INTO t (a) VALUES (5)')
    assert.deepEqual(await fixture.database.select('SELECT a, id FROM t'), [
      { a: 4, id: 1 },
      { a: 5, id: null },
    ])
  })
})
