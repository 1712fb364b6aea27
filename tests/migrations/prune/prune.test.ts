import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as c from '../../../kernel/contract/columns.js'
import { defineTable } from '../../../kernel/contract/define-table.js'
import { defineView } from '../../../kernel/contract/define-view.js'
import type { Database } from '../../../kernel/engines/contract.js'
import { M3Error } from '../../../kernel/errors.js'
import type { DeclaredSchema } from '../../../kernel/migrations/declared/declared-schema.js'
import { migrate } from '../../../kernel/migrations/migrate.js'
import { reportPlan } from '../../../kernel/migrations/plan-report.js'
import { type PruneOptions, prune } from '../../../kernel/migrations/prune/prune.js'
import { backupNamed, FakeBackups } from '../../support/fake-backups.js'
import { type FreshDatabases, onBothEngines } from '../../support/fresh-databases.js'
import { liveSchema, moduleOf, OPTIONS, rejection, schemaOf, watched } from '../../support/schemas.js'
import { settled } from '../settled.js'

const own = defineTable('own', { columns: { a: c.int() } })
const things = defineTable('things', { columns: { a: c.int() } })
const others = defineTable('others', { columns: { thing_id: c.id().references(things) } })
const seen = defineView('seen', { sql: 'SELECT a FROM things', columns: { a: c.int() }, reads: [things] })
const here = moduleOf('here', { tables: [own] })
const gone = moduleOf('gone', { tables: [things, others], views: [seen] })
const [both, rest] = [schemaOf(here, gone), schemaOf(here)]

