import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as c from '../../kernel/contract/columns.js'
import type { Columns, TableDeclaration } from '../../kernel/contract/define-table.js'
import type { TableSpec } from '../../kernel/contract/table-spec.js'
import { spec } from './engine-fixture.js'
import { SqliteFamily } from './sqlite-family.js'

interface Case {
  readonly from: TableDeclaration<Columns>
  readonly to: TableDeclaration<Columns>
  /** Filled into `things` before. */
  readonly rows: readonly Record<string, string | number | null>[]
  /** What `things` holds afterwards, by its first column. */
  readonly after: readonly Record<string, unknown>[]
  /** Without a new table. */
  readonly inPlace: boolean
}

const a = c.varchar(9)
const users = spec('users', { columns: { name: a } })
const userId = (options?: Parameters<c.Column<number>['references']>[1]) => c.id().references('users', options)
const ROWS = [{ a: 'x' }, { a: 'y' }]
const NUMBERED = [
  { id: 1, a: 'x' },
  { id: 2, a: 'y' },
]
const withValue = (b: unknown) => NUMBERED.map((row) => ({ ...row, b }))

/** A change of `from` to `to` that leaves the column `a` as it is. */
function change(from: Columns, to: Columns, held: unknown, inPlace: boolean, rows: Case['rows'] = ROWS): Case {
  return {
    from: { columns: { a, ...from } },
    to: { columns: { a, ...to } },
    rows,
    after: held === undefined ? NUMBERED : withValue(held),
    inPlace,
  }
}

const key = (column: string, unique: boolean) => ({ columns: [column], unique })

