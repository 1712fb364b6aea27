import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as c from '../../kernel/contract/columns.js'
import { type Columns, defineTable } from '../../kernel/contract/define-table.js'
import type { Database } from '../../kernel/engines/contract.js'
import { M3Error } from '../../kernel/errors.js'
import { migrate } from '../../kernel/migrations/migrate.js'
import type { FreshDatabases } from '../support/fresh-databases.js'
import { declare, liveSchema, moduleOf, OPTIONS, rejection, schemaOf, watched } from '../support/schemas.js'
import { settled } from './settled.js'

const log = defineTable('log', { columns: { a: c.int().nullable() } })
const schema = (columns: Columns) => declare({ tables: [defineTable('things', { columns }), log] })
const both = schema({ a: c.int(), b: c.int().nullable() })
const fewer = schema({ a: c.int() })
const numbered = (key: Columns[string]) => defineTable('parents', { columns: { id: key.primary(), a: c.int() } })

/** What people made, and a declaration that would break it, or that it would stop half-way. */
export function byHandSuite(databases: FreshDatabases): void {
  const run = (database: Database, ...statements: string[]) =>
    database.session(async (session) => {
      for (const sql of statements) await session.execute(sql)
    })
  const filled = async (...statements: string[]) => {
    const database = await databases.create()
    await settled(database, databases.engine, both)
    await run(database, ...statements)
    await database.run('INSERT INTO things (a, b) VALUES (2, 1)')
    return database
  }
  const isMysql = () => databases.engine.kind === 'mysql'
  const trigger = () =>
    isMysql()
      ? 'CREATE TRIGGER logs AFTER INSERT ON things FOR EACH ROW INSERT INTO log (a) VALUES (NEW.b)'
      : 'CREATE TRIGGER logs AFTER INSERT ON things BEGIN INSERT INTO log (a) VALUES (NEW."b"); END'

  test('a trigger that names a column that goes is told before anything is touched', async () => {
    const database = await filled(trigger())
    const before = await liveSchema(database, databases.engine)
    const error = await rejection('MIGRATION_REFUSED', migrate(database, databases.engine, fewer, OPTIONS))
    assert.deepEqual(error.faults, [
      {
        path: 'things.b',
        message: 'is dropped, but a trigger of the table, made by hand, names it: drop the trigger first',
      },
    ])
    assert.deepEqual(await liveSchema(database, databases.engine), before)
    await run(database, 'DROP TRIGGER logs')
    await settled(database, databases.engine, fewer)
  })

  test('a trigger that names a column with another name follows it, or is told', async () => {
    const database = await filled(trigger())
    const renamed = schema({ a: c.int(), bb: c.int().nullable().renamedFrom('b') })
    if (isMysql()) {
      const error = await rejection('MIGRATION_REFUSED', migrate(database, databases.engine, renamed, OPTIONS))
      assert.match(error.faults[0]?.message ?? '', /^is renamed to bb, but a trigger/)
    } else {
      await migrate(database, databases.engine, renamed, OPTIONS)
      await database.run('INSERT INTO things (a, bb) VALUES (3, 7)')
      assert.deepEqual(await database.select('SELECT a FROM log ORDER BY id'), [{ a: 1 }, { a: 7 }])
    }
  })

  test('a check and a computed column that name a column that goes are told', async () => {
    const computed = await filled('ALTER TABLE things ADD COLUMN g INT AS (b + 1)')
    await rejection('MIGRATION_REFUSED', migrate(computed, databases.engine, fewer, OPTIONS))
    if (!isMysql()) return
    const checked = await filled('ALTER TABLE things ADD CONSTRAINT larger CHECK (a > b)')
    const error = await rejection('MIGRATION_REFUSED', migrate(checked, databases.engine, fewer, OPTIONS))
    assert.match(error.faults[0]?.message ?? '', /b of the table things cannot be dropped: a check of the table/)
    // One of that column alone goes with it.
    await run(checked, 'ALTER TABLE things DROP CONSTRAINT larger, ADD CONSTRAINT positive CHECK (b > 0)')
    await migrate(checked, databases.engine, fewer, OPTIONS)
  })

  test('a foreign key by hand outlasts that what it refers to changes its type, or stops the migration', async () => {
    const database = await databases.create()
    const narrow = declare({ tables: [numbered(c.int()), log] })
    const wide = declare({ tables: [numbered(c.bigint()), log] })
    await settled(database, databases.engine, narrow)
    await run(database, 'ALTER TABLE log ADD COLUMN p_id INT NULL REFERENCES parents (id)')
    await database.run('INSERT INTO parents (id, a) VALUES (5, 1)')
    await database.run('INSERT INTO log (p_id) VALUES (5)')
    if (isMysql()) {
      for (const _time of [1, 2]) {
        const error = await rejection('MIGRATION_REFUSED', migrate(database, databases.engine, wide, OPTIONS))
        assert.match(`${error.faults[0]?.path} ${error.faults[0]?.message}`, /^log\.p_id refers to parents\.id, which/)
      }
    } else await settled(database, databases.engine, wide)
    const keys = (await liveSchema(database, databases.engine)).tables.log?.foreignKeys ?? []
    assert.deepEqual(
      keys.map(({ columns, table }) => [columns, table]),
      [[['p_id'], 'parents']],
    )
  })

  test('a foreign key by hand comes back wherever a migration that let go of it is cut off', async () => {
    const schemaOfKey = (key: Columns[string]) =>
      declare({ tables: [numbered(key), defineTable('kids', { columns: { p_id: key } })] })
    const wide = schemaOfKey(c.bigint())
    for (let finished = false, cuts = 0; !finished; cuts++) {
      const database = await databases.create()
      await settled(database, databases.engine, schemaOfKey(c.int()))
      if (!isMysql()) return
      await run(database, 'ALTER TABLE kids ADD CONSTRAINT mine FOREIGN KEY (p_id) REFERENCES parents (id)')
      let statements = 0
      const cutOff = watched(database, () => {
        if (++statements > cuts) throw new M3Error('DATABASE_UNAVAILABLE', 'cut off by the test')
      })
      finished = await migrate(cutOff, databases.engine, wide, OPTIONS).then(
        () => true,
        () => false,
      )
      await settled(database, databases.engine, wide)
      assert.equal((await liveSchema(database, databases.engine)).tables.kids?.foreignKeys.length, 1, `cut ${cuts}`)
    }
  })

  test('a table of a module that is not loaded is not in the way, or is told', async () => {
    const database = await databases.create()
    const children = (parents: ReturnType<typeof numbered>) =>
      defineTable('children', { columns: { p_id: c.int().references(parents) } })
    const parents = numbered(c.int())
    const modules = [moduleOf('a', { tables: [parents] }), moduleOf('b', { tables: [children(parents)] })]
    await settled(database, databases.engine, schemaOf(...modules))
    const wider = schemaOf(moduleOf('a', { tables: [numbered(c.bigint())] }))
    if (isMysql()) {
      const error = await rejection('MIGRATION_REFUSED', migrate(database, databases.engine, wider, OPTIONS))
      assert.match(error.faults[0]?.message ?? '', /parents\.id, which is to change from int\(11\) to bigint\(20\)/)
    } else await settled(database, databases.engine, wider)
  })

  test('text that comes to be compared in another way is told where rows would clash or lose what they refer to', async () => {
    if (!isMysql()) return
    const codes = defineTable('codes', { columns: { code: c.varchar(20).primary() } })
    const uses = defineTable('uses', { columns: { code: c.varchar(20).references(codes, { column: 'code' }) } })
    const declared = declare({ tables: [codes, uses] })
    const refused = async (collation: string, ...rows: string[]) => {
      const database = await databases.create()
      await run(
        database,
        `CREATE TABLE codes (code VARCHAR(20) NOT NULL PRIMARY KEY) COLLATE ${collation}`,
        `CREATE TABLE uses (id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, code VARCHAR(20) NOT NULL,
          FOREIGN KEY (code) REFERENCES codes (code)) COLLATE ${collation}`,
        ...rows,
      )
      const before = await liveSchema(database, databases.engine)
      const error = await rejection('MIGRATION_REFUSED', migrate(database, databases.engine, declared, OPTIONS))
      assert.deepEqual(await liveSchema(database, databases.engine), before)
      return error.faults.map(({ path, message }) => `${path} ${message}`)
    }
    assert.deepEqual(await refused('utf8mb4_bin', "INSERT INTO codes VALUES ('a'), ('A'), ('b')"), [
      'codes.code is to be unique, but values of rows would come to be the same: code=A, code=a; change these rows first',
    ])
    // Letters of another width are the same to one collation and not to the other.
    const narrower = ["INSERT INTO codes VALUES ('ß')", "INSERT INTO uses (code) VALUES ('s')"]
    const orphaned = await refused('utf8mb4_general_ci', ...narrower)
    assert.match(orphaned.join(), /^uses\.code is to refer to codes\.code, but rows refer to none that is there: id=1/)
  })

  test('rows that came unlooked-at and refer to nothing are told before a foreign key is let go of', async () => {
    if (!isMysql()) return
    const schemaOfKey = (key: Columns[string]) =>
      declare({ tables: [numbered(key), defineTable('kids', { columns: { p_id: key.references('parents') } })] })
    const database = await databases.create()
    await settled(database, databases.engine, schemaOfKey(c.int()))
    await run(
      database,
      'SET foreign_key_checks = 0',
      'INSERT INTO kids (p_id) VALUES (9)',
      'SET foreign_key_checks = 1',
    )
    const wide = schemaOfKey(c.bigint())
    const error = await rejection('MIGRATION_REFUSED', migrate(database, databases.engine, wide, OPTIONS))
    assert.match(`${error.faults[0]?.path} ${error.faults[0]?.message}`, /^kids\.p_id is to refer .* id=1;/)
  })
}
