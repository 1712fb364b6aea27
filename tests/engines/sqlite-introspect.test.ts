import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import * as c from '../../kernel/contract/columns.js'
import type { AnyColumn } from '../../kernel/contract/define-table.js'
import type { Domain, LiveSchema } from '../../kernel/engines/live-schema.js'
import { spec } from './engine-fixture.js'
import { makeSqlite } from './sqlite-fixture.js'

/** What the database shows after the statements. */
async function shown(t: TestContext, ...statements: readonly string[]): Promise<LiveSchema> {
  const { engine } = await makeSqlite(t)
  return engine.scratch(async (session) => {
    for (const statement of statements) await session.execute(statement)
    return engine.introspect(session)
  })
}

async function definitions(t: TestContext, ...statements: readonly string[]): Promise<string[] | undefined> {
  return (await shown(t, ...statements)).tables.t?.columns.map(({ definition }) => definition)
}

const ALIKE: Readonly<Record<string, readonly [string, string]>> = {
  'white space, comments and quotes': [
    `CREATE TABLE t (a INT NOT NULL DEFAULT -1 CHECK (a IN (1, 2) AND "a" <> 'x''y'))`,
    `CREATE TABLE t([a]int not null/* , */default - 1 -- )
      check(\`a\`in(1,2)and a<>'x''y'))`,
  ],
  'the order of attributes and the names of constraints': [
    `CREATE TABLE t (a INT CONSTRAINT one CHECK (a > 1) DEFAULT (5) NOT NULL)`,
    `CREATE TABLE t (a INT NOT NULL DEFAULT 5 CONSTRAINT two CHECK (a > 1))`,
  ],
  'a column by its table and by itself': [`CREATE TABLE t (a CHECK (t.a > 1))`, 'CREATE TABLE t (a CHECK (a > 1))'],
  'no default and NULL': ['CREATE TABLE t (a INT DEFAULT NULL)', 'CREATE TABLE t (a INT)'],
  'keys, which are no part of a column': [
    'CREATE TABLE t (a INT UNIQUE REFERENCES t ON DELETE SET NULL)',
    'CREATE TABLE t (a INT)',
  ],
  'a check behind references': [
    'CREATE TABLE t (a INT REFERENCES t (a) ON UPDATE SET DEFAULT MATCH FULL NOT DEFERRABLE INITIALLY DEFERRED CHECK (a > 1) NOT NULL)',
    'CREATE TABLE t (a INT NOT NULL CHECK (a > 1))',
  ],
  'a generated column in two spellings': [
    'CREATE TABLE t (b, a INT GENERATED ALWAYS AS (b + 1) VIRTUAL)',
    'CREATE TABLE t (b, a INT AS ("b"+1))',
  ],
  'names that are words of SQL': [
    `CREATE TABLE t ("in" INT CHECK ("in" IN (1, 2)), "check" INT CHECK ("check" > 1))`,
    'CREATE TABLE t ([in] INT CHECK ([in] in (1,2)), [check] INT CHECK ([check] > 1))',
  ],
}

const DIFFERENT: readonly [string, string][] = [
  ['a INT', 'a INT NOT NULL'],
  ['a INT', 'a BIGINT'],
  // How values are read depends on it.
  ['a DECIMAL(10,2)', 'a DECIMAL(10, 2)'],
  ['a INT DEFAULT 1', `a INT DEFAULT '1'`],
  [`a TEXT DEFAULT 'x'`, `a TEXT DEFAULT 'X'`],
  [`a TEXT CHECK (a IN ('x'))`, `a TEXT CHECK (a IN ('X'))`],
  ['a TEXT', 'a TEXT COLLATE NOCASE'],
  ['a INT CHECK (a > 1)', 'a INT CHECK (a > 2)'],
  ['a INT AS (b) STORED, b', 'a INT AS (b), b'],
  ['a INTEGER PRIMARY KEY', 'a INTEGER PRIMARY KEY AUTOINCREMENT'],
]

