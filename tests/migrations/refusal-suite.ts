import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as c from '../../kernel/contract/columns.js'
import { defineTable } from '../../kernel/contract/define-table.js'
import { defineView } from '../../kernel/contract/define-view.js'
import { migrate } from '../../kernel/migrations/migrate.js'
import { reportPlan } from '../../kernel/migrations/plan-report.js'
import type { FreshDatabases } from '../support/fresh-databases.js'
import { declare, liveSchema, OPTIONS, rejection } from '../support/schemas.js'
import { settled } from './settled.js'

type Declaration = Parameters<typeof defineTable>[1]

const SEVEN = [1, 2, 3, 4, 5, 6, 7]
const FIRST = 'id=1, id=2, id=3, id=4, id=5 and more'

interface Case {
  readonly what: string
  readonly from: Declaration
  readonly to: Declaration
  readonly sql: string
  readonly fault: RegExp
  /** What makes it right. */
  readonly mend: string
}

const CASES: readonly Case[] = [
  {
    what: 'a unique index over rows that agree',
    from: { columns: { a: c.int().nullable(), b: c.int() } },
    to: { columns: { a: c.int().nullable(), b: c.int() }, indexes: [{ columns: ['a', 'b'], unique: true }] },
    sql: 'INSERT INTO things (id, a, b) VALUES (1, 1, 1), (2, 1, 2), (3, 1, 1), (4, NULL, 1), (5, NULL, 1)',
    fault: /^things\.a, b: are to be unique, but rows have the same values: id=1, id=3; /,
    mend: 'DELETE FROM things WHERE id = 3',
  },
  {
    what: 'NULLs that would become the same unique default',
    from: { columns: { a: c.int().nullable().unique() } },
    to: { columns: { a: c.int().default(7).unique() } },
    sql: 'INSERT INTO things (id, a) VALUES (1, NULL), (2, NULL), (3, 1)',
    fault: /^things\.a: is to be unique, but rows have the same values: id=1, id=2; /,
    mend: 'DELETE FROM things WHERE id = 2',
  },
  {
    what: 'a new unique column with one default for many rows',
    from: { columns: { b: c.int() } },
    to: { columns: { b: c.int(), a: c.int().default(7).unique() } },
    sql: `INSERT INTO things (id, b) VALUES ${SEVEN.map((id) => `(${id}, 1)`).join(', ')}`,
    fault: new RegExp(`^things\\.a: is to be unique, but rows have the same values: ${FIRST}; `),
    mend: 'DELETE FROM things WHERE id > 1',
  },
  {
    what: 'a primary key that rows share',
    from: { columns: { a: c.int().primary(), b: c.int() } },
    to: { columns: { a: c.int(), b: c.int().primary() } },
    sql: 'INSERT INTO things (a, b) VALUES (1, 1), (2, 1)',
    fault: /^things\.b: is to be unique, but rows have the same values: a=1, a=2; /,
    mend: 'DELETE FROM things WHERE a = 2',
  },
  {
    what: 'a foreign key that rows break',
    from: { columns: { to_id: c.id().nullable() } },
    to: { columns: { to_id: c.id().nullable().references('things') } },
    sql: 'INSERT INTO things (id, to_id) VALUES (1, 1), (2, 77), (3, NULL)',
    fault: /^things\.to_id: is to refer to things\.id, but rows refer to none that is there: id=2; /,
    mend: 'DELETE FROM things WHERE id = 2',
  },
  {
    what: 'a new foreign key whose default refers to nothing',
    from: { columns: { a: c.int() } },
    to: { columns: { a: c.int(), to_id: c.id().default(9).references('things') } },
    sql: 'INSERT INTO things (id, a) VALUES (1, 1)',
    fault: /^things\.to_id: is to refer to things\.id, but rows refer to none that is there: id=1; /,
    mend: 'INSERT INTO things (id, a) VALUES (9, 1)',
  },
  {
    what: 'NULLs where there are to be none',
    from: { columns: { a: c.int().nullable() } },
    to: { columns: { a: c.int() } },
    sql: `INSERT INTO things (id, a) VALUES ${SEVEN.map((id) => `(${id}, NULL)`).join(', ')}`,
    fault: new RegExp(`^things\\.a: is to refuse NULL and has no default, but is NULL: ${FIRST}; `),
    mend: 'UPDATE things SET a = 1',
  },
  {
    what: 'a new column without a value for the rows there are',
    from: { columns: { a: c.int() } },
    to: { columns: { a: c.int(), b: c.int() } },
    sql: 'INSERT INTO things (id, a) VALUES (1, 1)',
    fault: /^things\.b: is new, takes no NULL and has no default, .*: id=1; /,
    mend: 'DELETE FROM things',
  },
  {
    what: 'text too long',
    from: { columns: { a: c.varchar(20) } },
    to: { columns: { a: c.varchar(5) } },
    sql: "INSERT INTO things (id, a) VALUES (1, 'fits'), (2, 'does not')",
    fault: /^things\.a: is to become varchar\(5\).*, but has values that do not fit: id=2; /i,
    mend: "UPDATE things SET a = 'cut' WHERE id = 2",
  },
  {
    what: 'text that is no number',
    from: { columns: { a: c.varchar(20) } },
    to: { columns: { a: c.int() } },
    sql: "INSERT INTO things (id, a) VALUES (1, '12'), (2, '12 or so')",
    fault: /^things\.a: is to become int.*, but has values that do not fit: id=2; /i,
    mend: "UPDATE things SET a = '13' WHERE id = 2",
  },
  {
    what: 'values that mean nothing in the new type',
    from: { columns: { a: c.int().nullable() } },
    to: { columns: { a: c.date().nullable() } },
    sql: 'INSERT INTO things (id, a) VALUES (1, 20260101), (2, NULL)',
    fault: /^things\.a: cannot be turned from int.* into date.* while it has values: id=1; /i,
    mend: 'DELETE FROM things WHERE id = 1',
  },
  {
    what: 'a fault of a table and a column that are renamed, by the names they have now',
    from: { columns: { a: c.int().nullable() } },
    to: { columns: { b: c.int().renamedFrom('a').unique() } },
    sql: 'INSERT INTO things (id, a) VALUES (1, 1), (2, 1)',
    fault: /^things\.b: is to be unique, .*: id=1, id=2; /,
    mend: 'DELETE FROM things WHERE id = 2',
  },
]

