import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DataTypes } from 'sequelize'
import { gate } from '../support/gate.js'
import type { EngineFixture } from './engine-fixture.js'

export function transactionSuite(fixture: EngineFixture): void {
  describe('transactions', () => {
    test('a transaction that returns is kept', async () => {
      await fixture.createItems()
      const result = await fixture.database.transaction(async () => {
        await fixture.insert('a')
        return 7
      })
      assert.equal(result, 7)
      assert.deepEqual(await fixture.names(), ['a'])
    })

    test('a transaction that throws leaves nothing', async () => {
      await fixture.createItems()
      const failure = new Error('on purpose')
      const attempt = fixture.database.transaction(async () => {
        await fixture.insert('a')
        throw failure
      })
      await assert.rejects(attempt, failure)
      assert.deepEqual(await fixture.names(), [])
    })

    test('a nested transaction that throws undoes its own part alone', async () => {
      await fixture.createItems()
      await fixture.database.transaction(async () => {
        await fixture.insert('outer')
        const inner = fixture.database.transaction(async () => {
          await fixture.insert('inner')
          await fixture.database.transaction(() => fixture.insert('innermost'))
          throw new Error('on purpose')
        })
        await assert.rejects(inner, /on purpose/)
        await fixture.insert('after')
      })
      assert.deepEqual(await fixture.names(), ['outer', 'after'])
    })

    test('a statement that was not waited for is part of the transaction', async () => {
      await fixture.createItems()
      await fixture.database.transaction(async () => {
        void fixture.insert('not awaited')
        void fixture.database.sequelize().query("INSERT INTO items (name) VALUES ('through Sequelize')")
      })
      assert.deepEqual((await fixture.names()).sort(), ['not awaited', 'through Sequelize'])
      // Its connection is given back once: two callers at the same time get two.
      const ids = await Promise.all([1, 2].map((i) => fixture.database.transaction(() => fixture.insert(`later ${i}`))))
      assert.equal(ids.length, 2)
      assert.equal((await fixture.names()).length, 4)
    })

    test('a transaction left open by hand is not the next caller’s', async () => {
      await fixture.createItems()
      await fixture.database.run(fixture.database.engine === 'mysql' ? 'START TRANSACTION' : 'BEGIN IMMEDIATE')
      await fixture.insert('kept')
      await fixture.database.releaseIdle()
      assert.deepEqual(await fixture.names(), ['kept'])
    })

    test('siblings started together do not undo one another', async () => {
      await fixture.createItems()
      await fixture.database.transaction(() =>
        Promise.allSettled(
          ['a', 'b', 'c', 'd'].map((name) =>
            fixture.database.transaction(async () => {
              await fixture.insert(name)
              if (name === 'b' || name === 'd') throw new Error('on purpose')
            }),
          ),
        ),
      )
      assert.deepEqual(await fixture.names(), ['a', 'c'])
    })

    test('what happens outside sees nothing of it before its end', async () => {
      await fixture.createItems()
      const inserted = gate()
      const looked = gate()
      const transaction = fixture.database.transaction(async () => {
        await fixture.insert('a')
        assert.deepEqual(await fixture.names(), ['a'])
        inserted.open()
        await looked.opened
      })
      await inserted.opened
      assert.deepEqual(await fixture.names(), [])
      looked.open()
      await transaction
      assert.deepEqual(await fixture.names(), ['a'])
    })

    test('transactions on the same row, reading and then writing, all count', async () => {
      await fixture.createItems()
      await fixture.insert('0')
      const increment = () =>
        fixture.database.transaction(async () => {
          const lock = fixture.engine.kind === 'mysql' ? ' FOR UPDATE' : ''
          const [row] = await fixture.database.select<{ name: string }>(`SELECT name FROM items WHERE id = 1${lock}`)
          await fixture.database.run('UPDATE items SET name = ? WHERE id = 1', [String(Number(row?.name) + 1)])
        })
      await Promise.all(Array.from({ length: 20 }, increment))
      assert.deepEqual(await fixture.names(), ['20'])
    })

    test('models and statements share the transaction', async () => {
      await fixture.createItems()
      const Item = fixture.database
        .sequelize()
        .define('items', { name: DataTypes.STRING }, { tableName: 'items', timestamps: false })
      const attempt = fixture.database.transaction(async () => {
        await Item.create({ name: 'by the model' })
        await fixture.insert('by a statement')
        assert.equal(await Item.count(), 2)
        throw new Error('on purpose')
      })
      await assert.rejects(attempt, /on purpose/)
      assert.equal(await Item.count(), 0)
      await fixture.database.transaction(async () => {
        await fixture.insert('kept')
        await Promise.all([Item.create({ name: 'kept too' }), Item.findAll()])
      })
      assert.deepEqual(await fixture.names(), ['kept', 'kept too'])
    })

    test('a session has transactions of its own', async () => {
      await fixture.createItems()
      await fixture.database.session(async (session) => {
        const attempt = session.transaction(async () => {
          await session.run('INSERT INTO items (name) VALUES (?)', ['a'])
          throw new Error('on purpose')
        })
        await assert.rejects(attempt, /on purpose/)
        await session.transaction(() => session.run('INSERT INTO items (name) VALUES (?)', ['b']))
      })
      assert.deepEqual(await fixture.names(), ['b'])
    })
  })
}
