import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMysqlEngine } from '../../kernel/engines/mysql/mysql-engine.js'
import { M3Error } from '../../kernel/errors.js'
import { mysqlEngineOn } from '../support/mysql-engine.js'
import { withMysqlFixture } from './mysql-fixture.js'
import { OpenGate } from './open-gate.js'

const DATABASES =
  "SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE 'm3saas-scratch-%'"
const NAME = 'm3saas-scratch-scratch_catalog'

await withMysqlFixture('the scratch database on MySQL', 'scratch', (fixture, server) => {
  const scratches = async () => {
    const rows = await fixture.engine.catalog.select<{ name: string }>(DATABASES)
    return rows.map(({ name }) => name).filter((name) => name === NAME)
  }

  test('is there while it is used, with the configured collation, and hidden from tenants', async () => {
    await fixture.engine.scratch(async (session) => {
      assert.deepEqual(await scratches(), [NAME])
      const [settings] = await session.select('SELECT DATABASE() AS name, @@collation_database AS collation')
      assert.deepEqual(settings, { name: NAME, collation: 'utf8mb4_unicode_ci' })
      assert.deepEqual(await fixture.database.select(DATABASES), [])
      await session.execute('CREATE TABLE t (a INT)')
      await assert.rejects(fixture.database.select(`SELECT * FROM \`${NAME}\`.t`), {
        code: 'ER_TABLEACCESS_DENIED_ERROR',
      })
    })
    assert.deepEqual(await scratches(), [])
  })

  test('is dropped when what used it failed, and when its connection was killed', async () => {
    await assert.rejects(
      fixture.engine.scratch((session) => session.execute('NONSENSE')),
      { code: 'ER_PARSE_ERROR' },
    )
    assert.deepEqual(await scratches(), [])
    await assert.rejects(
      fixture.engine.scratch(async (session) => {
        await session.execute('CREATE TABLE t (a INT)')
        const [row] = await session.select<{ id: number }>('SELECT CONNECTION_ID() AS id')
        await fixture.engine.catalog.session((root) => root.execute(`KILL ${row?.id}`))
        await session.select('SELECT * FROM t')
      }),
      (error) => error instanceof M3Error && error.code === 'DATABASE_UNAVAILABLE',
    )
    assert.deepEqual(await scratches(), [NAME])
    const tables = await fixture.engine.scratch((session) => session.select('SHOW TABLES'))
    assert.deepEqual(tables, [])
    assert.deepEqual(await scratches(), [])
  })

  test('is one for all processes, which take turns', async () => {
    const other = mysqlEngineOn(server, 'scratch_catalog')
    const order: string[] = []
    const use = (engine: typeof other, name: string) =>
      engine.scratch(async (session) => {
        order.push(`${name} begins`)
        await session.execute('CREATE TABLE t (a INT)')
        await session.execute('INSERT INTO t VALUES (1)')
        assert.equal((await session.select('SELECT * FROM t')).length, 1)
        order.push(`${name} ends`)
      })
    await Promise.all([use(fixture.engine, 'a'), use(other, 'b'), use(fixture.engine, 'c')])
    await other.close()
    for (const [i, entry] of order.entries()) {
      if (i % 2 === 0) assert.equal(order[i + 1], entry.replace('begins', 'ends'))
    }
    assert.equal(order.length, 6)
  })

  test('takes one place of the budget and gives it back', async () => {
    const gate = new OpenGate()
    const { host, port, rootUser: user, rootPassword: password } = server
    const engine = createMysqlEngine({
      database: { host, port, database: 'scratch_catalog', user, password },
      settings: { engine: 'InnoDB', collation: 'utf8mb4_unicode_ci' },
      dbSalt: 's',
      limits: { connectionsPerTenant: 1, connectionWaitSeconds: 5, connectionIdleSeconds: 5 },
      gate,
    })
    const seen: number[] = []
    const look = async () => {
      seen.push(gate.open)
    }
    await Promise.all([engine.scratch(look), engine.scratch(look), engine.scratch(look)])
    assert.deepEqual(seen, [1, 1, 1])
    assert.equal(gate.open, 0)
    await engine.close()
  })

  test('asks for a collation that the server knows', async () => {
    const engine = mysqlEngineOn(server, 'scratch_catalog', {
      settings: { engine: 'InnoDB', collation: 'klingon_general_ci' },
    })
    await assert.rejects(
      engine.scratch(async () => {}),
      (error) => error instanceof M3Error && error.code === 'CONFIG_INVALID',
    )
    await engine.close()
  })
})
