import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as c from '../../kernel/contract/columns.js'
import type { SqlValue } from '../../kernel/contract/context.js'
import { defineTable } from '../../kernel/contract/define-table.js'
import { defineView } from '../../kernel/contract/define-view.js'
import type { FreshDatabases } from '../support/fresh-databases.js'
import { declare, liveSchema } from '../support/schemas.js'
import { kindsOf, settled } from './settled.js'

type Declaration = Parameters<typeof defineTable>[1]

interface Case {
  readonly what: string
  readonly from: Declaration
  readonly to: Declaration
  /** Rows of `from`, and what is read of them afterwards. */
  readonly rows?: readonly Record<string, SqlValue>[]
  readonly kept?: readonly Record<string, unknown>[]
  readonly changes: readonly string[]
  readonly destructive?: boolean
}

const base = { name: c.varchar(20) }

const CASES: readonly Case[] = [
  {
    what: 'a column with a default',
    from: { columns: base },
    to: { columns: { ...base, level: c.int().default(3) } },
    rows: [{ name: 'a' }],
    kept: [{ name: 'a', level: 3 }],
    changes: ['adds the column level'],
  },
  {
    what: 'a wider type',
    from: { columns: { name: c.varchar(5), level: c.tinyint() } },
    to: { columns: { name: c.varchar(50), level: c.bigint() } },
    rows: [{ name: 'short', level: -7 }],
    kept: [{ name: 'short', level: -7 }],
    changes: ['changes the column name', 'changes the column level'],
  },
  {
    what: 'a narrower type whose values fit',
    from: { columns: { name: c.varchar(50) } },
    to: { columns: { name: c.varchar(5) } },
    rows: [{ name: 'short' }],
    kept: [{ name: 'short' }],
    changes: ['changes the column name'],
    destructive: true,
  },
  {
    what: 'text that becomes a number',
    from: { columns: { level: c.varchar(9) } },
    to: { columns: { level: c.int() } },
    rows: [{ level: '42' }],
    kept: [{ level: 42 }],
    changes: ['changes the column level'],
    destructive: true,
  },
  {
    what: 'NULLs that become the default',
    from: { columns: { level: c.int().nullable() } },
    to: { columns: { level: c.int().default(3) } },
    rows: [{ level: null }, { level: 1 }],
    kept: [{ level: 3 }, { level: 1 }],
    changes: ['changes the column level to refuse NULL'],
    destructive: true,
  },
  {
    what: 'a column that may be NULL from now on, and its default',
    from: { columns: { level: c.int().default(3) } },
    to: { columns: { level: c.int().nullable() } },
    rows: [{ level: 1 }],
    kept: [{ level: 1 }],
    changes: ['changes the column level to allow NULL'],
  },
  {
    what: 'another default',
    from: { columns: { level: c.int().default(3), at: c.datetime().nullable() } },
    to: { columns: { level: c.int().default(4), at: c.datetime().default(c.now).nullable() } },
    changes: ['changes the attributes of the column level', 'changes the attributes of the column at'],
  },
  {
    what: 'more words of an enum',
    from: { columns: { mood: c.enumeration('good', 'bad') } },
    to: { columns: { mood: c.enumeration('fine', 'bad', 'good') } },
    rows: [{ mood: 'bad' }, { mood: 'good' }],
    kept: [{ mood: 'bad' }, { mood: 'good' }],
    changes: ['changes the'],
  },
  {
    what: 'a column less, with its index',
    from: { columns: { ...base, code: c.int().index() } },
    to: { columns: base },
    rows: [{ name: 'a', code: 1 }],
    kept: [{ name: 'a' }],
    changes: ['drops the column code', 'drops the index on code'],
    destructive: true,
  },
  {
    what: 'indexes, plain and unique',
    from: { columns: { a: c.int(), b: c.int() }, indexes: [['a'], ['b', 'a']] },
    to: { columns: { a: c.int().unique(), b: c.int() }, indexes: [['a', 'b']] },
    rows: [{ a: 1, b: 1 }],
    kept: [{ a: 1, b: 1 }],
    changes: [
      'drops the index on a',
      'drops the index on b, a',
      'adds the unique index on a',
      'adds the index on a, b',
    ],
  },
  {
    what: 'another primary key',
    from: { columns: { a: c.int().primary(), b: c.int() } },
    to: { columns: { a: c.int().primary(), b: c.int().primary() } },
    rows: [{ a: 1, b: 2 }],
    kept: [{ a: 1, b: 2 }],
    changes: ['makes a, b the primary key'],
  },
  {
    what: 'a column in other letters',
    from: { columns: { title: c.int().index() } },
    to: { columns: { Title: c.int().index() } },
    rows: [{ title: 1 }],
    kept: [{ Title: 1 }],
    changes: ['renames the column title to Title'],
  },
]