describe('a column is told by its definition', () => {
  for (const [name, [one, other]] of Object.entries(ALIKE)) {
    test(`alike but for ${name}`, async (t) => {
      assert.deepEqual(await definitions(t, one), await definitions(t, other))
    })
  }

  test('different where the column is', async (t) => {
    for (const [one, other] of DIFFERENT) {
      const both = [await definitions(t, `CREATE TABLE t (${one})`), await definitions(t, `CREATE TABLE t (${other})`)]
      assert.notEqual(both[0]?.[0], both[1]?.[0], `${one} and ${other}`)
    }
  })

  test('under whatever name: renamed, it is as declared under the new one', async (t) => {
    const { engine } = await makeSqlite(t)
    const columns: Record<string, AnyColumn> = {
      size: c.int().unsigned().default(3),
      kind: c.enumeration('in', 'kind'),
      data: c.json(),
      price: c.decimal(40, 2),
      at: c.datetime().default(c.now),
    }
    for (const [name, column] of Object.entries(columns)) {
      const { ddl } = engine
      const was = await shown(
        t,
        ...ddl.createTable(spec('t', { columns: { [name]: column } })),
        ...ddl.renameColumn('t', name, 'and'),
      )
      const is = await shown(t, ...ddl.createTable(spec('t', { columns: { and: column } })))
      assert.deepEqual(was.tables.t?.columns, is.tables.t?.columns)
    }
  })

  test('with the values that it can hold', async (t) => {
    const { engine } = await makeSqlite(t)
    const cases: readonly [AnyColumn, Domain][] = [
      [c.tinyint(), { kind: 'integer', least: -128n, most: 127n }],
      [c.id(), { kind: 'integer', least: 0n, most: 4_294_967_295n }],
      [c.bigint(), { kind: 'integer', least: -(2n ** 63n), most: 2n ** 63n - 1n }],
      [c.boolean(), { kind: 'integer', least: 0n, most: 1n }],
      [c.decimal(10, 2).unsigned(), { kind: 'decimal', precision: 10, scale: 2, unsigned: true }],
      [c.decimal(65, 30).unsigned(), { kind: 'decimal', precision: 65, scale: 30, unsigned: true }],
      [c.decimal(18), { kind: 'decimal', precision: 18, scale: 0, unsigned: false }],
      [c.float(), { kind: 'float', unsigned: false }],
      [c.double().unsigned(), { kind: 'double', unsigned: true }],
      [c.date(), { kind: 'date' }],
      [c.time(), { kind: 'time' }],
      [c.datetime(), { kind: 'datetime' }],
      [c.json(), { kind: 'json' }],
      [c.blob(), { kind: 'blob' }],
      [c.varchar(7), { kind: 'text', characters: 7 }],
      [c.text(), { kind: 'text', characters: 65_535 }],
      [c.enumeration('a', "it's", ' , x'), { kind: 'enum', values: ['a', "it's", ' , x'] }],
    ]
    const columns = Object.fromEntries(cases.map(([column], i) => [`c${i}`, column]))
    const { tables } = await shown(t, ...engine.ddl.createTable(spec('t', { columns })))
    assert.deepEqual(
      tables.t?.columns.slice(1).map(({ domain }) => domain),
      cases.map(([, domain]) => domain),
    )
    const byHand = await shown(
      t,
      'CREATE TABLE t (a INTEGER PRIMARY KEY, b "my type", c TEXT CHECK (length(c) < 3), d)',
    )
    assert.deepEqual(
      byHand.tables.t?.columns.map(({ domain }) => domain),
      [
        { kind: 'integer', least: -(2n ** 63n), most: 2n ** 63n - 1n },
        { kind: 'other', type: 'MY TYPE' },
        { kind: 'text', characters: 65_535 },
        { kind: 'other', type: '' },
      ],
    )
  })
})

