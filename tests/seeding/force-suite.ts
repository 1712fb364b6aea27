import assert from 'node:assert/strict'
import { test } from 'node:test'
import { id, int, type ReferenceAction, varchar } from '../../kernel/contract/columns.js'
import { defineSeed } from '../../kernel/contract/define-seed.js'
import { defineTable } from '../../kernel/contract/define-table.js'
import { runMode } from '../../kernel/migrations/run-mode.js'
import type { FreshDatabases } from '../support/fresh-databases.js'
import { declare, OPTIONS } from '../support/schemas.js'
import { rowsOf } from './main-suite.js'

type Team = { id: number; name: string; level?: number | null }

/** Teams that members and other teams refer to, with the given action when a team is deleted. */
function world(onDelete: ReferenceAction) {
  const teams = defineTable('teams', {
    columns: {
      name: varchar(50).unique(),
      level: int().nullable().default(5),
      parent_id: id().nullable().references('teams', { onDelete }),
    },
  })
  const members = defineTable('members', {
    columns: { group_id: id().nullable().references(teams, { onDelete }), name: varchar(50) },
  })
  return (main: (Team & { parent_id?: number })[], ...memberSeeds: { id: number; group_id: number; name: string }[]) =>
    declare({
      tables: [teams, members],
      seeds: [defineSeed(teams, { main }), defineSeed(members, { main: memberSeeds })],
    })
}

export function forceSuite(databases: FreshDatabases): void {
  for (const onDelete of ['cascade', 'set null', 'restrict'] as const) {
    test(`main seeds are as if inserted anew, and no row of a user is lost (${onDelete})`, async () => {
      const database = await databases.create()
      const declared = world(onDelete)([
        { id: 1, name: 'one' },
        { id: 2, name: 'two', level: 7 },
      ])
      await runMode(database, databases.engine, declared, 'migrate', OPTIONS)
      await database.run("UPDATE teams SET name = 'mine', level = 99 WHERE id = 1")
      await database.run('DELETE FROM teams WHERE id = 2')
      await database.run("INSERT INTO teams (id, name, level, parent_id) VALUES (50, 'own', 99, 1)")
      await database.run("INSERT INTO members (id, group_id, name) VALUES (3, 1, 'm'), (4, 50, 'n')")
      const { seeds, mode, upToDate } = await runMode(database, databases.engine, declared, 'force', OPTIONS)
      assert.deepEqual([mode, upToDate], ['force', true])
      assert.deepEqual(seeds[0], { table: 'teams', inserted: 1, updated: 1, deleted: 0, kept: 0, conflicts: [] })
      assert.deepEqual(await rowsOf(database, 'teams', 'id, name, level, parent_id, main_seed'), [
        { id: 1, name: 'one', level: 5, parent_id: null, main_seed: 1 },
        { id: 2, name: 'two', level: 7, parent_id: null, main_seed: 1 },
        { id: 50, name: 'own', level: 99, parent_id: 1, main_seed: null },
      ])
      assert.deepEqual(await rowsOf(database, 'members', 'id, group_id, name'), [
        { id: 3, group_id: 1, name: 'm' },
        { id: 4, group_id: 50, name: 'n' },
      ])
    })

    test(`main seeds no longer declared go, but for those that others refer to (${onDelete})`, async () => {
      const database = await databases.create()
      const seedsOf = world(onDelete)
      const before = seedsOf(
        [
          { id: 1, name: 'stays' },
          { id: 2, name: 'used' },
          { id: 3, name: 'moved' },
          { id: 4, name: 'root' },
          { id: 5, name: 'leaf', parent_id: 4 },
        ],
        { id: 1, group_id: 3, name: 'm' },
      )
      await runMode(database, databases.engine, before, 'migrate', OPTIONS)
      await database.run("INSERT INTO members (id, group_id, name) VALUES (9, 2, 'user')")
      const after = seedsOf([{ id: 1, name: 'stays' }], { id: 1, group_id: 1, name: 'm' })
      const { seeds } = await runMode(database, databases.engine, after, 'force', OPTIONS)
      assert.deepEqual(seeds[0], { table: 'teams', inserted: 0, updated: 1, deleted: 3, kept: 1, conflicts: [] })
      assert.deepEqual(await rowsOf(database, 'teams', 'id, name'), [
        { id: 1, name: 'stays' },
        { id: 2, name: 'used' },
      ])
      assert.deepEqual(await rowsOf(database, 'members', 'id, group_id, name'), [
        { id: 1, group_id: 1, name: 'm' },
        { id: 9, group_id: 2, name: 'user' },
      ])
    })
  }

  test('a new main seed takes over what was unique to one no longer declared', async () => {
    const database = await databases.create()
    const seedsOf = world('restrict')
    await runMode(database, databases.engine, seedsOf([{ id: 1, name: 'same' }]), 'migrate', OPTIONS)
    await runMode(database, databases.engine, seedsOf([{ id: 2, name: 'same' }]), 'force', OPTIONS)
    assert.deepEqual(await rowsOf(database, 'teams', 'id, name'), [{ id: 2, name: 'same' }])
  })

  test('rows of a table that nobody declares any longer keep the seeds that they refer to', async () => {
    const database = await databases.create()
    const seedsOf = world('cascade')
    const before = seedsOf([
      { id: 1, name: 'used' },
      { id: 2, name: 'free' },
    ])
    await runMode(database, databases.engine, before, 'migrate', OPTIONS)
    const key = 'FOREIGN KEY (team_id) REFERENCES teams (id) ON DELETE CASCADE'
    await database.session((session) =>
      session.execute(`CREATE TABLE badges (id INT NOT NULL PRIMARY KEY, team_id INT UNSIGNED, ${key})`),
    )
    await database.run('INSERT INTO badges (id, team_id) VALUES (1, 1), (2, NULL)')
    const { seeds } = await runMode(database, databases.engine, seedsOf([]), 'force', OPTIONS)
    assert.deepEqual(seeds[0], { table: 'teams', inserted: 0, updated: 0, deleted: 1, kept: 1, conflicts: [] })
    assert.deepEqual(await rowsOf(database, 'badges', 'id, team_id'), [
      { id: 1, team_id: 1 },
      { id: 2, team_id: null },
    ])
  })

  test('null that a seed declares is null, not the default', async () => {
    const database = await databases.create()
    const declared = world('restrict')([{ id: 1, name: 'one', level: null }])
    await runMode(database, databases.engine, declared, 'force', OPTIONS)
    await database.run('UPDATE teams SET level = 3')
    await runMode(database, databases.engine, declared, 'force', OPTIONS)
    assert.deepEqual(await rowsOf(database, 'teams', 'level'), [{ level: null }])
  })

  test('temporary seeds and rows with the key of a main seed stay what they are', async () => {
    const database = await databases.create()
    const seedsOf = world('restrict')
    await runMode(database, databases.engine, seedsOf([]), 'migrate', OPTIONS)
    await database.run("INSERT INTO teams (id, name, main_seed) VALUES (1, 'user', NULL), (2, 'try', FALSE)")
    const declared = seedsOf([{ id: 1, name: 'one' }])
    const { seeds } = await runMode(database, databases.engine, declared, 'force', OPTIONS)
    assert.deepEqual(seeds[0]?.conflicts, ['id=1'])
    assert.deepEqual(await rowsOf(database, 'teams', 'id, name, main_seed'), [
      { id: 1, name: 'user', main_seed: null },
      { id: 2, name: 'try', main_seed: 0 },
    ])
  })
}
