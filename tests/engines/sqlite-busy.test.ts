import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DataTypes } from 'sequelize'
import { M3Error } from '../../kernel/errors.js'
import { countTurns, holdWriteLock, makeSqlite, spawnHolder } from './sqlite-fixture.js'

const INSERT = 'INSERT INTO items (name) VALUES (?)'

test('a writer waits for another handle while the event loop turns', async (t) => {
  const { database, file } = await makeSqlite(t)
  const holder = holdWriteLock(file)
  const turns = countTurns()
  const write = database.run(INSERT, ['a'])
  let held = true
  setTimeout(() => {
    held = false
    holder.close()
  }, 100)
  await write
  assert.equal(held, false)
  assert.ok(turns() > 20, 'the event loop stood still')
})

test('a writer that gives rows waits as well, and writes once', async (t) => {
  const { database, file } = await makeSqlite(t)
  const holder = holdWriteLock(file)
  const write = database.select(`${INSERT} RETURNING id, name`, ['a'])
  setTimeout(() => holder.close(), 50)
  assert.deepEqual(await write, [{ id: 1, name: 'a' }])
  assert.deepEqual(await database.run(`${INSERT}, ('c') RETURNING id`, ['b']), { affectedRows: 2, insertId: 3 })
  await assert.rejects(database.select(`${INSERT} RETURNING id`, ['a']), { code: 'SQLITE_CONSTRAINT_UNIQUE' })
  assert.equal((await database.select('SELECT * FROM items')).length, 3)
})

test('readers are not held up by a writer', async (t) => {
  const { database, file } = await makeSqlite(t)
  const holder = holdWriteLock(file)
  assert.deepEqual(await database.select('SELECT * FROM items'), [])
  holder.close()
})

test('a writer that waits in vain is told to come again, by models too', async (t) => {
  const { database, file } = await makeSqlite(t, 0.1)
  const Item = database.sequelize().define('items', { name: DataTypes.STRING }, { timestamps: false })
  const holder = holdWriteLock(file)
  const attempts = [database.run(INSERT, ['a']), database.transaction(async () => {}), Item.create({ name: 'a' })]
  // All are watched from the start: they may be refused in any order.
  await Promise.all(
    attempts.map((attempt) =>
      assert.rejects(attempt, (error) => {
        assert.ok(error instanceof M3Error, String(error))
        assert.equal(error.code, 'DATABASE_UNAVAILABLE')
        assert.ok(Number(error.retryAfter) > 0)
        return true
      }),
    ),
  )
  holder.close()
  assert.equal((await database.run(INSERT, ['a'])).affectedRows, 1)
})

test('what another process was writing when it was killed is undone, and others go on', async (t) => {
  const { database, file } = await makeSqlite(t)
  await database.releaseIdle()
  const kill = await spawnHolder(file, "BEGIN IMMEDIATE; INSERT INTO items (name) VALUES ('lost')")
  const write = database.run(INSERT, ['a'])
  await kill()
  await write
  assert.deepEqual(await database.select('SELECT name FROM items'), [{ name: 'a' }])
})

test('writers of many pools and transactions all get their turn', async (t) => {
  const { open } = await makeSqlite(t, 5)
  const pools = Array.from({ length: 5 }, () => open('first'))
  await Promise.all(
    pools.flatMap((pool, i) =>
      Array.from({ length: 10 }, (_, j) =>
        pool.transaction(async () => {
          await pool.select('SELECT count(*) FROM items')
          await pool.run(INSERT, [`${i} ${j}`])
        }),
      ),
    ),
  )
  assert.deepEqual(await pools[0]?.select('SELECT count(*) AS found FROM items'), [{ found: 50 }])
})

test('the migration lock of another process is waited for, and free when that is killed', async (t) => {
  const { database, file } = await makeSqlite(t)
  const kill = await spawnHolder(`${file}.lock`, 'BEGIN EXCLUSIVE')
  await assert.rejects(
    database.locked(0.05, async () => {}),
    { code: 'LOCKED' },
  )
  const locked = database.locked(5, async () => 'taken')
  await kill()
  assert.equal(await locked, 'taken')
})

test('a long result is read in slices', async (t) => {
  const { database } = await makeSqlite(t)
  const turns = countTurns()
  const sql = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT i FROM n'
  const rows = await database.select<{ i: number }>(sql, [200_000])
  assert.equal(rows.length, 200_000)
  assert.equal(rows.at(-1)?.i, 200_000)
  assert.ok(turns() >= 3, 'the event loop stood still')
})
