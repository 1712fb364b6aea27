import assert from 'node:assert/strict'
import { test } from 'node:test'
import { id, int, varchar } from '../../kernel/contract/columns.js'
import { defineSeed } from '../../kernel/contract/define-seed.js'
import { defineTable } from '../../kernel/contract/define-table.js'
import type { DeclaredSchema } from '../../kernel/migrations/declared/declared-schema.js'
import { type MigrationMode, runMode } from '../../kernel/migrations/run-mode.js'
import type { FreshDatabases } from '../support/fresh-databases.js'
import { declare, OPTIONS, rejection } from '../support/schemas.js'
import { rowsOf } from './main-suite.js'

const codes = defineTable('codes', {
  columns: { code: varchar(10).unique(), level: int().nullable(), of_id: id().nullable().references('codes') },
})
type Main = { id: number; code: string; level?: number; of_id?: number; forced?: boolean }
const seeded = (...main: Main[]) => declare({ tables: [codes], seeds: [defineSeed(codes, { main })] })
const forced = (...main: Main[]) => seeded(...main.map((row) => ({ ...row, forced: true })))

/** Main seeds that take unique values over from one another. */
export function uniqueSuite(databases: FreshDatabases): void {
  const run = async (mode: MigrationMode, before: DeclaredSchema, after: DeclaredSchema) => {
    const database = await databases.create()
    await runMode(database, databases.engine, before, 'migrate', OPTIONS)
    return { database, running: runMode(database, databases.engine, after, mode, OPTIONS) }
  }
  const codesOf = (database: Parameters<typeof rowsOf>[0]) => rowsOf(database, 'codes', 'id, code, main_seed')

  test('a value that one main seed lets go of is another’s, whatever their order', async () => {
    const cases: [MigrationMode, DeclaredSchema, DeclaredSchema][] = [
      ['migrate', forced({ id: 1, code: 'a' }), forced({ id: 2, code: 'a' }, { id: 1, code: 'b' })],
      ['force', seeded({ id: 1, code: 'a' }), seeded({ id: 2, code: 'a' }, { id: 1, code: 'b' })],
      [
        'migrate',
        forced({ id: 1, code: 'b' }, { id: 2, code: 'c' }),
        forced({ id: 1, code: 'b' }, { id: 2, code: 'a' }),
      ],
    ]
    for (const [mode, before, after] of cases) {
      const { database, running } = await run(mode, before, after)
      await running
      const rows = await codesOf(database)
      assert.deepEqual(rows, [
        { id: 1, code: 'b', main_seed: 1 },
        { id: 2, code: 'a', main_seed: 1 },
      ])
    }
  })

  test('a main seed waits for the one it refers to, if that waits for a value', async () => {
    const after = forced({ id: 2, code: 'a' }, { id: 3, code: 'c', of_id: 2 }, { id: 1, code: 'b' })
    const { database, running } = await run('migrate', forced({ id: 1, code: 'a' }), after)
    const { seeds } = await running
    assert.deepEqual([seeds[0]?.inserted, seeds[0]?.updated], [2, 1])
    assert.equal((await codesOf(database)).length, 3)
  })

  test('force lets two main seeds change their values for one another’s', async () => {
    const swapped = seeded({ id: 1, code: 'b' }, { id: 2, code: 'a', level: 3 })
    const { database, running } = await run(
      'force',
      seeded({ id: 1, code: 'a', level: 1 }, { id: 2, code: 'b' }),
      swapped,
    )
    const { seeds } = await running
    assert.deepEqual([seeds[0]?.inserted, seeds[0]?.updated, seeds[0]?.deleted], [0, 2, 0])
    assert.deepEqual(await rowsOf(database, 'codes', 'id, code, level, main_seed'), [
      { id: 1, code: 'b', level: null, main_seed: 1 },
      { id: 2, code: 'a', level: 3, main_seed: 1 },
    ])
  })

  test('a value that a row of a user has is refused, with nothing of the table written', async () => {
    for (const mode of ['migrate', 'force'] as const) {
      const { database, running } = await run('migrate', seeded({ id: 1, code: 'a' }), seeded({ id: 1, code: 'a' }))
      await running
      await database.run("INSERT INTO codes (id, code, of_id) VALUES (9, 'mine', 1)")
      const more = seeded({ id: 1, code: 'a' }, { id: 2, code: 'b' }, { id: 3, code: 'mine' })
      const error = await rejection('SEED_REFUSED', runMode(database, databases.engine, more, mode, OPTIONS))
      assert.deepEqual(
        error.faults.map(({ path }) => path),
        ['codes.main[id=3]'],
      )
      assert.deepEqual(
        (await codesOf(database)).map(({ id }) => id),
        [1, 9],
      )
    }
  })
}