const CASES: Readonly<Record<string, Case>> = {
  'a nullable column': change({}, { b: c.int().nullable() }, null, true),
  'a column with a default': change({}, { b: c.enumeration('k', "l'm").default("l'm") }, "l'm", true),
  'a column whose default is now': {
    ...change({}, { b: c.datetime().default(c.now) }, 0, false, []),
    after: [],
  },
  'a column without values for a table without rows': { ...change({}, { b: c.json() }, 0, false, []), after: [] },
  'a reference': change({}, { b: userId().nullable() }, null, true),
  'a reference with a value': change({}, { b: userId().default(1) }, 1, false),
  'a unique column': change({}, { b: c.int().nullable().unique() }, null, true),
  'an indexed column': change({}, { b: c.int().default(3).index() }, 3, true),
  'a seeded table’s mark': change({}, { b: c.boolean().nullable().default(null) }, null, true),
  'a column less': change({ b: c.int().default(1) }, {}, undefined, true),
  'an indexed column less': change({ b: c.int().default(1).index() }, {}, undefined, true),
  'a unique column less': change({ b: c.int().nullable().unique() }, {}, undefined, true),
  'a reference less': change({ b: userId().default(1) }, {}, undefined, false),
  'a column in place of another': {
    ...change({ b: c.int().default(1) }, { d: c.int().default(2) }, undefined, true),
    after: NUMBERED.map((row) => ({ ...row, d: 2 })),
  },
  'an index': change({ b: c.int().default(1) }, { b: c.int().default(1).index() }, 1, true),
  'an index less': change({ b: c.int().default(1).index() }, { b: c.int().default(1) }, 1, true),
  'a uniqueness': change({ b: c.int().nullable() }, { b: c.int().nullable().unique() }, null, true),
  'an index in place of a uniqueness': change(
    { b: c.int().nullable().unique() },
    { b: c.int().nullable().index() },
    null,
    true,
  ),
  'an index of another order': {
    ...change({ b: c.int().default(1) }, {}, 1, true),
    from: { columns: { a, b: c.int().default(1) }, indexes: [['a', 'b']] },
    to: { columns: { a, b: c.int().default(1) }, indexes: [['b', 'a']] },
  },
  'a foreign key of a column that is there': change({ b: c.id().default(1) }, { b: userId().default(1) }, 1, false),
  'a foreign key less': change({ b: userId().default(1) }, { b: c.id().default(1) }, 1, false),
  'other actions of a foreign key': change(
    { b: userId({ onDelete: 'cascade' }).nullable() },
    { b: userId({ onDelete: 'set null', onUpdate: 'no action' }).nullable() },
    null,
    false,
  ),
  'a reference to the table itself': change(
    { b: c.id().nullable() },
    { b: c.id().nullable().references('things') },
    null,
    false,
  ),
  'an index and another type': {
    ...change({ b: c.int() }, { b: c.varchar(9).default('1').unique() }, undefined, false, [{ a: 'x', b: 2 }]),
    after: [{ id: 1, a: 'x', b: '2' }],
  },
  'a wider number of its own': {
    from: { columns: { id: c.int().unsigned().primary().autoIncrement(), a } },
    to: { columns: { id: c.bigint().unsigned().primary().autoIncrement(), a } },
    rows: ROWS,
    after: NUMBERED,
    inPlace: false,
  },
  'a number that is given in place of one of its own': {
    from: { columns: { id: c.int().primary().autoIncrement(), a } },
    to: { columns: { id: c.int().primary(), a } },
    rows: ROWS,
    after: NUMBERED,
    inPlace: false,
  },
  'a number of its own in place of one that is given': {
    from: { columns: { id: c.int().primary(), a } },
    to: { columns: { id: c.int().primary().autoIncrement(), a } },
    rows: NUMBERED,
    after: NUMBERED,
    inPlace: false,
  },
  'a key in place of a number of its own': {
    from: { columns: { a } },
    to: { columns: { a: a.primary() } },
    rows: ROWS,
    after: ROWS,
    inPlace: false,
  },
  'a number of its own in place of a key': {
    from: { columns: { a: a.primary() } },
    to: { columns: { a } },
    rows: [{ a: 'z' }, { a: 'b' }],
    after: [
      { a: 'z', id: 1 },
      { a: 'b', id: 2 },
    ],
    inPlace: false,
  },
  'a key of two columns': {
    from: { columns: { a: a.primary(), b: c.int() } },
    to: { columns: { a: a.primary(), b: c.int().primary() } },
    rows: [{ a: 'x', b: 1 }],
    after: [{ a: 'x', b: 1 }],
    inPlace: false,
  },
  'another column as the key': {
    from: { columns: { a: a.primary(), b: c.int() } },
    to: { columns: { a, b: c.int().primary() } },
    rows: [{ a: 'x', b: 1 }],
    after: [{ a: 'x', b: 1 }],
    inPlace: false,
  },
  'no column as it was': {
    from: { columns: { a: a.primary() } },
    to: { columns: { b: c.int().default(7) } },
    rows: ROWS,
    after: [
      { id: 1, b: 7 },
      { id: 2, b: 7 },
    ],
    inPlace: false,
  },
  'words of SQL as names': {
    from: { columns: { in: c.int(), glob: c.decimal(40, 2), group: c.int().default(1), key: c.varchar(3).index() } },
    to: { columns: { in: c.bigint(), glob: c.decimal(40, 2), select: c.int().nullable(), key: c.varchar(3).unique() } },
    rows: [{ in: 5, glob: '1.50', key: 'k' }],
    after: [{ id: 1, in: 5, glob: '1.50', key: 'k', select: null }],
    inPlace: false,
  },
  'much at once': {
    from: {
      columns: {
        a,
        b: c.int().index(),
        d: c.decimal(10, 2),
        e: userId({ onDelete: 'cascade' }),
        f: c.json().nullable(),
      },
      indexes: [key('d', true), ['b', 'a']],
    },
    to: {
      columns: { a: c.text(), b: c.bigint().unsigned(), d: c.varchar(20), e: userId(), g: c.boolean().default(true) },
      indexes: [key('b', true), ['g', 'b']],
    },
    rows: [{ a: 'x', b: 5, d: '1.5', e: 1, f: '{}' }],
    after: [{ id: 1, a: 'x', b: 5, d: '1.50', e: 1, g: 1 }],
    inPlace: false,
  },
}

describe('a change of a table', () => {
  for (const [name, { from, to, rows, after, inPlace }] of Object.entries(CASES)) {
    test(name, async (t) => {
      const family = await SqliteFamily.make(t, spec('things', from), users)
      const { database } = family.fixture
      await database.run("INSERT INTO users (name) VALUES ('u')")
      for (const row of rows) {
        const columns = Object.keys(row).map((column) => `"${column}"`)
        const marks = columns.map(() => '?')
        await database.run(`INSERT INTO things (${columns}) VALUES (${marks})`, Object.values(row))
      }
      const tables: TableSpec[] = [spec('things', to), users]
      const statements = await family.alter(tables)
      assert.equal(!statements.some((sql) => sql.includes('m3saas_new_')), inPlace, statements.join('\n'))
      const order = Object.keys(after[0] ?? {}).includes('id') ? 'id' : 1
      assert.deepEqual(await family.select(`SELECT * FROM things ORDER BY ${order}`), after)
      await family.expectSound(tables)
      assert.deepEqual(await new SqliteFamily(family.fixture, tables).alter(tables), [], 'a second change')
    })
  }
})
