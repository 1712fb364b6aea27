import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import * as column from '../../kernel/contract/columns.js'
import { type Columns, defineTable, type TableDeclaration } from '../../kernel/contract/define-table.js'
import { resolveTable } from '../../kernel/contract/table-spec.js'
import type { Database, Engine } from '../../kernel/engines/contract.js'
import { mysqlDdl } from '../../kernel/engines/mysql/ddl.js'
import { M3Error } from '../../kernel/errors.js'
import { withMariaDb } from '../support/mariadb.js'
import { mysqlEngineOn } from '../support/mysql-engine.js'

const lengths = { id: 11, email: 255, password: 255, phone: 20, ip: 45, link: 511 }
const ddl = mysqlDdl({ engine: 'InnoDB', collation: 'utf8mb4_unicode_ci' })
const statementsOf = <C extends Columns>(name: string, declaration: TableDeclaration<C>, seeded = false) =>
  ddl.createTable(resolveTable(defineTable(name, declaration), lengths, seeded))

/** What only the configured lengths make too long: a declaration by itself is checked when it is made. */
const faultsOf = <C extends Columns>(declaration: TableDeclaration<C>, settings = 'utf8mb4_unicode_ci'): string => {
  const table = resolveTable(defineTable('limits', declaration), { ...lengths, link: 2000, email: 768 }, false)
  try {
    mysqlDdl({ engine: 'InnoDB', collation: settings }).createTable(table)
  } catch (error) {
    if (error instanceof M3Error) return error.faults.map(({ path, message }) => `${path}: ${message}`).join('; ')
    throw error
  }
  return ''
}