export function changeSuite(databases: FreshDatabases): void {
  const things = (declaration: Declaration) => defineTable('things', declaration)

  for (const { what, from, to, rows = [], kept = [], changes, destructive = false } of CASES) {
    test(`${what}, and back again`, async () => {
      const database = await databases.create()
      const { engine } = databases
      const [before, after] = [declare({ tables: [things(from)] }), declare({ tables: [things(to)] })]
      await settled(database, engine, before)
      for (const row of rows) {
        const names = Object.keys(row)
        const sql = `INSERT INTO things (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`
        await database.run(sql, Object.values(row))
      }
      const report = await settled(database, engine, after)
      const done = report.steps.flatMap((step) => step.changes)
      assert.equal(done.length, changes.length, done.join('\n'))
      for (const change of changes)
        assert.ok(
          done.some((each) => each.startsWith(change)),
          done.join('\n'),
        )
      assert.equal(
        report.steps.some((step) => step.destructive),
        destructive,
      )
      assert.equal(report.backup !== undefined, destructive && rows.length > 0)
      const names = Object.keys(kept[0] ?? { id: 1 })
      assert.deepEqual(await database.select(`SELECT ${names.join(', ')} FROM things`), kept)
      // Back, but for columns that are new there and would need a value: the rows have to go.
      await database.run('DELETE FROM things')
      await settled(database, engine, before)
      const live = await liveSchema(database, engine)
      assert.deepEqual(
        live.tables.things?.columns.map(({ name }) => name).sort(),
        Object.keys(things(from).columns).sort(),
      )
    })
  }

  describe('foreign keys', () => {
    const parents = (columns: Declaration['columns']) => defineTable('parents', { columns })
    const children = (columns: Declaration['columns']) => defineTable('children', { columns })

    test('come, change what they do, and go; children stay', async () => {
      const database = await databases.create()
      const { engine } = databases
      const reference = (onDelete?: c.ReferenceAction) =>
        onDelete ? c.id().nullable().references('parents', { onDelete }) : c.id().nullable()
      const step = async (column: c.Column<number | null, number | null, true>) =>
        settled(database, engine, declare({ tables: [parents(base), children({ parent_id: column })] }))
      await step(reference())
      await database.run("INSERT INTO parents (id, name) VALUES (1, 'a'), (2, 'b')")
      await database.run('INSERT INTO children (parent_id) VALUES (1), (2), (NULL)')
      await step(reference('cascade'))
      const { steps } = await step(reference('set null'))
      assert.deepEqual(
        steps.flatMap(({ changes }) => changes),
        ['drops', 'adds'].map((verb) => `${verb} the foreign key parent_id → parents.id`),
      )
      await database.run('DELETE FROM parents WHERE id = 1')
      await step(reference())
      await database.run('INSERT INTO children (parent_id) VALUES (77)')
      const rows = await database.select<{ parent_id: number | null }>('SELECT parent_id FROM children ORDER BY id')
      assert.deepEqual(
        rows.map(({ parent_id }) => parent_id),
        [null, 2, null, 77],
      )
    })

    test('stay while the columns on both sides change their type', async () => {
      const database = await databases.create()
      const { engine } = databases
      const schema = (type: () => c.Column<string | number, never>) =>
        declare({
          tables: [
            parents({ code: type().unique() }),
            children({ code: type().references('parents', { column: 'code', onUpdate: 'cascade' }) }),
          ],
        })
      await settled(database, engine, schema(c.int as never))
      await database.run('INSERT INTO parents (code) VALUES (5)')
      await database.run('INSERT INTO children (code) VALUES (5)')
      await settled(database, engine, schema(c.bigint as never))
      await settled(database, engine, schema((() => c.varchar(30)) as never))
      await database.run("UPDATE parents SET code = 'five'")
      assert.deepEqual(await database.select('SELECT code FROM children'), [{ code: 'five' }])
    })

    test('in a circle are made, and their tables dropped', async () => {
      const database = await databases.create()
      const { engine } = databases
      const circle = declare({
        tables: [
          parents({ child_id: c.id().nullable().references('children') }),
          children({ parent_id: c.id().nullable().references('parents') }),
        ],
      })
      await settled(database, engine, circle)
      await database.run('INSERT INTO parents (id) VALUES (1)')
      await database.run('INSERT INTO children (id, parent_id) VALUES (1, 1)')
      await database.run('UPDATE parents SET child_id = 1')
      await assert.rejects(database.run('DELETE FROM parents'))
      assert.ok((await settled(database, engine, declare({}))).backup)
      assert.deepEqual((await liveSchema(database, engine)).tables, {})
      await settled(database, engine, circle)
    })
  })

  test('views that read views and changed tables are made anew, and no others', async () => {
    const database = await databases.create()
    const { engine } = databases
    const schema = (more: Declaration['columns']) => {
      const [notes, users] = [
        defineTable('notes', { columns: { ...base, ...more } }),
        defineTable('users', { columns: base }),
      ]
      const view = (name: string, reads: Parameters<typeof defineView>[1]['reads'][number]) =>
        defineView(name, { sql: `SELECT name FROM ${reads.name}`, columns: base, reads: [reads] })
      const names = view('names', notes)
      return declare({ tables: [notes, users], views: [view('names_again', names), names, view('people', users)] })
    }
    await settled(database, engine, schema({}))
    await database.run("INSERT INTO notes (name) VALUES ('a')")
    const report = await settled(database, engine, schema({ body: c.text().nullable() }))
    assert.deepEqual(kindsOf(report), [
      'dropView names_again',
      'dropView names',
      'alterTable notes',
      'createView names',
      'createView names_again',
    ])
    assert.deepEqual(await database.select('SELECT name FROM names_again'), [{ name: 'a' }])
  })
}
