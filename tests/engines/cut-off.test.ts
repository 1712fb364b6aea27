import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Database } from '../../kernel/engines/contract.js'
import { M3Error } from '../../kernel/errors.js'
import { type FreshDatabases, onBothEngines } from '../support/fresh-databases.js'

function suite(databases: FreshDatabases): void {
  const identityOf = ({ name }: Database) => ({ name, user: name, secret: 'a Stored secret 1' })

  test('what a thread is told to open a database by is plain data of that tenant alone', async () => {
    const { engine } = databases
    const connection = engine.connectionOf(identityOf(await databases.create()))
    assert.deepEqual(structuredClone(connection), connection)
    const told = JSON.stringify(connection)
    for (const secret of ['root of the tests', 'salt of the tests', 'a Stored secret 1']) {
      assert.ok(!told.includes(secret), secret)
    }
    assert.ok(!told.includes(engine.catalog.name))
  })

  test('a connection that is cut off ends with what it runs and has locked', async () => {
    const { engine } = databases
    if (engine.kind === 'sqlite') return
    const database = await databases.create()
    await database.run('CREATE TABLE one (id INT PRIMARY KEY)')
    await database.run('INSERT INTO one VALUES (1)')
    let cut: Promise<void> | undefined
    const kept = database.session((session) =>
      session.transaction(async (inner) => {
        await inner.run('UPDATE one SET id = 2')
        const [row] = await inner.select<{ id: number }>('SELECT CONNECTION_ID() AS id')
        cut = engine.cutOff(identityOf(database), [Number(row?.id)])
        await inner.select('SELECT SLEEP(100)')
      }),
    )
    await assert.rejects(kept, (error) => error instanceof M3Error && error.code === 'DATABASE_UNAVAILABLE')
    await cut
    const other = databases.reopen()
    await other.session(async (session) => {
      await session.execute('SET innodb_lock_wait_timeout = 1')
      assert.equal((await session.run('UPDATE one SET id = 3')).affectedRows, 1)
    })
  })

  test('a connection that is gone already is nothing to cut off', async () => {
    await databases.engine.cutOff(identityOf(await databases.create()), [2 ** 31 - 1])
  })
}

await onBothEngines('cut_off', suite)
