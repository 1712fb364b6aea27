import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import * as c from '../../kernel/contract/columns.js'
import type { LiveTable } from '../../kernel/engines/live-schema.js'
import { type ErrorCode, M3Error } from '../../kernel/errors.js'
import { spec } from './engine-fixture.js'
import { declaredLive, tableChange } from './sqlite-changes.js'
import { SqliteFamily } from './sqlite-family.js'

const isM3Error = (error: unknown, code: ErrorCode): error is M3Error => error instanceof M3Error && error.code === code
const before = spec('things', { columns: { title: c.varchar(9), size: c.int() } })
const after = spec('things', { columns: { title: c.text(), size: c.bigint() } })

/** The table `things` as a migration by hand has made it, and what only it has made. */
const BY_HAND = `CREATE TABLE [things] (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL CHECK (id > 0),
  title VARCHAR(9) NOT NULL, -- shown, in lists
  size INT NOT NULL,
  note TEXT NOT NULL COLLATE NOCASE DEFAULT ('a' || 'b') CHECK (length(note) < 100 OR "size" > 9) UNIQUE ON CONFLICT REPLACE,
  doubled INT GENERATED ALWAYS AS (size * 2) VIRTUAL,
  kept INT AS (size + 1) STORED /* , no column */,
  owner INT REFERENCES users ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT sized CHECK ([things].size <> 13) UNIQUE (title, size)
)`

const users = spec('users', { columns: { name: c.varchar(9) } })

async function makeByHand(t: TestContext): Promise<SqliteFamily> {
  const family = await SqliteFamily.make(t, before, users)
  await family.execute(
    'DROP TABLE things',
    BY_HAND,
    `CREATE INDEX partly ON things (size) WHERE title <> 'x'`,
    'CREATE INDEX computed ON things (lower(title), size DESC)',
    'CREATE TABLE log (what TEXT)',
    `CREATE TRIGGER added AFTER INSERT ON things BEGIN INSERT INTO log VALUES ('added ' || new.title); END`,
    `CREATE TRIGGER named AFTER UPDATE OF name ON users BEGIN UPDATE things SET note = new.name WHERE owner = new.id; END`,
    `INSERT INTO users (name) VALUES ('u')`,
    `INSERT INTO things (title, size, note, owner) VALUES ('t', 5, 'n', 1)`,
    'DELETE FROM log',
  )
  return family
}

const undeclared = (table: LiveTable | undefined) => ({
  columns: table?.columns.filter(({ name }) => !['id', 'title', 'size'].includes(name)),
  indexes: [...(table?.indexes ?? [])].sort((a, b) => (a.special + a.columns < b.special + b.columns ? -1 : 1)),
  foreignKeys: table?.foreignKeys,
  extras: table?.extras,
  deferred: table?.stored?.deferred,
})