function suite(databases: FreshDatabases): void {
  const names = async (database: Database) => {
    const { tables, views } = await liveSchema(database, databases.engine)
    return [...Object.keys(tables), ...Object.keys(views)].sort()
  }
  const ask = (database: Database, declared: DeclaredSchema, confirmed: boolean, options: PruneOptions = OPTIONS) =>
    prune(database, databases.engine, async () => declared, confirmed, options)
  /** With the tables of a module that is not loaded any more, and rows in them. */
  const abandoned = async () => {
    const database = await databases.create()
    await settled(database, databases.engine, both)
    await database.run('INSERT INTO things (id, a) VALUES (1, 5), (2, 6)')
    await database.run('INSERT INTO others (thing_id) VALUES (1)')
    await database.run('INSERT INTO own (a) VALUES (7)')
    await settled(database, databases.engine, rest)
    return database
  }
  /** No step, and nothing that looks as if people had done it. */
  const isAsExpected = async (database: Database, declared: DeclaredSchema) => {
    const { upToDate, steps, drift } = await reportPlan(database, databases.engine, declared, OPTIONS)
    assert.deepEqual([upToDate, steps, drift], [true, [], []])
  }

  test('tables and views of a module that is not loaded are told of with their rows, and dropped once it is confirmed', async () => {
    const database = await abandoned()
    const modules = ['gone@v1']
    const found = {
      database: database.name,
      tables: [
        { name: 'things', kind: 'table', modules, rows: 2 },
        { name: 'others', kind: 'table', modules, rows: 1 },
        { name: 'seen', kind: 'view', modules, rows: null },
      ],
      kept: [],
    }
    assert.deepEqual(await ask(database, rest, false), { ...found, pruned: false })
    assert.deepEqual(await names(database), ['others', 'own', 'seen', 'things'])
    const { backup, ...pruned } = await ask(database, rest, true)
    assert.ok(backup)
    assert.deepEqual(pruned, { ...found, pruned: true })
    assert.deepEqual(await names(database), ['own'])
    await isAsExpected(database, rest)
    assert.deepEqual(await ask(database, rest, true), { ...found, pruned: true, tables: [] })
    assert.deepEqual(await database.select('SELECT a FROM own'), [{ a: 7 }])
    // The module comes back, to tables that are empty.
    await settled(database, databases.engine, both)
    assert.deepEqual(await database.select('SELECT * FROM others'), [])
  })

  test('what is loaded is never pruned, and changes by hand of what stays are told of afterwards', async () => {
    const database = await abandoned()
    await database.session((session) => session.execute('ALTER TABLE own ADD COLUMN note VARCHAR(20)'))
    assert.deepEqual((await ask(database, both, true)).tables, [])
    await ask(database, rest, true)
    const { drift } = await reportPlan(database, databases.engine, rest, OPTIONS)
    assert.deepEqual(drift, [{ path: 'own', message: 'the column note was added by hand' }])
  })

  test('pruned before it was migrated without its module, the database is migrated when the module comes back', async () => {
    const database = await databases.create()
    await settled(database, databases.engine, both)
    assert.equal((await ask(database, rest, true)).tables.length, 3)
    const { steps } = await migrate(database, databases.engine, both, OPTIONS)
    assert.deepEqual(
      steps.map(({ kind, table }) => `${kind} ${table}`),
      ['createTable things', 'createTable others', 'createView seen'],
    )
    await isAsExpected(database, both)
  })

  test('tables that refer to each other go; one that a table by hand refers to stays, with the reason', async () => {
    const database = await abandoned()
    await database.session(async (session) => {
      const { quote } = databases.engine.ddl
      const type = databases.engine.kind === 'mysql' ? 'int(11) unsigned' : 'INTEGER'
      await session.execute(
        `CREATE TABLE handmade (id INT PRIMARY KEY, thing ${type}, FOREIGN KEY (thing) REFERENCES things (${quote('id')}))`,
      )
      await session.execute('INSERT INTO handmade VALUES (1, 2)')
    })
    const { tables, kept } = await ask(database, rest, true)
    assert.deepEqual(
      tables.map(({ name }) => name),
      ['others', 'seen'],
    )
    const message = 'is referred to by handmade.thing, made by hand: drop that first'
    assert.deepEqual(kept, [{ path: 'things', message }])
    assert.deepEqual(await names(database), ['handmade', 'own', 'things'])
    await database.session((session) => session.execute('DROP TABLE handmade'))
    await ask(database, rest, true)
    assert.deepEqual(await names(database), ['own'])
    await isAsExpected(database, rest)
  })

  test('a circle of foreign keys is dropped', async () => {
    const database = await databases.create()
    const circle = (to: string) => ({ columns: { other: c.id().nullable().references(to) } })
    const module = moduleOf('gone', { tables: [defineTable('a', circle('b')), defineTable('b', circle('a'))] })
    await settled(database, databases.engine, schemaOf(here, module))
    await settled(database, databases.engine, rest)
    await ask(database, rest, true)
    assert.deepEqual(await names(database), ['own'])
    await isAsExpected(database, rest)
  })

  test('before rows are dropped a backup is taken, if so configured', async () => {
    const backups = new FakeBackups()
    const options = { ...OPTIONS, takeBackup: backups.take }
    const database = await abandoned()
    assert.equal((await ask(database, rest, false, options)).backup, undefined)
    assert.deepEqual((await ask(database, rest, true, options)).backup, backupNamed(1))
    assert.equal((await ask(database, rest, true, options)).backup, undefined, 'nothing is left to drop')
    assert.equal((await ask(await abandoned(), rest, true, { ...options, destructive: 'allow' })).backup, undefined)
    assert.equal(backups.taken.length, 1)
  })

  test('cut off before any statement, nothing looks changed by hand, and the next pruning ends it', async () => {
    let cuts = 0
    for (let finished = false; !finished; cuts++) {
      const database = await abandoned()
      let statements = 0
      const cutOff = watched(database, () => {
        if (++statements > cuts) throw new M3Error('DATABASE_UNAVAILABLE', 'cut off by the test')
      })
      finished = await ask(cutOff, rest, true).then(
        () => true,
        () => false,
      )
      await isAsExpected(database, rest)
      const left = (await ask(database, rest, false)).tables.map(({ name }) => name)
      assert.deepEqual(left.concat('own').sort(), await names(database))
      await ask(database, rest, true)
      assert.deepEqual(await names(database), ['own'])
      const [record] = await database.select<{ content: string }>('SELECT content FROM m3saas_schema')
      assert.deepEqual(Object.keys(JSON.parse(record?.content ?? '{}').tables), ['own'])
      await isAsExpected(database, rest)
    }
    assert.ok(cuts > 10, `${cuts} statements`)
  })

  test('it takes the lock of the database, the look does not; what is declared is asked for under it', async () => {
    const database = await abandoned()
    const other = databases.reopen()
    await database.locked(0, async () => {
      await rejection('LOCKED', ask(other, rest, true))
      assert.equal((await ask(other, rest, false)).tables.length, 3)
    })
    let isLocked = false
    const spied: Database = Object.create(database, {
      locked: {
        value: ((seconds, fn, purpose) =>
          database.locked(
            seconds,
            (session) => {
              isLocked = true
              return fn(session)
            },
            purpose,
          )) satisfies Database['locked'],
      },
    })
    const declare = async () => {
      assert.ok(isLocked)
      return both
    }
    assert.deepEqual((await prune(spied, databases.engine, declare, true, OPTIONS)).tables, [])
  })

  test('a database that is not there has nothing to prune', async () => {
    const name = `${databases.prefix}_missing`
    const database = databases.engine.tenant({ name, user: name, secret: 'a Stored secret 1' })
    for (const confirmed of [false, true]) {
      const nothing = { database: name, pruned: confirmed, tables: [], kept: [] }
      assert.deepEqual(await ask(database, rest, confirmed), nothing)
    }
    await database.close()
  })
}

await onBothEngines('prune', suite)
