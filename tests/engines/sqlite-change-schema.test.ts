import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as c from '../../kernel/contract/columns.js'
import { type ErrorCode, M3Error } from '../../kernel/errors.js'
import { spec } from './engine-fixture.js'
import { SqliteFamily } from './sqlite-family.js'
import { countTurns, identity } from './sqlite-fixture.js'

const isM3Error = (error: unknown, code: ErrorCode): error is M3Error => error instanceof M3Error && error.code === code

const users = spec('users', { columns: { name: c.varchar(9) } })
const notes = spec('notes', { columns: { user_id: c.id().references('users', { onDelete: 'cascade' }) } })
const longer = spec('users', { columns: { name: c.text() } })

describe('changing the schema', () => {
  test('is refused as a whole where rows would refer to nothing', async (t) => {
    const family = await SqliteFamily.make(t, users, notes)
    await family.execute(
      `INSERT INTO users (name) VALUES ('a'), ('b')`,
      'INSERT INTO notes (user_id) VALUES (1), (2), (2)',
    )
    await assert.rejects(
      change(family, ['DELETE FROM users WHERE id = 2', 'ALTER TABLE users ADD COLUMN more']),
      (error) => {
        assert.ok(isM3Error(error, 'MIGRATION_REFUSED'))
        assert.deepEqual(error.faults, [
          { path: 'notes', message: 'has rows that refer to rows of users that are not there, by rowid: 2, 3' },
        ])
        return true
      },
    )
    assert.deepEqual(await family.select('SELECT * FROM users'), [
      { id: 1, name: 'a' },
      { id: 2, name: 'b' },
    ])
    await family.expectSound([users, notes])
  })

  test('is not refused for rows that referred to nothing before, whatever the names of their tables then', async (t) => {
    const family = await SqliteFamily.make(t, users, notes)
    const unfit = 'CREATE TABLE unfit (name TEXT REFERENCES users (name))'
    await family.execute(
      'PRAGMA foreign_keys = OFF',
      ...['INSERT INTO notes (user_id) VALUES (7)', unfit, "INSERT INTO unfit VALUES ('a')"],
      'PRAGMA foreign_keys = ON',
    )
    const renames = ['ALTER TABLE "users" RENAME TO "people"', 'ALTER TABLE "notes" RENAME TO "letters"']
    await change(family, [...renames, 'ALTER TABLE "people" ADD COLUMN more'])
    assert.deepEqual(await family.select('SELECT * FROM letters'), [{ id: 1, user_id: 7 }])
    await assert.rejects(change(family, ['INSERT INTO letters (user_id) VALUES (8)']), (error) => {
      assert.ok(isM3Error(error, 'MIGRATION_REFUSED'))
      assert.match(error.faults[0]?.message ?? '', /rows of people that are not there, by rowid: 1, 2/)
      return true
    })
  })

  test('that fails half-way leaves everything as it was, and the connection as it is expected', async (t) => {
    const family = await SqliteFamily.make(t, users, notes)
    await family.execute(`INSERT INTO users (name) VALUES ('a')`, 'INSERT INTO notes (user_id) VALUES (1)')
    await family.execute('CREATE VIEW seen AS SELECT name FROM users')
    const statements = ['PRAGMA legacy_alter_table = ON', 'DROP TABLE users', 'no statement']
    await assert.rejects(change(family, statements, ['seen']), /syntax error/)
    assert.deepEqual(await family.select('SELECT * FROM seen'), [{ name: 'a' }])
    await family.expectSound([users, notes])
  })

  test('happens in no transaction: its foreign keys could not be set aside', async (t) => {
    const family = await SqliteFamily.make(t, users)
    await assert.rejects(
      family.session((session) =>
        session.transaction((inner) => family.fixture.engine.changeSchema(inner, [], async () => {})),
      ),
      TypeError,
    )
  })

  test('a connection whose settings were not set back is nobody else’s', async (t) => {
    const family = await SqliteFamily.make(t, users)
    await family.execute('PRAGMA foreign_keys = OFF')
    assert.deepEqual(await family.select('PRAGMA foreign_keys'), [{ foreign_keys: 1 }])
    await family.execute('CREATE TEMP TABLE mark (a)', 'PRAGMA foreign_keys = OFF', 'PRAGMA foreign_keys = ON')
    assert.deepEqual(await family.select('SELECT * FROM mark'), [], 'the connection is used again')
  })

  test('views are out of the way and back, with their triggers; one that does not work too', async (t) => {
    const family = await SqliteFamily.make(t, users)
    await family.execute(
      `INSERT INTO users (name) VALUES ('a')`,
      'CREATE VIEW seen AS SELECT name FROM users',
      'CREATE VIEW upper_seen AS SELECT upper(name) AS name FROM seen',
      'CREATE VIEW broken AS SELECT name FROM gone',
      'CREATE TRIGGER writes INSTEAD OF INSERT ON seen BEGIN INSERT INTO users (name) VALUES (new.name); END',
    )
    const views = ['seen', 'upper_seen', 'broken']
    const was = (await family.introspect()).views
    await family.alter([longer], views)
    assert.deepEqual((await family.introspect()).views, was)
    await family.execute(`INSERT INTO seen (name) VALUES ('b')`)
    assert.deepEqual(await family.select('SELECT * FROM upper_seen'), [{ name: 'A' }, { name: 'B' }])
    await family.expectSound([longer])
  })

  test('what reads and refers to a renamed table or column follows', async (t) => {
    const family = await SqliteFamily.make(t, users, notes)
    const { ddl } = family.fixture.engine
    await family.execute(
      `INSERT INTO users (name) VALUES ('a')`,
      'INSERT INTO notes (user_id) VALUES (1)',
      'CREATE VIEW inner_view AS SELECT 1 AS one',
      'CREATE VIEW reads_a_view AS SELECT * FROM inner_view',
      'CREATE VIEW seen AS SELECT users.name FROM users JOIN notes ON user_id = users.id',
      'CREATE TRIGGER added AFTER INSERT ON notes BEGIN UPDATE users SET name = name || new.user_id; END',
    )
    const renames = [
      ...ddl.renameTable('users', 'people'),
      ...ddl.renameColumn('people', 'name', 'called'),
      ...ddl.renameColumn('notes', 'user_id', 'person_id'),
    ]
    await change(
      family,
      [ddl.dropView('inner_view'), ...renames, 'ALTER TABLE people ADD COLUMN age INT'],
      ['seen', 'reads_a_view'],
    )
    assert.deepEqual(Object.keys((await family.introspect()).views), ['reads_a_view', 'seen'])
    await family.execute('DROP VIEW reads_a_view')
    await family.execute('ALTER TABLE people DROP COLUMN age')
    await family.execute('INSERT INTO notes (person_id) VALUES (1)')
    assert.deepEqual(await family.select('SELECT * FROM seen'), [{ called: 'a1' }, { called: 'a1' }])
    await family.execute('DROP TRIGGER added')
    const person = c.id().references('people', { onDelete: 'cascade' })
    await family.expectSound([
      spec('people', { columns: { called: c.varchar(9) } }),
      spec('notes', { columns: { person_id: person } }),
    ])
  })

  test('a new index gets another name where a renamed table or column left one with its name behind', async (t) => {
    const family = await SqliteFamily.make(t, spec('things', { columns: { a: c.int().index() } }))
    const { ddl } = family.fixture.engine
    const table = (name: string) => spec(name, { columns: { a: c.int().index() } })
    await change(family, [...ddl.renameTable('things', 'others'), ...ddl.createTable(table('things'))])
    await family.expectSound([table('things'), table('others')])
  })
})