describe('what was made by hand', () => {
  test('outlasts that the table is made anew', async (t) => {
    const family = await makeByHand(t)
    const was = undeclared((await family.introspect()).tables.things)
    assert.equal(was.columns?.length, 4)
    assert.equal(was.indexes.length, 4)
    assert.equal(was.extras?.length, 2)
    assert.deepEqual(was.deferred, [[6]])
    const statements = await family.alter([after, users])
    assert.ok(statements.some((sql) => sql.includes('m3saas_new_things')))
    assert.deepEqual(undeclared((await family.introspect()).tables.things), was)
    assert.deepEqual(await family.select('SELECT * FROM things'), [
      { id: 1, title: 't', size: 5, note: 'n', doubled: 10, kept: 6, owner: 1 },
    ])
    assert.deepEqual(await family.select('SELECT * FROM log'), [])
    await family.execute(`INSERT INTO things (title, size, note) VALUES ('later', 6, 'N'), ('more', 7, 'o')`)
    assert.deepEqual(await family.select('SELECT * FROM log'), [{ what: 'added later' }, { what: 'added more' }])
    assert.deepEqual(await family.select('SELECT id, doubled FROM things'), [
      { id: 2, doubled: 12 },
      { id: 3, doubled: 14 },
    ])
    await assert.rejects(family.execute(`INSERT INTO things (title, size, note) VALUES ('x', 13, 'q')`), /CHECK/)
    await assert.rejects(family.execute('UPDATE things SET owner = 7'), /FOREIGN KEY/)
    await family.execute('UPDATE things SET owner = 1 WHERE id = 3', `UPDATE users SET name = 'z'`)
    assert.deepEqual(await family.select('SELECT note FROM things WHERE id = 3'), [{ note: 'z' }])
  })

  test('outlasts that a column it names is renamed at the same time', async (t) => {
    const family = await makeByHand(t)
    const { engine } = family.fixture
    const renamed = spec('things', { columns: { title: c.text(), extent: c.bigint() } })
    const wanted = await declaredLive(engine, [renamed])
    const was = await declaredLive(engine, [before])
    const rename = (table: LiveTable | undefined): LiveTable => {
      assert.ok(table)
      const names = (list: readonly string[]) => list.map((name) => (name === 'size' ? 'extent' : name))
      return {
        ...table,
        columns: table.columns.map((each) => ({ ...each, name: names([each.name])[0] ?? '' })),
        indexes: table.indexes.map((each) => ({ ...each, columns: names(each.columns) })),
      }
    }
    const live = rename((await family.introspect()).tables.things)
    assert.ok(wanted.things)
    const change = tableChange(renamed, live, rename(was.things), wanted.things)
    const statements = [...engine.ddl.renameColumn('things', 'size', 'extent'), ...engine.ddl.alterTable(change).alter]
    await family.session((session) =>
      engine.changeSchema(session, [], async (inner) => {
        for (const statement of statements) await inner.execute(statement)
      }),
    )
    assert.deepEqual(await family.select('SELECT * FROM things'), [
      { id: 1, title: 't', extent: 5, note: 'n', doubled: 10, kept: 6, owner: 1 },
    ])
    const indexes = (await family.introspect()).tables.things?.indexes.map(({ name }) => name)
    assert.ok(indexes?.includes('partly') && indexes.includes('computed'))
    await assert.rejects(family.execute(`INSERT INTO things (title, extent, note) VALUES ('x', 13, 'q')`), /CHECK/)
  })

  test('refuses that a column goes which it needs', async (t) => {
    const family = await makeByHand(t)
    const without = spec('things', { columns: { title: c.varchar(9) } })
    await assert.rejects(family.alter([without, users]), (error) => {
      assert.ok(isM3Error(error, 'MIGRATION_REFUSED'))
      assert.match(error.message, /size.*things.*the column note, made by hand/)
      return true
    })
  })

  test('loses the indexes of a column that goes, as on MySQL', async (t) => {
    const family = await makeByHand(t)
    const without = spec('things', { columns: { size: c.int() } })
    await family.alter([without, users])
    const { columns, indexes } = (await family.introspect()).tables.things ?? {}
    assert.deepEqual(
      columns?.map(({ name }) => name),
      ['id', 'size', 'note', 'doubled', 'kept', 'owner'],
    )
    assert.deepEqual(
      indexes?.map((index) => index.columns),
      [['note']],
    )
  })

  test('a STRICT table stays one while its types allow it', async (t) => {
    const family = await SqliteFamily.make(t, spec('things', { columns: { note: c.text() } }))
    await family.execute(
      'DROP TABLE things',
      'CREATE TABLE things (id INTEGER PRIMARY KEY, note TEXT) STRICT, WITHOUT ROWID',
    )
    await family.execute(`INSERT INTO things VALUES (7, 'n')`)
    const keyed = (columns: Parameters<typeof spec>[1]['columns']) =>
      spec('things', { columns: { id: c.int().primary(), ...columns } })
    await family.alter([keyed({ note: c.text(), size: c.int().default(3) })])
    const [{ strict, wr }] = (await family.select(
      `SELECT strict, wr FROM pragma_table_list WHERE name = 'things'`,
    )) as [Record<string, unknown>]
    assert.deepEqual([strict, wr], [1, 1])
    assert.deepEqual(await family.select('SELECT * FROM things'), [{ id: 7, note: 'n', size: 3 }])
    const refused = (error: unknown) => isM3Error(error, 'MODULE_INVALID')
    await assert.rejects(family.alter([keyed({ note: c.varchar(9), size: c.int().default(3) })]), refused)
    await assert.rejects(family.alter([spec('things', { columns: { note: c.text() } })]), refused)
  })

  test('a virtual table is told, and refused where it would be made anew', async (t) => {
    const family = await SqliteFamily.make(t, spec('things', { columns: { note: c.text() } }))
    await family.execute('DROP TABLE things', 'CREATE VIRTUAL TABLE things USING fts5 (note)')
    assert.deepEqual(Object.keys((await family.introspect()).tables), ['things'])
    const table = spec('things', { columns: { note: c.text() } })
    await assert.rejects(family.alter([table]), (error) => isM3Error(error, 'MODULE_INVALID'))
  })
})
