import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as c from '../../kernel/contract/columns.js'
import { domainOf } from '../../kernel/engines/mysql/domain.js'
import { type ColumnRow, liveColumn } from '../../kernel/engines/mysql/introspect-columns.js'
import { columnChecks } from '../../kernel/engines/mysql/introspect-extras.js'
import { mysqlEngineOn } from '../support/mysql-engine.js'
import { type EngineFixture, spec } from './engine-fixture.js'
import { withMysqlFixture } from './mysql-fixture.js'

const introspect = ({ database, engine }: EngineFixture) => database.session((session) => engine.introspect(session))
const execute = ({ database }: EngineFixture, ...statements: readonly string[]) =>
  database.session(async (session) => {
    for (const sql of statements) await session.execute(sql)
  })

await withMysqlFixture('what a MySQL database holds', 'introspect', (fixture, server) => {
  test('columns, keys, options and what no declaration makes', async () => {
    await fixture.create(spec('parents', { columns: { code: c.varchar(9).unique() } }))
    await execute(
      fixture,
      `CREATE TABLE t (
        id INT UNSIGNED NOT NULL AUTO_INCREMENT, yes TINYINT(1) NOT NULL DEFAULT 1, word VARCHAR(20) NULL DEFAULT 'NULL',
        bare VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_bin, facts JSON NOT NULL, body TEXT NOT NULL,
        twice INT AS (yes * 2) VIRTUAL, made DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
        checked INT CHECK (checked > 0), PRIMARY KEY (id, yes), UNIQUE KEY u (word, yes), KEY start (body(10)), KEY back (yes DESC, word),
        FULLTEXT KEY words (body), CONSTRAINT link FOREIGN KEY (word) REFERENCES parents (code) ON DELETE SET NULL ON UPDATE CASCADE,
        CONSTRAINT few CHECK (yes < 100)) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`,
    )
    const live = await introspect(fixture)
    assert.equal(live.foldsNames, false)
    assert.equal(live.qualifier, '`introspect_tenant`')
    const { columns = [], ...rest } = live.tables.t ?? {}
    assert.deepEqual(rest, {
      primaryKey: ['id', 'yes'],
      indexes: [
        { name: 'back', columns: ['yes', 'word'], unique: false, special: 'yes descending' },
        { name: 'start', columns: ['body'], unique: false, special: '10 of body' },
        { name: 'u', columns: ['word', 'yes'], unique: true, special: '' },
        { name: 'words', columns: ['body'], unique: false, special: 'FULLTEXT' },
      ],
      foreignKeys: [
        {
          name: 'link',
          columns: ['word'],
          table: 'parents',
          targets: ['code'],
          onDelete: 'SET NULL',
          onUpdate: 'CASCADE',
        },
      ],
      options: 'InnoDB utf8mb4_unicode_ci',
      extras: ['check `few` (`yes` < 100)', 'column `checked` check (`checked` > 0)'],
    })
    const unicode = 'CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci'
    assert.deepEqual(
      columns.map(({ name, definition }) => `${name}: ${definition}`),
      [
        'id: int(10) unsigned NOT NULL auto_increment',
        'yes: tinyint(1) NOT NULL DEFAULT "1"',
        `word: varchar(20) ${unicode} NULL DEFAULT "'NULL'"`,
        'bare: varchar(20) CHARACTER SET latin1 COLLATE latin1_bin NULL DEFAULT "NULL"',
        'facts: longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL CHECK JSON',
        `body: text ${unicode} NOT NULL`,
        'twice: int(11) NULL DEFAULT "NULL" VIRTUAL GENERATED AS (`yes` * 2)',
        'made: datetime(3) NOT NULL DEFAULT "current_timestamp(3)" on update current_timestamp(3)',
        'checked: int(11) NULL DEFAULT "NULL"',
      ],
    )
    const named = (wanted: (column: (typeof columns)[number]) => boolean) =>
      columns.filter(wanted).map(({ name }) => name)
    assert.deepEqual(
      named(({ hasDefault }) => hasDefault),
      ['yes', 'word', 'made'],
    )
    assert.deepEqual(
      named(({ autoIncrement }) => autoIncrement),
      ['id'],
    )
    assert.deepEqual(
      named(({ generated }) => generated),
      ['twice'],
    )
    assert.deepEqual(
      named(({ domain }) => domain.kind === 'json'),
      ['facts'],
    )
  })

  test('a column keeps its definition when it gets another name', async () => {
    await fixture.create(spec('t', { columns: { a: c.json(), b: c.int() } }))
    await execute(fixture, 'ALTER TABLE t MODIFY b INT NOT NULL CHECK (b > 0)')
    const before = (await introspect(fixture)).tables.t
    const { ddl } = fixture.engine
    await execute(fixture, ...ddl.renameColumn('t', 'a', 'c'), ...ddl.renameColumn('t', 'b', 'a'))
    const after = (await introspect(fixture)).tables.t
    const definitions = (table: typeof before) => table?.columns.map(({ definition, domain }) => [definition, domain])
    assert.deepEqual(definitions(after), definitions(before))
    assert.deepEqual(after?.extras, ['column `a` check (`a` > 0)'])
  })

  test('the tenant’s user sees views and triggers, whoever made them', async () => {
    await fixture.create(spec('t', { columns: { a: c.int() } }))
    const root = mysqlEngineOn(server, 'introspect_catalog')
    const place = 'introspect_tenant'
    await root.catalog.session(async (session) => {
      await session.execute(`CREATE SQL SECURITY DEFINER VIEW ${place}.roots AS SELECT a FROM ${place}.t`)
      await session.execute(`CREATE TRIGGER ${place}.more BEFORE INSERT ON ${place}.t FOR EACH ROW SET NEW.a = 1`)
    })
    await root.close()
    await execute(fixture, ...fixture.engine.ddl.createView('own', "SELECT a, 'x' AS x FROM roots"))
    const live = await introspect(fixture)
    assert.deepEqual(live.tables.t?.extras, ['trigger `more` BEFORE INSERT: SET NEW.a = 1'])
    const t = `${live.qualifier}.\`t\``
    assert.equal(live.views.roots?.definition, `select ${t}.\`a\` AS \`a\` from ${t}`)
    assert.match(live.views.own?.definition ?? '', /^select .*roots/)
  })

  test('a view in the scratch database is the same but for the name of the database', async () => {
    const { ddl } = fixture.engine
    const statements = [
      ...ddl.createTable(spec('t', { columns: { a: c.varchar(9) } })),
      ...ddl.createView('first', "SELECT t.a, CONCAT(a, 'é') AS b FROM t WHERE a LIKE '%`t`%'"),
      ...ddl.createView('second', 'SELECT COUNT(*) AS n FROM first JOIN t ON t.a = first.b'),
    ]
    await execute(fixture, ...statements)
    const live = await introspect(fixture)
    const wanted = await fixture.engine.scratch(async (session) => {
      for (const sql of statements) await session.execute(sql)
      return fixture.engine.introspect(session)
    })
    assert.match(wanted.qualifier, /-/)
    const moved = Object.entries(wanted.views).map(([name, { definition }]) => {
      return [name, { definition: definition.replaceAll(wanted.qualifier, live.qualifier) }]
    })
    assert.deepEqual(Object.fromEntries(moved), live.views)
  })

  test('a view that reads what is gone is still told', async () => {
    await fixture.create(spec('t', { columns: { a: c.int() } }))
    await execute(fixture, ...fixture.engine.ddl.createView('seen', 'SELECT a FROM t'), 'DROP TABLE t')
    const live = await introspect(fixture)
    assert.deepEqual(live.tables, {})
    assert.deepEqual(Object.keys(live.views), ['seen'])
  })
})