describe('numbers and many rows', () => {
  test('a number is not given twice, though its row and those before it are gone', async (t) => {
    const family = await SqliteFamily.make(t, users)
    await family.execute(`INSERT INTO users (name) VALUES ('a'), ('b'), ('c')`, 'DELETE FROM users WHERE id > 1')
    await family.alter([longer])
    await family.execute(`INSERT INTO users (name) VALUES ('d')`, 'DELETE FROM users')
    await family.alter([longer])
    await new SqliteFamily(family.fixture, [longer]).alter([users])
    await family.execute(`INSERT INTO users (name) VALUES ('e')`)
    assert.deepEqual(await family.select('SELECT id FROM users'), [{ id: 5 }])
    assert.deepEqual(await family.select('SELECT name FROM sqlite_sequence'), [{ name: 'users' }])
  })

  test('many rows are copied bit by bit, in order, while others have their turn', async (t) => {
    const keyed = spec('things', { columns: { a: c.varchar(9).primary(), rowid: c.int() } })
    const numbered = spec('things', { columns: { a: c.varchar(9), rowid: c.bigint() } })
    const family = await SqliteFamily.make(t, keyed)
    await family.execute(
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
       INSERT INTO things SELECT printf('%05d', 20000 - i), i % 7 FROM n`,
      'DELETE FROM things WHERE rowid = 3',
    )
    const stop = countTurns()
    await family.alter([numbered])
    assert.ok(stop() >= 3)
    const rows = await family.select('SELECT count(*) AS n, min(id) AS least, max(id) AS most FROM things')
    const [{ n, least, most }] = rows as [Record<string, number>]
    assert.deepEqual([least, most], [1, n])
    assert.deepEqual(await family.select('SELECT a FROM things WHERE id IN (1, 2) ORDER BY id'), [
      { a: '19999' },
      { a: '19998' },
    ])
    await family.expectSound([numbered])
  })

  test('a scratch database is empty, alike, and gone', async (t) => {
    const family = await SqliteFamily.make(t, users)
    const { engine } = family.fixture
    for (let i = 0; i < 2; i++) {
      await engine.scratch(async (session) => {
        assert.deepEqual(await engine.introspect(session), { foldsNames: true, qualifier: '', tables: {}, views: {} })
        for (const statement of engine.ddl.createTable(users)) await session.execute(statement)
        await assert.rejects(session.execute(`ATTACH '${family.fixture.file}' AS other`), /ATTACH/)
      })
    }
    await engine.provision(identity('second'))
    const empty = family.fixture.open('second')
    assert.deepEqual(await empty.session((session) => engine.introspect(session)).then(({ tables }) => tables), {})
  })
})

async function change(
  family: SqliteFamily,
  statements: readonly string[],
  staying: readonly string[] = [],
): Promise<void> {
  await family.session((session) =>
    family.fixture.engine.changeSchema(session, staying, async (inner) => {
      for (const statement of statements) await inner.execute(statement)
    }),
  )
}