export function refusalSuite(databases: FreshDatabases): void {
  for (const { what, from, to, sql, fault, mend } of CASES) {
    test(`${what} is refused with the rows, whatever the policy, and nothing is touched`, async () => {
      const database = await databases.create()
      const { engine } = databases
      const other = defineTable('others', { columns: { a: c.int() } })
      await settled(database, engine, declare({ tables: [defineTable('things', from)] }))
      await database.run(sql)
      const before = await liveSchema(database, engine)
      const rows = await database.select('SELECT * FROM things')
      const after = declare({ tables: [defineTable('things', to), other] })
      for (const destructive of ['allow', 'backup'] as const) {
        const options = { ...OPTIONS, destructive }
        const error = await rejection('MIGRATION_REFUSED', migrate(database, engine, after, options))
        const faults = error.faults.map(({ path, message }) => `${path}: ${message}`)
        assert.ok(
          faults.some((each) => fault.test(each)),
          faults.join('\n'),
        )
        assert.deepEqual((await reportPlan(database, engine, after, options)).refusals, error.faults)
      }
      assert.deepEqual(await liveSchema(database, engine), before)
      assert.deepEqual(await database.select('SELECT * FROM things'), rows)
      await database.run(mend)
      await settled(database, engine, after)
    })
  }

  test('a table where a view is, and a view where a table is', async () => {
    const database = await databases.create()
    const { engine } = databases
    const things = defineTable('things', { columns: { a: c.int() } })
    const view = (name: string) => defineView(name, { sql: 'SELECT 1 AS a', columns: { a: c.int() }, reads: [] })
    await settled(database, engine, declare({ tables: [things], views: [view('seen')] }))
    const seen = defineTable('seen', { columns: { a: c.int() } })
    const swapped = declare({ tables: [seen], views: [view('things')] })
    const error = await rejection('MIGRATION_REFUSED', migrate(database, engine, swapped, OPTIONS))
    assert.deepEqual(
      error.faults.map(({ path }) => path),
      ['seen', 'things'],
    )
  })

  test('what can lose values, where the configuration refuses it', async () => {
    const database = await databases.create()
    const { engine } = databases
    const table = (columns: Declaration['columns']) => declare({ tables: [defineTable('things', { columns })] })
    await settled(database, engine, table({ a: c.int(), b: c.int() }))
    await database.run('INSERT INTO things (a, b) VALUES (1, 2)')
    const options = { ...OPTIONS, destructive: 'refuse' } as const
    const error = await rejection('MIGRATION_REFUSED', migrate(database, engine, table({ a: c.int() }), options))
    assert.deepEqual(error.faults, [
      {
        path: 'things',
        message: 'drops the column b: values can be lost, and migrations.destructive is "refuse"',
      },
    ])
    await settled(database, engine, table({ a: c.int(), b: c.int(), d: c.int().default(1) }), options)
    const allowed = await settled(database, engine, table({ a: c.int() }), { ...OPTIONS, destructive: 'allow' })
    assert.equal(allowed.backup, undefined)
  })
}
