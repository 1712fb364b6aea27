import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as c from '../../kernel/contract/columns.js'
import { defineTable } from '../../kernel/contract/define-table.js'
import type { Database } from '../../kernel/engines/contract.js'
import { M3Error } from '../../kernel/errors.js'
import { migrate } from '../../kernel/migrations/migrate.js'
import type { FreshDatabases } from '../support/fresh-databases.js'
import { declare, OPTIONS, watched } from '../support/schemas.js'
import { settled } from './settled.js'

const all = { name: c.varchar(30), at: c.datetime().nullable(), extra: c.json().nullable(), raw: c.blob().nullable() }
const things = (columns: Parameters<typeof defineTable>[1]['columns']) => defineTable('things', { columns })
const before = declare({ tables: [things(all), defineTable('empty', { columns: { a: c.int(), b: c.int() } })] })
const after = declare({ tables: [things({ name: c.varchar(10) }), defineTable('empty', { columns: { a: c.int() } })] })

interface Listed {
  readonly name: string
  readonly table_name: string
  readonly migration: string
  readonly taken_at: unknown
  readonly n: number
}

export function copySuite(databases: FreshDatabases): void {
  const filled = async () => {
    const database = await databases.create()
    await settled(database, databases.engine, before)
    const sql = 'INSERT INTO things (id, name, at, extra, raw) VALUES (?, ?, ?, ?, ?)'
    await database.run(sql, [3, 'ä 😀', new Date(0), '{"a":[1]}', new Uint8Array([0, 255, 10])])
    await database.run(sql, [0, '', null, null, null])
    return database
  }
  const rowsOf = (database: Database, table: string) =>
    database.select(`SELECT id, name, CAST(at AS CHAR) AS moment, extra, raw FROM ${table} ORDER BY id`)
  const listOf = (database: Database) => {
    const rows = databases.engine.ddl.quote('rows')
    return database.select<Listed>(`SELECT name, table_name, migration, taken_at, ${rows} AS n FROM m3saas_copies`)
  }

  test('a table that loses values is copied before; the copy gives all of them back', async () => {
    const database = await filled()
    const rows = await rowsOf(database, 'things')
    const report = await settled(database, databases.engine, after)
    assert.deepEqual(report.copies, [{ name: 'm3saas_copy_1_things', table: 'things', rows: 2 }])
    const [listed, ...more] = await listOf(database)
    assert.deepEqual(
      [listed?.name, listed?.table_name, Number(listed?.n), more],
      ['m3saas_copy_1_things', 'things', 2, []],
    )
    assert.equal(listed?.migration, `generated/${after.fingerprint}`)
    assert.notEqual(listed?.taken_at, null)
    assert.deepEqual(await rowsOf(database, 'm3saas_copy_1_things'), rows)
    await settled(database, databases.engine, before)
    await database.run('DELETE FROM things')
    await database.run(
      'INSERT INTO things (id, name, at, extra, raw) SELECT id, name, at, extra, raw FROM m3saas_copy_1_things WHERE id > 0',
    )
    assert.deepEqual(
      await rowsOf(database, 'things'),
      rows.filter(({ id }) => id !== 0),
    )
  })

  test('copies have numbers of their own and stay', async () => {
    const database = await filled()
    for (const declared of [after, before, after]) await settled(database, databases.engine, declared)
    assert.deepEqual(
      (await listOf(database)).map(({ name }) => name),
      ['m3saas_copy_1_things', 'm3saas_copy_2_things'],
    )
  })

  test('one that is no longer on the list keeps its name and its rows', async () => {
    const database = await filled()
    await settled(database, databases.engine, after)
    await database.run('DELETE FROM m3saas_copies')
    for (const declared of [before, after]) await settled(database, databases.engine, declared)
    assert.deepEqual(
      (await listOf(database)).map(({ name }) => name),
      ['m3saas_copy_2_things'],
    )
    assert.equal((await rowsOf(database, 'm3saas_copy_1_things')).length, 2)
  })

  test('cut off before any statement, no value is lost, and no half-made copy stays', async () => {
    let cuts = 0
    for (let finished = false; !finished; cuts++) {
      const database = await filled()
      const rows = await rowsOf(database, 'things')
      let statements = 0
      const cutOff = watched(database, () => {
        if (++statements > cuts) throw new M3Error('DATABASE_UNAVAILABLE', 'cut off by the test')
      })
      finished = await migrate(cutOff, databases.engine, after, OPTIONS).then(
        () => true,
        () => false,
      )
      await settled(database, databases.engine, after)
      const listed = await listOf(database)
      assert.ok(listed.length > 0 && listed.every(({ taken_at, n }) => taken_at !== null && Number(n) === 2))
      assert.deepEqual(
        await rowsOf(database, 'm3saas_copy_1_things').catch(() => rowsOf(database, listed[0]?.name ?? '')),
        rows,
      )
    }
    assert.ok(cuts > 15, `${cuts} statements`)
  })
}