describe('what MySQL 8 says in other words', () => {
  const row: ColumnRow = {
    owner: 't',
    name: 'a',
    type: 'varchar(9)',
    charset: 'utf8mb4',
    collation: 'utf8mb4_0900_ai_ci',
    nullable: 'YES',
    initial: null,
    extra: '',
    generation: '',
  }
  const read = (more: Partial<ColumnRow>) => liveColumn({ ...row, ...more }, false, false)

  test('the text NULL is a default, and no default is none', () => {
    assert.equal(read({ initial: 'NULL' }).hasDefault, true)
    assert.equal(read({}).hasDefault, false)
    assert.notEqual(read({ initial: 'NULL' }).definition, read({}).definition)
  })

  test('an expression is not the text of it', () => {
    const text = read({ initial: 'CURRENT_TIMESTAMP(3)' })
    const moment = read({ initial: 'CURRENT_TIMESTAMP(3)', extra: 'DEFAULT_GENERATED' })
    assert.notEqual(text.definition, moment.definition)
    assert.equal(moment.generated, false)
    assert.equal(read({ generation: '(`b` + 1)', extra: 'STORED GENERATED' }).generated, true)
  })

  test('JSON is a type', () => {
    assert.deepEqual(read({ type: 'json', charset: null, collation: null }).domain, { kind: 'json' })
  })
})

test('types are domains', () => {
  const integer = (least: bigint, most: bigint) => ({ kind: 'integer', least, most })
  const cases: [string, unknown][] = [
    ['tinyint(1)', integer(0n, 1n)],
    ['tinyint(4)', integer(-128n, 127n)],
    ['tinyint', integer(-128n, 127n)],
    ['tinyint(1) unsigned', integer(0n, 255n)],
    ['int(10) unsigned zerofill', integer(0n, 2n ** 32n - 1n)],
    ['mediumint', integer(-(2n ** 23n), 2n ** 23n - 1n)],
    ['bigint unsigned', integer(0n, 2n ** 64n - 1n)],
    ['decimal(5,2) unsigned', { kind: 'decimal', precision: 5, scale: 2, unsigned: true }],
    ['float', { kind: 'float', unsigned: false }],
    ['double unsigned', { kind: 'double', unsigned: true }],
    ['datetime(3)', { kind: 'datetime' }],
    ['time', { kind: 'time' }],
    ['varchar(20)', { kind: 'text', characters: 20 }],
    ['text', { kind: 'text', characters: 65_535 }],
    ['longtext', { kind: 'text', characters: 4_294_967_295 }],
    [String.raw`enum('it''s','a\\b','x,y','')`, { kind: 'enum', values: ["it's", 'a\\b', 'x,y', ''] }],
    ["set('a','b')", { kind: 'other', type: "set('a','b')" }],
    ['timestamp(3)', { kind: 'other', type: 'timestamp(3)' }],
    ['mediumblob', { kind: 'other', type: 'mediumblob' }],
  ]
  for (const [type, domain] of cases) assert.deepEqual(domainOf(type), domain, type)
})

test('the check of a column is found in what is told of it', () => {
  const checks = columnChecks([
    'check `x` (1)',
    'column `A``b` check (`A``b` in (1,2))',
    'trigger `t` BEFORE INSERT: x',
  ])
  assert.deepEqual([...checks], [['a`b', '`A``b` in (1,2)']])
})