describe('a database is told', () => {
  test('with keys as they are and the special ones marked', async (t) => {
    const { tables } = await shown(
      t,
      'CREATE TABLE p (a INT, b INT, PRIMARY KEY (b, a), UNIQUE (a) ON CONFLICT IGNORE)',
      `CREATE TABLE t (a TEXT COLLATE NOCASE UNIQUE, b INT REFERENCES p, c INT,
         FOREIGN KEY (c, b) REFERENCES p ON DELETE CASCADE, FOREIGN KEY (a) REFERENCES p (a))`,
      'CREATE INDEX plain ON t (a, b)',
      'CREATE INDEX binary ON t (a COLLATE BINARY)',
      'CREATE INDEX falling ON t (b DESC)',
      'CREATE UNIQUE INDEX partly ON t (b) WHERE c > 1',
      'CREATE INDEX computed ON t (b, b + c)',
    )
    assert.deepEqual(tables.p?.primaryKey, ['b', 'a'])
    assert.deepEqual(
      tables.p?.indexes.map(({ special }) => special),
      ['ON CONFLICT IGNORE'],
    )
    assert.deepEqual(
      tables.t?.indexes.map(({ name, columns, unique, special }) => [name, columns.join(), unique, special]),
      [
        ['sqlite_autoindex_t_1', 'a', true, ''],
        ['plain', 'a,b', false, ''],
        ['binary', 'a', false, '( a COLLATE BINARY )'],
        ['falling', 'b', false, '( b DESC )'],
        ['partly', 'b', true, '( b ) WHERE c > 1'],
        ['computed', 'b', false, '( b , b + c )'],
      ],
    )
    const rest = { name: '', table: 'p', onUpdate: 'NO ACTION' }
    assert.deepEqual(tables.t?.foreignKeys, [
      { ...rest, columns: ['b'], targets: ['b', 'a'], onDelete: 'NO ACTION' },
      { ...rest, columns: ['c', 'b'], targets: ['b', 'a'], onDelete: 'CASCADE' },
      { ...rest, columns: ['a'], targets: ['a'], onDelete: 'NO ACTION' },
    ])
  })

  test('with views whose text is the same but for white space and quotes', async (t) => {
    const { views } = await shown(
      t,
      'CREATE TABLE t (a, b)',
      `CREATE VIEW one AS SELECT a AS Total, 'x  y' FROM t -- all`,
      `CREATE VIEW two AS\n  SELECT "a"  AS [Total], 'x  y' /* , */ FROM "t"`,
      `CREATE VIEW three AS SELECT a AS total, 'x  y' FROM t`,
      'CREATE VIEW IF NOT EXISTS four (m, n) AS WITH x AS (SELECT a, b FROM t) SELECT * FROM x',
    )
    assert.equal(views.one?.definition, `SELECT a AS Total , 'x  y' FROM t`)
    assert.deepEqual(views.two, views.one)
    assert.notDeepEqual(views.three, views.one)
    assert.equal(views.four?.definition, '( m , n ) WITH x AS ( SELECT a , b FROM t ) SELECT * FROM x')
  })

  test('without what is SQLite’s and the kernel’s own, with names that every object has', async (t) => {
    const { tables, views } = await shown(
      t,
      'CREATE TABLE m3saas_own (a INTEGER PRIMARY KEY AUTOINCREMENT)',
      'CREATE INDEX m3saas_index ON m3saas_own (a)',
      'CREATE VIEW m3saas_view AS SELECT * FROM m3saas_own',
      'CREATE TABLE constructor (a)',
      'CREATE VIRTUAL TABLE found USING fts5 (a)',
    )
    assert.deepEqual([Object.keys(tables), views], [['constructor', 'found'], {}])
    assert.deepEqual(
      tables.found?.columns.map(({ name }) => name),
      ['a'],
    )
  })
})
