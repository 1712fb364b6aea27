import assert from 'node:assert/strict'
import { test } from 'node:test'
import { datetime, int, now, varchar } from '../../kernel/contract/columns.js'
import { type Columns, defineTable } from '../../kernel/contract/define-table.js'
import { defineView } from '../../kernel/contract/define-view.js'
import type { Engine } from '../../kernel/engines/contract.js'
import { SchemaCache } from '../../kernel/migrations/declared/wanted-schema.js'
import { migrate } from '../../kernel/migrations/migrate.js'
import { reportPlan } from '../../kernel/migrations/plan-report.js'
import { FakeBackups } from '../support/fake-backups.js'
import type { FreshDatabases } from '../support/fresh-databases.js'
import { declare, liveSchema, OPTIONS, rejection } from '../support/schemas.js'

const shapeOf = (columns: Columns, indexes: { columns: 'title'[]; unique: boolean }[] = []) => {
  const books = defineTable('books', { columns: { title: varchar(50), ...columns }, indexes })
  const titles = defineView('titles', {
    sql: 'SELECT id, title FROM books',
    columns: { id: int(), title: varchar(50) },
    reads: [books],
  })
  return declare({ tables: [books], views: [titles] })
}

const first = shapeOf({})
const wider = shapeOf({ pages: int().nullable(), added_at: datetime().default(now) }, [
  { columns: ['title'], unique: true },
])

/** Databases that are migrated one after another, as the fleet does it. */
export function presumptionSuite(databases: FreshDatabases): void {
  /** An engine that counts how often it looks at a database, and the way one run of the fleet has of migrating. */
  const fleet = () => {
    let looks = 0
    const engine: Engine = Object.assign(Object.create(databases.engine) as Engine, {
      introspect: (...given: Parameters<Engine['introspect']>) => {
        looks++
        return databases.engine.introspect(...given)
      },
    })
    const backups = new FakeBackups()
    const options = { ...OPTIONS, schemas: new SchemaCache(), takeBackup: backups.take, presumes: true }
    return {
      backups,
      migrate: (database: Parameters<typeof migrate>[0], declared: typeof first) =>
        migrate(database, engine, declared, options),
      takeLooks: () => {
        const taken = looks
        looks = 0
        return taken
      },
    }
  }
  const makeThree = async () => {
    const three = [await databases.create(), await databases.create(), await databases.create()] as const
    for (const database of three) {
      await migrate(database, databases.engine, first, OPTIONS)
      await database.run('INSERT INTO books (title) VALUES (?)', ['Emma'])
    }
    return three
  }
  const isSettled = async (database: (typeof databases)['create'] extends () => Promise<infer D> ? D : never) => {
    const { steps, drift, refusals } = await reportPlan(database, databases.engine, wider, OPTIONS)
    assert.deepEqual({ steps, drift, refusals }, { steps: [], drift: [], refusals: [] })
    assert.equal((await database.select('SELECT title, pages FROM books')).length, 1)
  }

  test('of databases that were migrated alike one is looked at, and all get what is added', async () => {
    const three = await makeThree()
    const run = fleet()
    for (const database of three) await run.migrate(database, wider)
    // The declaration in the empty database and the first of the three; SQLite looks at each.
    assert.equal(run.takeLooks(), databases.engine.kind === 'mysql' ? 2 : 4)
    for (const database of three) await isSettled(database)
  })

  test('one that was changed by hand is looked at when a statement fails, and comes to the same', async () => {
    const three = await makeThree()
    const { quote } = databases.engine.ddl
    const sql = `ALTER TABLE ${quote('books')} ADD COLUMN ${quote('pages')} INT NULL`
    await three[2].session((session) => session.execute(sql))
    await three[2].run('UPDATE books SET pages = 7')
    const run = fleet()
    for (const database of three) await run.migrate(database, wider)
    for (const database of three) await isSettled(database)
    assert.deepEqual(await three[2].select('SELECT pages FROM books'), [{ pages: 7 }])
  })

  test('rows that stand against what is added are refused with their keys, nothing changed', async () => {
    const three = await makeThree()
    await three[1].run('INSERT INTO books (title) VALUES (?)', ['Emma'])
    const before = await liveSchema(three[1], databases.engine)
    const run = fleet()
    await run.migrate(three[0], wider)
    const error = await rejection('MIGRATION_REFUSED', run.migrate(three[1], wider))
    assert.match(error.faults[0]?.message ?? '', /id=1/)
    assert.deepEqual(await liveSchema(three[1], databases.engine), before)
  })

  test('what is there is never changed by a record alone', async () => {
    const three = await makeThree()
    const run = fleet()
    const narrower = shapeOf({ title: varchar(40) })
    for (const database of three) await run.migrate(database, narrower)
    assert.equal(run.takeLooks(), 4)
    assert.equal(run.backups.taken.length, 3, 'each was backed up')
  })
}
