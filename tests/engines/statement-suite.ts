import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { bigint, blob, boolean, datetime, double, int, text, varchar } from '../../kernel/contract/columns.js'
import type { SqlValue } from '../../kernel/contract/context.js'
import { type EngineFixture, spec } from './engine-fixture.js'

/** One row a kind of value: the column that holds it, what is bound, what a select gives. */
const ROUND_TRIPS: readonly [name: string, column: string, bound: SqlValue, read: unknown][] = [
  ['text', 'words', 'it\'s "quoted" \\ and\nbroken', 'it\'s "quoted" \\ and\nbroken'],
  ['an emoji', 'words', '🦄 žluťoučký', '🦄 žluťoučký'],
  ['the empty string', 'words', '', ''],
  ['an integer', 'whole', -42, -42],
  ['a fraction', 'fraction', 0.1, 0.1],
  ['the largest safe integer', 'large', Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  ['an integer beyond 2^53', 'large', 9_007_199_254_740_993n, '9007199254740993'],
  ['the largest 64-bit integer', 'large', 9_223_372_036_854_775_807n, '9223372036854775807'],
  ['the smallest 64-bit integer', 'large', -9_223_372_036_854_775_808n, '-9223372036854775808'],
  ['a small bigint', 'large', 7n, 7],
  ['true', 'flag', true, 1],
  ['false', 'flag', false, 0],
  ['a date with milliseconds', 'moment', new Date('2024-02-29T23:59:59.987Z'), new Date('2024-02-29T23:59:59.987Z')],
  ['bytes', 'bytes', Uint8Array.of(0, 255, 0, 7), Buffer.from([0, 255, 0, 7])],
  ['a buffer', 'bytes', Buffer.from('a\0b'), Buffer.from('a\0b')],
  ['no bytes', 'bytes', new Uint8Array(0), Buffer.alloc(0)],
  ['null', 'words', null, null],
]

export function statementSuite(fixture: EngineFixture): void {
  describe('statements', () => {
    const createValues = () =>
      fixture.create(
        spec('kept', {
          columns: {
            words: text().nullable(),
            whole: int().nullable(),
            fraction: double().nullable(),
            large: bigint().nullable(),
            flag: boolean().nullable(),
            moment: datetime().nullable(),
            bytes: blob().nullable(),
          },
        }),
      )

    test('each kind of value comes back as it was bound', async () => {
      await createValues()
      for (const [name, column, bound, read] of ROUND_TRIPS) {
        const { insertId } = await fixture.database.run(`INSERT INTO kept (${column}) VALUES (?)`, [bound])
        const rows = await fixture.database.select(`SELECT ${column} AS found FROM kept WHERE id = ?`, [insertId])
        assert.deepEqual(rows[0]?.found, read, name)
      }
    })

    test('each kind of value finds its row again', async () => {
      await createValues()
      for (const [name, column, bound] of ROUND_TRIPS) {
        if (bound === null) continue
        await fixture.database.run('DELETE FROM kept')
        await fixture.database.run(`INSERT INTO kept (${column}) VALUES (?)`, [bound])
        const rows = await fixture.database.select(`SELECT id FROM kept WHERE ${column} = ?`, [bound])
        assert.equal(rows.length, 1, name)
      }
    })

    test('run tells what it changed and which number it gave', async () => {
      await fixture.createItems()
      const first = await fixture.insert('a')
      assert.deepEqual(first, { affectedRows: 1, insertId: 1 })
      assert.equal((await fixture.insert('b')).insertId, 2)
      const update = await fixture.database.run('UPDATE items SET name = ? WHERE id = ?', ['c', 2])
      assert.deepEqual(update, { affectedRows: 1, insertId: null })
      assert.equal((await fixture.database.run('DELETE FROM items')).affectedRows, 2)
      assert.equal((await fixture.database.run('DELETE FROM items')).affectedRows, 0)
    })

    test('a table without auto-increment gives no number', async () => {
      await fixture.create(spec('words', { columns: { word: varchar(20).primary() } }))
      const result = await fixture.database.run('INSERT INTO words (word) VALUES (?)', ['a'])
      assert.deepEqual(result, { affectedRows: 1, insertId: null })
    })

    test('a number once given is not given again', async () => {
      await fixture.createItems()
      await fixture.insert('a')
      const { insertId } = await fixture.insert('b')
      await fixture.database.run('DELETE FROM items WHERE id = ?', [insertId])
      assert.equal((await fixture.insert('c')).insertId, Number(insertId) + 1)
    })

    test('rows are plain objects', async () => {
      await fixture.createItems()
      await fixture.insert('a')
      assert.deepEqual({ ...(await fixture.database.select('SELECT id, name FROM items'))[0] }, { id: 1, name: 'a' })
    })

    test('a hundred statements at once all arrive', async () => {
      await fixture.createItems()
      await Promise.all(Array.from({ length: 100 }, (_, i) => fixture.insert(`item ${i}`)))
      assert.equal(new Set(await fixture.names()).size, 100)
    })

    test('a statement that is wrong fails alone', async () => {
      await fixture.createItems()
      await assert.rejects(fixture.database.select('SELECT nothing FROM nowhere'))
      await fixture.insert('a')
      assert.deepEqual(await fixture.names(), ['a'])
    })

    test('a column added meanwhile is in the rows of a statement used before', async () => {
      await fixture.createItems()
      await fixture.insert('a')
      const sql = 'SELECT * FROM items'
      await fixture.database.select(sql)
      await fixture.database.session((session) => session.execute('ALTER TABLE items ADD COLUMN seen DATETIME NULL'))
      await fixture.database.run('UPDATE items SET seen = ?', [new Date(0)])
      assert.deepEqual({ ...(await fixture.database.select(sql))[0] }, { id: 1, name: 'a', seen: new Date(0) })
    })
  })
}
