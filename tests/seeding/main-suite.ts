import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { blob, boolean, datetime, decimal, id, int, json, varchar } from '../../kernel/contract/columns.js'
import { defineSeed } from '../../kernel/contract/define-seed.js'
import { defineTable } from '../../kernel/contract/define-table.js'
import type { Database } from '../../kernel/engines/contract.js'
import { migrate } from '../../kernel/migrations/migrate.js'
import type { FreshDatabases } from '../support/fresh-databases.js'
import { declare, OPTIONS, rejection } from '../support/schemas.js'

const teams = defineTable('teams', {
  columns: { name: varchar(50).unique(), level: int().default(5), note: varchar(50).nullable() },
})
const members = defineTable('members', {
  columns: { group_id: id().references(teams, { onDelete: 'cascade' }), name: varchar(50) },
})
type Team = { id: number; name: string; level?: number; forced?: boolean }
const withTeams = (...main: Team[]) => declare({ tables: [members, teams], seeds: [defineSeed(teams, { main })] })

export const rowsOf = (database: Database, table: string, columns: string) =>
  database.select(`SELECT ${columns} FROM ${table} ORDER BY ${columns.split(',')[0]}`)

export function mainSuite(databases: FreshDatabases): void {
  const up = (database: Database, declared: ReturnType<typeof declare>, options: object = {}) =>
    migrate(database, databases.engine, declared, { ...OPTIONS, ...options })

  test('a missing main seed is inserted, one that is there is left as it is', async () => {
    const database = await databases.create()
    await up(database, withTeams({ id: 1, name: 'one' }, { id: 2, name: 'two' }))
    await database.run("UPDATE teams SET name = 'mine' WHERE id = 1")
    await database.run('DELETE FROM teams WHERE id = 2')
    const report = await up(
      database,
      withTeams({ id: 1, name: 'one' }, { id: 2, name: 'two' }, { id: 3, name: 'three' }),
    )
    assert.deepEqual(report.seeds, [{ table: 'teams', inserted: 2, updated: 0, deleted: 0, kept: 1, conflicts: [] }])
    assert.deepEqual(await rowsOf(database, 'teams', 'id, name, level, main_seed'), [
      { id: 1, name: 'mine', level: 5, main_seed: 1 },
      { id: 2, name: 'two', level: 5, main_seed: 1 },
      { id: 3, name: 'three', level: 5, main_seed: 1 },
    ])
  })

  test('a database that is up to date is looked at only if asked to', async () => {
    const database = await databases.create()
    const declared = withTeams({ id: 1, name: 'one' })
    await up(database, declared)
    await database.run('DELETE FROM teams')
    assert.deepEqual((await up(database, declared)).seeds, [])
    const report = await up(database, declared, { checkSeeds: true })
    assert.deepEqual([report.upToDate, report.seeds[0]?.inserted], [true, 1])
  })

  test('forced main seeds are set back to what they declare, and to that alone', async () => {
    const database = await databases.create()
    const seeds: Team[] = [
      { id: 1, name: 'one', forced: true },
      { id: 2, name: 'two' },
    ]
    await up(database, withTeams(...seeds))
    await database.run("UPDATE teams SET name = CASE id WHEN 1 THEN 'a' ELSE 'b' END, level = 9")
    const report = await up(database, withTeams(...seeds), { checkSeeds: true })
    assert.deepEqual(report.seeds, [{ table: 'teams', inserted: 0, updated: 1, deleted: 0, kept: 1, conflicts: [] }])
    assert.deepEqual(await rowsOf(database, 'teams', 'id, name, level'), [
      { id: 1, name: 'one', level: 9 },
      { id: 2, name: 'b', level: 9 },
    ])
  })

  test('forceMainSeeds treats all of them so, even if the database is up to date', async () => {
    const database = await databases.create()
    const declared = withTeams({ id: 1, name: 'one' })
    await up(database, declared)
    await database.run("UPDATE teams SET name = 'x'")
    assert.equal((await up(database, declared, { forceMainSeeds: true })).seeds[0]?.updated, 1)
    assert.deepEqual(await rowsOf(database, 'teams', 'name'), [{ name: 'one' }])
  })

  test("a user's row with the key of a main seed is left alone and reported", async () => {
    const database = await databases.create()
    await up(database, withTeams())
    await database.run("INSERT INTO teams (id, name, main_seed) VALUES (1, 'mine', NULL), (2, 'try', FALSE)")
    const declared = withTeams({ id: 1, name: 'one', forced: true }, { id: 2, name: 'two', forced: true })
    const report = await up(database, declared)
    assert.deepEqual(report.seeds, [
      { table: 'teams', inserted: 0, updated: 0, deleted: 0, kept: 0, conflicts: ['id=1', 'id=2'] },
    ])
    assert.deepEqual(await rowsOf(database, 'teams', 'id, name, main_seed'), [
      { id: 1, name: 'mine', main_seed: null },
      { id: 2, name: 'try', main_seed: 0 },
    ])
  })

  test('tables are seeded in the order of their foreign keys, rows of a tree parents first', async () => {
    const database = await databases.create()
    const tree = defineTable('tree', {
      columns: { parent_id: id().nullable().references('tree'), member_id: id().references(members) },
    })
    const declared = declare({
      tables: [tree, members, teams],
      seeds: [
        defineSeed(tree, {
          main: [
            { id: 1, parent_id: 2, member_id: 4 },
            { id: 2, member_id: 4 },
          ],
        }),
        defineSeed(members, { main: [{ id: 4, group_id: 9, name: 'm' }] }),
        defineSeed(teams, { main: [{ id: 9, name: 'g' }] }),
      ],
    })
    const report = await up(database, declared)
    assert.deepEqual(
      report.seeds.map(({ table, inserted }) => [table, inserted]),
      [
        ['teams', 1],
        ['members', 1],
        ['tree', 2],
      ],
    )
  })

  test('values of every kind arrive as they are, bound and not pasted', async () => {
    const database = await databases.create()
    const things = defineTable('things', {
      columns: {
        at: datetime(),
        since: datetime(),
        ok: boolean(),
        data: json(),
        bytes: blob(),
        price: decimal(10, 2),
        word: varchar(50),
        none: varchar(50).nullable(),
      },
    })
    const at = new Date('2024-02-29T12:00:00.123Z')
    const row = { at, since: '2024-02-29T13:00:00+01:00', ok: false, data: { a: ["it's", 1, null] }, price: '12.50' }
    const main = [
      { id: 1, ...row, bytes: new Uint8Array([0, 255]), word: "Robert'); DROP TABLE things; --", none: null },
    ]
    await up(database, declare({ tables: [things], seeds: [defineSeed(things, { main })] }))
    const [found] = await database.select('SELECT * FROM things')
    assert.ok(found)
    assert.deepEqual(
      { ...found, data: JSON.parse(String(found.data)), bytes: [...(found.bytes as Buffer)] },
      {
        ...{
          id: 1,
          at,
          since: new Date('2024-02-29T12:00:00Z'),
          ok: 0,
          data: row.data,
          bytes: [0, 255],
          price: '12.50',
        },
        ...{ word: "Robert'); DROP TABLE things; --", none: null, main_seed: 1 },
      },
    )
  })

  test('keys of several columns, of text and of 64 bits are found again', async () => {
    const database = await databases.create()
    const words = defineTable('words', {
      columns: { lang: varchar(5).primary(), word: varchar(20).primary(), n: int() },
    })
    const main = [
      { lang: 'de', word: 'Haus', n: 1, forced: true },
      { lang: 'en', word: 'Haus', n: 2 },
    ]
    const declared = declare({ tables: [words], seeds: [defineSeed(words, { main })] })
    await up(database, declared)
    const report = await up(database, declared, { checkSeeds: true })
    assert.deepEqual(report.seeds, [{ table: 'words', inserted: 0, updated: 1, deleted: 0, kept: 1, conflicts: [] }])
  })

  describe('what is refused', () => {
    test('every fault of every row is told, and neither table nor row is made', async () => {
      const database = await databases.create()
      const main = [
        { id: 0, name: 'x'.repeat(51) },
        { id: 2, name: 'ok', level: 'many' as unknown as number },
        { id: 3 } as unknown as Team,
      ]
      const error = await rejection('SEED_REFUSED', up(database, withTeams({ id: 9, name: 'fine' }, ...main)))
      assert.deepEqual(
        error.faults.map(({ path, message }) => `${path}: ${message}`),
        [
          'teams.main[id=0].name: must have at most 50 characters',
          'teams.main[id=0].id: must not be 0: MySQL takes it for "the next number"',
          'teams.main[id=2].level: must be an integer',
          'teams.main[id=3].name: is missing',
        ],
      )
      const { tables } = await database.session((session) => databases.engine.introspect(session))
      assert.deepEqual(tables, {})
    })

    test('a row that the database refuses is named, and none of its table is written', async () => {
      const database = await databases.create()
      const declared = declare({
        tables: [teams, members],
        seeds: [
          defineSeed(teams, { main: [{ id: 1, name: 'g' }] }),
          defineSeed(members, {
            main: [
              { id: 1, group_id: 1, name: 'a' },
              { id: 2, group_id: 77, name: 'b' },
            ],
          }),
        ],
      })
      const error = await rejection('SEED_REFUSED', up(database, declared))
      assert.equal(error.faults[0]?.path, 'members.main[id=2]')
      assert.doesNotMatch(JSON.stringify([error.message, error.faults]), /INSERT/)
      assert.deepEqual(await rowsOf(database, 'members', 'id'), [])
      // The rest is taken up where it stopped.
      await database.run("INSERT INTO teams (id, name) VALUES (77, 'late')")
      assert.deepEqual(
        (await up(database, declared)).seeds.map(({ inserted }) => inserted),
        [0, 2],
      )
    })
  })
}
