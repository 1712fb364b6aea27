import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { test } from 'node:test'
import { DataTypes } from 'sequelize'
import { identity, makeSqlite } from './sqlite-fixture.js'

test('a tenant opens no other database, by no way', async (t) => {
  const { database, directory, engine } = await makeSqlite(t)
  await engine.provisionCatalog()
  await engine.provision(identity('second'))
  const catalog = path.join(directory, 'catalog.sqlite')
  const copy = path.join(directory, 'copy.sqlite')
  for (const sql of [
    `ATTACH '${catalog}' AS other`,
    `/* innocent */ attach database 'file:${catalog}?mode=ro' as other`,
    "ATTACH ':memory:' AS other",
    `VACUUM INTO '${copy}'`,
    'DETACH main',
  ]) {
    await assert.rejects(database.run(sql), { code: 'MODULE_INVALID', message: /ATTACH/ }, sql)
    await assert.rejects(database.select(sql), { code: 'MODULE_INVALID' }, sql)
    await assert.rejects(database.sequelize().query(sql), { code: 'MODULE_INVALID' }, sql)
    await assert.rejects(
      database.session((session) => session.execute(sql)),
      { code: 'MODULE_INVALID' },
      sql,
    )
  }
  assert.ok(!(await readdir(directory)).includes('copy.sqlite'))
})

test('a tenant sets nothing that reaches beyond its statement', async (t) => {
  const { database } = await makeSqlite(t)
  for (const pragma of [
    'busy_timeout = 60000',
    'writable_schema = 1',
    "temp_store_directory = '/'",
    'soft_heap_limit = 1',
    'FOREIGN_KEYS = OFF',
    'foreign_keys(0)',
    'locking_mode = EXCLUSIVE',
    'journal_mode = DELETE',
    'database_list',
  ]) {
    await assert.rejects(database.run(`PRAGMA ${pragma}`), { code: 'MODULE_INVALID', message: /PRAGMA/ }, pragma)
    await assert.rejects(database.sequelize().query(`PRAGMA ${pragma}`), { code: 'MODULE_INVALID' }, pragma)
  }
  await assert.rejects(database.select("SELECT load_extension('x')"))
  await assert.rejects(database.run("UPDATE sqlite_master SET sql = ''"))
  assert.deepEqual(await database.select('PRAGMA foreign_keys'), [{ foreign_keys: 1 }])
  assert.equal((await database.select('PRAGMA table_info(items)')).length, 2)
})

test('a migration may turn foreign keys off for itself alone', async (t) => {
  const { database } = await makeSqlite(t)
  await database.locked(0, async (session) => {
    await session.execute('PRAGMA foreign_keys = OFF')
    assert.deepEqual(await session.select('PRAGMA foreign_keys'), [{ foreign_keys: 0 }])
  })
  assert.deepEqual(await database.select('PRAGMA foreign_keys'), [{ foreign_keys: 1 }])
})

test('a transaction that a statement has left open ends with its connection', async (t) => {
  const { database } = await makeSqlite(t)
  await database.session(async (session) => {
    await session.run('BEGIN IMMEDIATE')
    await session.run('INSERT INTO items (name) VALUES (?)', ['a'])
  })
  await database.run('INSERT INTO items (name) VALUES (?)', ['b'])
  assert.deepEqual(await database.select('SELECT name FROM items'), [{ name: 'b' }])
})

test('what SQLite would change in silence is refused', async (t) => {
  const { database } = await makeSqlite(t)
  const Item = database.sequelize().define('items', { name: DataTypes.STRING }, { timestamps: false })
  const sql = 'INSERT INTO items (name) VALUES (?)'
  const refused = { code: 'VALIDATION_FAILED' }
  for (const value of ['a\0b', Number.NaN, Number.POSITIVE_INFINITY, 2n ** 63n, new Date(Number.NaN)]) {
    await assert.rejects(database.run(sql, [value]), refused, String(value))
    await assert.rejects(database.select('SELECT ?', [value]), refused, String(value))
  }
  await assert.rejects(database.run("INSERT INTO items (name) VALUES ('a\0b')"), refused)
  await assert.rejects(Item.create({ name: 'a\0b' }), refused)
  await assert.rejects(Item.findAll({ where: { name: 'a\0b' } }), refused)
  assert.equal(await Item.count(), 0)
})

test('a raw query of Sequelize binds by name and by place, and gives dates as dates', async (t) => {
  const { database } = await makeSqlite(t)
  const sequelize = database.sequelize()
  const [named] = await sequelize.query('SELECT $a AS a, $b AS b', { bind: { a: 1, b: 'x' } })
  assert.deepEqual(named, [{ a: 1, b: 'x' }])
  const [placed] = await sequelize.query('SELECT $2 AS b, $1 AS a', { bind: [true, null] })
  assert.deepEqual(placed, [{ b: null, a: 1 }])
  await database.session((session) => session.execute('CREATE TABLE moments (moment DATETIME)'))
  await database.run('INSERT INTO moments VALUES (?)', [new Date(5)])
  const [moments] = await sequelize.query('SELECT moment FROM moments')
  assert.deepEqual(moments, [{ moment: new Date(5) }])
})