await withMariaDb('tables and views on MySQL', (server) => {
  let engine: Engine
  let database: Database
  before(async () => {
    engine = mysqlEngineOn(server, 'ddl_catalog')
    const identity = { name: 'ddl_tenant', user: 'ddl_user', secret: 's' }
    await engine.provisionCatalog()
    await engine.provision(identity)
    database = engine.tenant(identity)
  })
  after(async () => {
    await database.close()
    await engine.close()
  })
  const execute = async (statements: readonly string[]) => {
    for (const sql of statements) await database.session((session) => session.execute(sql))
  }

  test('every type becomes the column it stands for', async () => {
    const columns = {
      an_int: column.int(),
      a_tinyint: column.tinyint().unsigned(),
      a_smallint: column.smallint(),
      a_mediumint: column.mediumint().zerofill(),
      a_bigint: column.bigint().unsigned(),
      a_float: column.float().unsigned(),
      a_double: column.double(),
      a_decimal: column.decimal(12, 4),
      a_date: column.date(),
      a_time: column.time(),
      a_datetime: column.datetime(),
      a_varchar: column.varchar(40),
      a_text: column.text(),
      a_json: column.json(),
      a_boolean: column.boolean(),
      an_enum: column.enumeration('it`s', "it's", 'back\\slash'),
      a_blob: column.blob(),
      an_id: column.id(),
      an_email: column.email(),
      a_password: column.password(),
      a_phone: column.phone(),
      an_ip: column.ip(),
      a_link: column.link(),
    }
    await execute(statementsOf('types', { columns }, true))
    const rows = await database.select<{ name: string; type: string; nullable: string }>(
      `SELECT COLUMN_NAME AS name, COLUMN_TYPE AS type, IS_NULLABLE AS nullable FROM information_schema.COLUMNS
        WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'types' ORDER BY ORDINAL_POSITION`,
    )
    const found = Object.fromEntries(rows.map(({ name, type }) => [name, type]))
    // JSON is LONGTEXT on MariaDB; MySQL 8 leaves the display width of integers out.
    const width = (type: string) => type.replace(/^((?:small|medium|big)?int|tinyint(?!\(1\)))\(\d+\)/, '$1')
    assert.deepEqual(Object.fromEntries(Object.entries(found).map(([name, type]) => [name, width(type)])), {
      id: 'int unsigned',
      an_int: 'int',
      a_tinyint: 'tinyint unsigned',
      a_smallint: 'smallint',
      a_mediumint: 'mediumint unsigned zerofill',
      a_bigint: 'bigint unsigned',
      a_float: 'float unsigned',
      a_double: 'double',
      a_decimal: 'decimal(12,4)',
      a_date: 'date',
      a_time: 'time',
      a_datetime: 'datetime(3)',
      a_varchar: 'varchar(40)',
      a_text: 'text',
      a_json: 'longtext',
      a_boolean: 'tinyint(1)',
      an_enum: "enum('it`s','it''s','back\\\\slash')",
      a_blob: 'blob',
      an_id: 'int unsigned',
      an_email: 'varchar(255)',
      a_password: 'varchar(255)',
      a_phone: 'varchar(20)',
      an_ip: 'varchar(45)',
      a_link: 'varchar(511)',
      main_seed: 'tinyint(1)',
    })
    const nullable = rows.filter((row) => row.nullable === 'YES').map(({ name }) => name)
    assert.deepEqual(nullable, ['main_seed'])
  })

  test('defaults are those declared', async () => {
    const columns = {
      n: column.int().default(-5),
      big: column.bigint().default(2n ** 60n),
      exact: column.decimal(5, 2).default('1.50'),
      yes: column.boolean().default(true),
      words: column.varchar(50).default('it\'s "a" \\ 😀'),
      one: column.enumeration('a', "b'").default("b'"),
      none: column.varchar().nullable().default(null),
      day: column.date().default('2024-02-29'),
      moment: column.datetime().default('2024-02-29T12:00:00.5+02:00'),
      made: column.datetime().default(column.now),
    }
    await execute(statementsOf('defaults', { columns }))
    await database.run('INSERT INTO defaults () VALUES ()')
    const [row] = await database.select<Record<string, unknown>>('SELECT * FROM defaults')
    const { made, ...rest } = row ?? {}
    assert.deepEqual(rest, {
      id: 1,
      n: -5,
      big: String(2n ** 60n),
      exact: '1.50',
      yes: 1,
      words: 'it\'s "a" \\ 😀',
      one: "b'",
      none: null,
      day: '2024-02-29',
      moment: new Date('2024-02-29T10:00:00.500Z'),
    })
    assert.ok(Math.abs(Number(made) - Date.now()) < 60_000)
  })

  test('a default with another emoji is another default, also to the server', async () => {
    const definitionOf = (text: string) => {
      const columns = { words: column.varchar(9).default(text) }
      return engine.scratch(async (session) => {
        for (const sql of statementsOf('smile', { columns })) await session.execute(sql)
        await session.run('INSERT INTO smile (id) VALUES (1)')
        assert.deepEqual(await session.select('SELECT words FROM smile'), [{ words: text }])
        const { tables } = await engine.introspect(session)
        return tables.smile?.columns.find(({ name }) => name === 'words')?.definition
      })
    }
    assert.notEqual(await definitionOf("it's 😀"), await definitionOf("it's 🎉"))
  })

  test('keys, indexes and foreign keys have names that do not change', async () => {
    const owners = defineTable('owners', { columns: { email: column.email().unique() } })
    await execute(ddl.createTable(resolveTable(owners, lengths, false)))
    const pets = {
      columns: {
        owner_id: column.id().references(owners, { onDelete: 'cascade' }),
        friend_id: column.id().nullable().references('pets', { onDelete: 'set null', onUpdate: 'cascade' }),
        name: column.varchar(100).index(),
        tag: column.varchar(10).unique(),
      },
      indexes: [{ columns: ['owner_id', 'name'], unique: true }, ['name'], { columns: ['tag'], unique: true }],
    } satisfies TableDeclaration<Columns>
    await execute(statementsOf('pets', pets as TableDeclaration<Columns>))
    const indexes = await database.select<{ name: string; uniqueness: number }>(
      `SELECT DISTINCT INDEX_NAME AS name, 1 - NON_UNIQUE AS uniqueness FROM information_schema.STATISTICS
        WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'pets' ORDER BY INDEX_NAME`,
    )
    assert.deepEqual(
      indexes.map(({ name, uniqueness }) => `${name} ${uniqueness}`),
      ['pets$friend_id$index 0', 'pets$name$index 0', 'pets$owner_id$name$unique 1', 'pets$tag$unique 1', 'PRIMARY 1'],
    )
    const keys = await database.select(
      `SELECT CONSTRAINT_NAME AS name, DELETE_RULE AS del, UPDATE_RULE AS upd, REFERENCED_TABLE_NAME AS target
        FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = DATABASE() ORDER BY CONSTRAINT_NAME`,
    )
    assert.deepEqual(keys, [
      { name: 'pets_ibfk_$friend_id', del: 'SET NULL', upd: 'CASCADE', target: 'pets' },
      { name: 'pets_ibfk_$owner_id', del: 'CASCADE', upd: 'RESTRICT', target: 'owners' },
    ])
    await database.run("INSERT INTO owners (email) VALUES ('a@example.com')")
    await database.run("INSERT INTO pets (owner_id, name, tag) VALUES (1, 'x', 'y')")
    await assert.rejects(database.run("INSERT INTO pets (owner_id, name, tag) VALUES (2, 'x', 'z')"), {
      code: 'ER_NO_REFERENCED_ROW_2',
    })
    await database.run('DELETE FROM owners')
    assert.deepEqual(await database.select('SELECT * FROM pets'), [])
  })

  test('the longest names work', async () => {
    const [table, field] = ['t'.repeat(64), 'c'.repeat(64)]
    await execute(statementsOf(table, { columns: { [field]: column.id().unique().references('owners') } as Columns }))
    await execute([`DROP TABLE ${ddl.quote(table)}`])
  })

  test('views are made, replaced and dropped, and read with the rights of the reader', async () => {
    await execute(ddl.createView('days', 'SELECT day FROM defaults;'))
    await execute(ddl.createView('days', 'SELECT day, n FROM defaults'))
    assert.deepEqual(await database.select('SELECT * FROM days'), [{ day: '2024-02-29', n: -5 }])
    const [view] = await database.select<{ security: string }>(
      'SELECT SECURITY_TYPE AS security FROM information_schema.VIEWS WHERE TABLE_SCHEMA = DATABASE()',
    )
    assert.equal(view?.security, 'INVOKER')
    await execute([ddl.dropView('days'), ddl.dropView('days')])
  })

  test("the kernel's own tables are left out of what the database holds, and no other", async () => {
    await execute([
      'CREATE TABLE m3saas_state (a INT)',
      'CREATE TABLE m3saasx (b INT, a INT)',
      ...ddl.createView('seen', 'SELECT 1 AS one'),
    ])
    const schema = await database.session((session) => engine.introspect(session))
    assert.deepEqual(Object.keys(schema.tables).sort(), ['defaults', 'm3saasx', 'owners', 'pets', 'types'])
    assert.deepEqual(
      schema.tables.m3saasx?.columns.map(({ name }) => name),
      ['b', 'a'],
    )
    assert.deepEqual(Object.keys(schema.views), ['seen'])
  })
})

