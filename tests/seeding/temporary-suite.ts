import assert from 'node:assert/strict'
import { test } from 'node:test'
import { id, type ReferenceAction, varchar } from '../../kernel/contract/columns.js'
import { defineSeed } from '../../kernel/contract/define-seed.js'
import { defineTable } from '../../kernel/contract/define-table.js'
import type { Database } from '../../kernel/engines/contract.js'
import { type MigrationMode, runMode } from '../../kernel/migrations/run-mode.js'
import type { FreshDatabases } from '../support/fresh-databases.js'
import { declare, OPTIONS, rejection } from '../support/schemas.js'
import { rowsOf } from './main-suite.js'

const NO_ROWS = { inserted: 0, updated: 0, deleted: 0, kept: 0, conflicts: [] }

function world(onDelete: ReferenceAction) {
  const posts = defineTable('posts', {
    columns: { title: varchar(50), parent_id: id().nullable().references('posts', { onDelete }) },
  })
  const comments = defineTable('comments', {
    columns: { post_id: id().nullable().references(posts, { onDelete }), body: varchar(50) },
  })
  return declare({
    tables: [comments, posts],
    seeds: [
      defineSeed(posts, {
        main: [{ id: 1, title: 'main' }],
        temporary: [{ id: 101, title: 'child', parent_id: 100 }, { id: 100, title: 'root' }, { title: 'loose' }],
      }),
      defineSeed(comments, { temporary: [{ post_id: 100, body: 'c' }] }),
    ],
  })
}

export function temporarySuite(databases: FreshDatabases): void {
  const run = async (database: Database, declared: ReturnType<typeof declare>, mode: MigrationMode) =>
    (await runMode(database, databases.engine, declared, mode, OPTIONS)).seeds

  test('they come each time they are asked for, and no migration brings them', async () => {
    const database = await databases.create()
    const table = defineTable('items', { columns: { name: varchar(50) } })
    const seed = defineSeed(table, { main: [{ id: 1, name: 'main' }], temporary: [{ name: 'try' }, { name: 'try' }] })
    const declared = declare({ tables: [table], seeds: [seed] })
    assert.equal((await run(database, declared, 'migrate'))[0]?.inserted, 1)
    for (const _time of [1, 2]) {
      assert.deepEqual(await run(database, declared, 'seed'), [{ table: 'items', ...NO_ROWS, inserted: 2 }])
    }
    await database.run("INSERT INTO items (name) VALUES ('user')")
    assert.deepEqual(await rowsOf(database, 'items', 'id, name, main_seed'), [
      { id: 1, name: 'main', main_seed: 1 },
      ...[2, 3, 4, 5].map((id) => ({ id, name: 'try', main_seed: 0 })),
      { id: 6, name: 'user', main_seed: null },
    ])
    assert.deepEqual(await run(database, declared, 'deseed'), [{ table: 'items', ...NO_ROWS, deleted: 4 }])
    assert.deepEqual(await rowsOf(database, 'items', 'id, name'), [
      { id: 1, name: 'main' },
      { id: 6, name: 'user' },
    ])
  })

  test('an empty database is migrated first', async () => {
    const database = await databases.create()
    const seeds = await run(database, world('restrict'), 'seed')
    assert.deepEqual(
      seeds.map(({ table, inserted }) => [table, inserted]),
      [
        ['posts', 1],
        ['comments', 0],
        ['posts', 3],
        ['comments', 1],
      ],
    )
  })

  for (const onDelete of ['restrict', 'cascade', 'set null'] as const) {
    test(`deseed takes them along the foreign keys, children first (${onDelete})`, async () => {
      const database = await databases.create()
      const declared = world(onDelete)
      await run(database, declared, 'seed')
      assert.deepEqual(await run(database, declared, 'deseed'), [
        { table: 'comments', ...NO_ROWS, deleted: 1 },
        { table: 'posts', ...NO_ROWS, deleted: 3 },
      ])
      assert.deepEqual(await rowsOf(database, 'posts', 'id'), [{ id: 1 }])
    })

    test(`deseed leaves those that a user's row refers to (${onDelete})`, async () => {
      const database = await databases.create()
      const declared = world(onDelete)
      await run(database, declared, 'seed')
      await database.run("INSERT INTO comments (id, post_id, body) VALUES (77, 101, 'mine')")
      assert.deepEqual(await run(database, declared, 'deseed'), [
        { table: 'comments', ...NO_ROWS, deleted: 1 },
        // 101, and 100 that it refers to.
        { table: 'posts', ...NO_ROWS, deleted: 1, kept: 2 },
      ])
      assert.deepEqual(await rowsOf(database, 'comments', 'id, post_id, body'), [
        { id: 77, post_id: 101, body: 'mine' },
      ])
      await database.run('DELETE FROM comments')
      assert.deepEqual((await run(database, declared, 'deseed'))[1], { table: 'posts', ...NO_ROWS, deleted: 2 })
    })
  }

  const SELVES = [
    ['cascade', { deleted: 1 }],
    ['set null', { deleted: 1 }],
    // InnoDB refuses to delete such a row.
    ['restrict', { kept: 1 }],
  ] as const
  for (const [onDelete, done] of SELVES) {
    test(`one that refers to itself keeps itself only where the foreign key restricts (${onDelete})`, async () => {
      const database = await databases.create()
      const loop = defineTable('loops', { columns: { self_id: id().nullable().references('loops', { onDelete }) } })
      const seed = defineSeed(loop, { temporary: [{ id: 5, self_id: 5 }] })
      const declared = declare({ tables: [loop], seeds: [seed] })
      await run(database, declared, 'seed')
      assert.deepEqual(await run(database, declared, 'deseed'), [{ table: 'loops', ...NO_ROWS, ...done }])
    })
  }

  test('one that is not valid, or is there already, is refused with nothing of its table written', async () => {
    const database = await databases.create()
    const table = defineTable('items', { columns: { name: varchar(5).unique() } })
    const seeded = (...names: string[]) =>
      declare({ tables: [table], seeds: [defineSeed(table, { temporary: names.map((name) => ({ name })) })] })
    const invalid = await rejection('SEED_REFUSED', run(database, seeded('fine', 'too long'), 'seed'))
    assert.deepEqual(
      invalid.faults.map(({ path }) => path),
      ['items.temporary[1].name'],
    )
    await run(database, seeded('a'), 'seed')
    const twice = await rejection('SEED_REFUSED', run(database, seeded('b', 'a'), 'seed'))
    assert.equal(twice.faults[0]?.path, 'items.temporary[1]')
    assert.deepEqual(await rowsOf(database, 'items', 'name'), [{ name: 'a' }])
  })
}
