import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { DataTypes } from 'sequelize'
import type { Database, Engine, Session, TenantIdentity } from '../../kernel/engines/contract.js'
import { M3Error } from '../../kernel/errors.js'
import { withMariaDb } from '../support/mariadb.js'
import { mysqlEngineOn } from '../support/mysql-engine.js'
import { OpenGate } from './open-gate.js'

const identity: TenantIdentity = { name: 'conn_tenant', user: 'conn_user', secret: 's' }

function isUnavailable(error: unknown): boolean {
  return error instanceof M3Error && error.code === 'DATABASE_UNAVAILABLE' && (error.retryAfter ?? 0) > 0
}

await withMariaDb('a connection to MySQL', (server) => {
  const gate = new OpenGate()
  let engine: Engine
  let database: Database
  before(async () => {
    engine = mysqlEngineOn(server, 'conn_catalog', { gate })
    await engine.provisionCatalog()
    await engine.provision(identity)
    database = engine.tenant(identity)
    await database.run('CREATE TABLE t (id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, v VARCHAR(50))')
  })
  after(async () => {
    await database.close()
    await engine.close()
    assert.equal(gate.open, 0)
  })

  const idOf = async (from: Pick<Session, 'select'>) =>
    (await from.select<{ id: number }>('SELECT CONNECTION_ID() AS id'))[0]?.id ?? 0
  const kill = (id: number) => engine.catalog.session((session) => session.execute(`KILL CONNECTION ${id}`))
  /** Until the server has closed it: KILL only marks it. */
  const killed = async (id: number) => {
    await kill(id)
    const alive = 'SELECT ID FROM information_schema.PROCESSLIST WHERE ID = ?'
    while ((await engine.catalog.select(alive, [id])).length > 0);
  }

  test('what a caller sets on its connection is not the next caller’s', async () => {
    const mode = async () => (await database.select<{ mode: string }>('SELECT @@sql_mode AS mode'))[0]?.mode
    const before = await mode()
    const altering = ["SET SESSION sql_mode = ''", 'SET autocommit = 0', "SELECT GET_LOCK('mine', 0)"]
    for (const statement of altering) {
      const own = await database.session(async (session) => {
        await session.execute(statement)
        return idOf(session)
      })
      assert.notEqual(await idOf(database), own, statement)
    }
    await database.sequelize().query('CREATE TEMPORARY TABLE mine (id INT)')
    await assert.rejects(database.select('SELECT * FROM mine'), { code: 'ER_NO_SUCH_TABLE' })
    assert.equal(await mode(), before)
  })

  test('runs in UTC, strictly, with the configured collation', async () => {
    const [session] = await database.select<{ zone: string; mode: string; collation: string }>(
      'SELECT @@time_zone AS zone, @@sql_mode AS mode, @@collation_connection AS collation',
    )
    assert.equal(session?.zone, '+00:00')
    assert.equal(session?.collation, 'utf8mb4_unicode_ci')
    assert.match(session?.mode ?? '', /STRICT_ALL_TABLES/)
    await assert.rejects(database.run('INSERT INTO t (v) VALUES (?)', ['x'.repeat(51)]), { code: 'ER_DATA_TOO_LONG' })
  })

  test('binds every kind of value, and gives it back', async () => {
    for (const [value, expected] of [
      [1, 1],
      [-1, -1],
      [2.5, 2.5],
      [1e300, 1e300],
      [2 ** 53 - 1, 2 ** 53 - 1],
      [2n ** 62n, '4611686018427387904'],
      [2n ** 64n - 1n, '18446744073709551615'],
      [true, 1],
      [null, null],
      ['ä😀\'"\\', 'ä😀\'"\\'],
      [new Date(1_000_000_000_123), new Date(1_000_000_000_123)],
      [new Uint8Array([0, 255]), Buffer.from([0, 255])],
    ] as const) {
      assert.deepEqual(await database.select('SELECT ? AS value', [value]), [{ value: expected }])
    }
    await database.run('INSERT INTO t (v) VALUES (?)', [1e15])
    assert.deepEqual(await database.select('SELECT v FROM t LIMIT ? OFFSET ?', [1, 0]), [{ v: '1000000000000000' }])
    await assert.rejects(database.select('SELECT ?', [undefined as never]), { name: 'TypeError' })
    await assert.rejects(database.select('SELECT ?', [new Date(Number.NaN)]), { name: 'TypeError' })
    await database.select('SELECT 1')
  })

  test('tells what a statement changed', async () => {
    const { insertId } = await database.run('INSERT INTO t (v) VALUES (?)', ['old'])
    assert.ok(Number(insertId) > 0)
    const update = 'UPDATE t SET v = ? WHERE id = ?'
    assert.deepEqual(await database.run(update, ['new', Number(insertId)]), { affectedRows: 1, insertId: null })
    assert.deepEqual(await database.run('DELETE FROM t WHERE id = ?', [0]), { affectedRows: 0, insertId: null })
  })

  test('gives no file of this machine to the server', async () => {
    await assert.rejects(
      database.session((session) => session.execute("LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE t (v)")),
    )
  })

  test('killed while idle is replaced before the next statement', async () => {
    await killed(await idOf(database))
    assert.ok((await idOf(database)) > 0)
  })

  test('killed under a statement is DATABASE_UNAVAILABLE, and the next works', async () => {
    await assert.rejects(
      database.session(async (session) => {
        const id = await idOf(session)
        const sleeping = session.select('SELECT SLEEP(20)')
        await Promise.all([assert.rejects(sleeping, isUnavailable), kill(id)])
        await session.select('SELECT 1')
      }),
      isUnavailable,
    )
    await database.select('SELECT 1')
  })

  test('killed in a transaction takes the whole transaction with it', async () => {
    await assert.rejects(
      database.transaction(async () => {
        await database.run('INSERT INTO t (v) VALUES (?)', ['half'])
        await killed(await idOf(database))
        await database.run('INSERT INTO t (v) VALUES (?)', ['other half'])
      }),
      isUnavailable,
    )
    assert.deepEqual(await database.select("SELECT * FROM t WHERE v LIKE '%half'"), [])
  })

  test('killed under a model is DATABASE_UNAVAILABLE as well', async () => {
    const model = database
      .sequelize()
      .define('t', { v: DataTypes.STRING }, { timestamps: false, freezeTableName: true })
    await assert.rejects(
      database.transaction(async () => {
        await killed(await idOf(database))
        await model.findAll()
      }),
      isUnavailable,
    )
    assert.ok((await model.count()) > 0)
  })

  test('more than the server allows is DATABASE_UNAVAILABLE', async () => {
    await engine.provision({ ...identity, name: 'conn_full', user: 'conn_full_user' })
    const limit = "ALTER USER 'conn_full_user'@'%' WITH MAX_USER_CONNECTIONS 1"
    await engine.catalog.session((session) => session.execute(limit))
    const full = engine.tenant({ ...identity, name: 'conn_full', user: 'conn_full_user' })
    await full.session(() => assert.rejects(full.select('SELECT 1'), isUnavailable))
    await full.close()
  })

  test('the catalog keeps its two places in the budget until the engine closes', async () => {
    const own = new OpenGate()
    const other = mysqlEngineOn(server, 'conn_catalog', { gate: own })
    assert.equal(own.open, 0)
    await other.catalog.select('SELECT 1')
    await other.catalog.releaseIdle()
    assert.equal(own.open, 2)
    await other.close()
    assert.equal(own.open, 0)
  })
})
