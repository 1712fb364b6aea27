import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Database, Engine } from '../../kernel/engines/contract.js'
import { lockName } from '../../kernel/engines/mysql/identifiers.js'
import { withMariaDb } from '../support/mariadb.js'
import { mysqlEngineOn } from '../support/mysql-engine.js'

const name = `lock_${'x'.repeat(50)}`
const unexpected = async () => assert.fail('it must not get the lock')
const other = { name: 'lock_other', user: 'lock_other_user', secret: 's' }

await withMariaDb('the migration lock on MySQL', (server) => {
  let engine: Engine
  let database: Database
  before(async () => {
    engine = mysqlEngineOn(server, 'lock_catalog')
    await engine.provisionCatalog()
    await engine.provision({ name, user: 'lock_user', secret: 's' })
    await engine.provision(other)
    database = engine.tenant({ name, user: 'lock_user', secret: 's' })
  })
  after(async () => {
    await database.close()
    await engine.close()
  })

  test('one works, the other waits', async () => {
    const order: string[] = []
    const second = engine.tenant({ name, user: 'lock_user', secret: 's' })
    let waiting: Promise<void> | undefined
    await database.locked(5, async () => {
      waiting = second.locked(5, async () => {
        order.push('second')
      })
      await database.select('SELECT SLEEP(0.1)')
      order.push('first')
    })
    await waiting
    assert.deepEqual(order, ['first', 'second'])
    await second.close()
  })

  test('whoever waits too long is told LOCKED; another database is free', async () => {
    await database.locked(0, async () => {
      await assert.rejects(database.locked(0, unexpected), { code: 'LOCKED', status: 409 })
      const free = engine.tenant(other)
      assert.equal(await free.locked(0, async () => 'free'), 'free')
      await free.close()
    })
    assert.equal(await database.locked(0, async () => 'again'), 'again')
  })

  test('a holder in another process keeps it, and frees it when it dies', async () => {
    await engine.catalog.session(async (holder) => {
      const [row] = await holder.select<{ id: number }>('SELECT CONNECTION_ID() AS id, GET_LOCK(?, 0) AS taken', [
        lockName('migrate', name),
      ])
      await assert.rejects(database.locked(0, unexpected), { code: 'LOCKED' })
      await engine.catalog.select('SELECT 1')
      const waiting = database.locked(5, async () => 'freed')
      await Promise.all([
        assert.rejects(holder.select('SELECT SLEEP(20)')),
        engine.catalog.transaction(() => engine.catalog.run(`KILL CONNECTION ${row?.id}`)),
      ])
      assert.equal(await waiting, 'freed')
    })
  })

  test('what the holder throws comes through, and its lost connection does not hide a result', async () => {
    await assert.rejects(
      database.locked(0, async () => {
        throw new RangeError('of the holder')
      }),
      RangeError,
    )
    const result = await database.locked(0, async (session) => {
      const [row] = await session.select<{ id: number }>('SELECT CONNECTION_ID() AS id')
      await engine.catalog.run(`KILL CONNECTION ${row?.id}`)
      return 'done'
    })
    assert.equal(result, 'done')
    await database.locked(1, async () => {})
  })
})