test('identifiers are quoted whatever they hold', () => {
  assert.equal(ddl.quote('a`b'), '`a``b`')
})

test('words of an enum that the server would show as question marks are refused', () => {
  assert.match(
    faultsOf({ columns: { mood: column.enumeration('ok', '😀') } }),
    /^limits\.mood: MySQL shows the word 😀 of the enum as question marks/,
  )
})

test('what InnoDB cannot index is refused with the place and the limit', () => {
  const { email, int, link, text, varchar } = column
  assert.match(faultsOf({ columns: { a: text().references('x') } }), /the foreign key a: MySQL cannot index a text/)
  assert.match(faultsOf({ columns: { a: link().unique() } }), /^limits\.a: .*8000 bytes.*3072: 768 characters/)
  assert.match(faultsOf({ columns: { a: link().index() } }), /the index on a takes up to 8000 bytes/)
  assert.match(faultsOf({ columns: { a: link().primary() } }), /the primary key takes up to 8000 bytes/)
  assert.match(faultsOf({ columns: { a: link().references('x') } }), /the foreign key a takes up to 8000 bytes/)
  assert.match(faultsOf({ columns: { a: email(), b: int() }, indexes: [['a', 'b']] }), /limits\.a\+b: .* 3076 bytes/)
  assert.equal(faultsOf({ columns: { a: email().unique(), b: varchar(16_383) } }), '')
  assert.equal(faultsOf({ columns: { a: link().unique() } }, 'latin1_swedish_ci'), '')
})
