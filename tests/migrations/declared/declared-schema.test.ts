import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { describe, test } from 'node:test'
import { bigint, datetime, id, int, json, now, varchar } from '../../../kernel/contract/columns.js'
import { defineMigration } from '../../../kernel/contract/define-migration.js'
import { defineSeed } from '../../../kernel/contract/define-seed.js'
import { defineTable } from '../../../kernel/contract/define-table.js'
import { defineView } from '../../../kernel/contract/define-view.js'
import type { SchemaModule } from '../../../kernel/migrations/declared/schema-module.js'
import { faultsOf } from '../../support/faults.js'
import { declare, moduleOf, schemaOf } from '../../support/schemas.js'

const users = defineTable('users', { columns: { name: varchar(50).unique() } })
const notes = defineTable('notes', { columns: { owner_id: id().references(users), title: varchar(100) } })
const tags = defineTable('tags', { columns: { note_id: id().references(notes), word: varchar(20) } })
const view = (name: string, reads: Parameters<typeof defineView>[1]['reads'], sql = 'SELECT 1 AS one') =>
  defineView(name, { sql, columns: { one: int() }, reads })

const faults = (...modules: SchemaModule[]) => faultsOf('MODULE_INVALID', () => schemaOf(...modules))

describe('the tables', () => {
  test('come behind those they refer to', () => {
    const { tables } = declare({ tables: [tags, notes, users] })
    assert.deepEqual(
      tables.map(({ name }) => name),
      ['users', 'notes', 'tags'],
    )
  })

  test('declared alike by two modules count once, whatever the order of attributes', () => {
    const one = defineTable('items', { columns: { level: int().nullable().default(1) } })
    const other = defineTable('items', { columns: { level: int().default(1).nullable() } })
    const { tables } = schemaOf(moduleOf('shop', { tables: [one] }), moduleOf('shop', { tables: [other] }, 2))
    assert.equal(tables.length, 1)
  })

  test('declared differently by two modules are refused, both named', () => {
    const other = defineTable('users', { columns: { name: varchar(51).unique() } })
    assert.deepEqual(faults(moduleOf('auth', { tables: [users] }), moduleOf('shop', { tables: [other] })), [
      'shop@v1: auth@v1 and shop@v1 declare the table users differently',
    ])
  })

  test('that differ by case alone are refused, for SQLite takes them for one', () => {
    const other = defineTable('Users', { columns: { name: varchar(50).unique() } })
    assert.deepEqual(faults(moduleOf('auth', { tables: [users] }), moduleOf('shop', { tables: [other] })), [
      'shop@v1: auth@v1 and shop@v1 declare the table users and the table Users: a database holds one of that name',
    ])
  })

  test('get main_seed where any module seeds them', () => {
    const seed = defineSeed(users, { main: [{ id: 1, name: 'a' }] })
    const { tables } = schemaOf(moduleOf('auth', { tables: [users, notes] }), moduleOf('shop', { seeds: [seed] }))
    assert.deepEqual(
      tables.map(({ name, columns }) => [name, 'main_seed' in columns]),
      [
        ['users', true],
        ['notes', false],
      ],
    )
  })

  const nowhere: [string, ReturnType<typeof defineTable>, string][] = [
    ['no table', notes, 'notes.owner_id: refers to users.id, but no loaded module declares the table users'],
    [
      'no column',
      defineTable('a', { columns: { b: id().references('a', { column: 'c' }) } }),
      'a.b: refers to a.c, but that table has no such column',
    ],
    [
      'what every object has',
      defineTable('a', { columns: { b: id().references('a', { column: 'constructor' }) } }),
      'a.b: refers to a.constructor, but that table has no such column',
    ],
    [
      'no key',
      defineTable('a', { columns: { b: id().references('a', { column: 'c' }), c: id() } }),
      'a.b: refers to a.c, which is neither the primary key nor unique',
    ],
    [
      'a key that can become NULL and is followed by what cannot',
      defineTable('a', {
        columns: { b: id().references('a', { column: 'c', onUpdate: 'cascade' }), c: id().nullable().unique() },
      }),
      'a.b: follows the changes of a.c, which can become NULL: make it nullable, or restrict updates',
    ],
    [
      'another type',
      defineTable('a', { columns: { b: int().references('a') } }),
      'a.b: refers to a.id, which is of another type',
    ],
  ]
  for (const [what, table, message] of nowhere) {
    test(`a foreign key to ${what} is refused`, () => {
      assert.deepEqual(faults(moduleOf('sample', { tables: [table] })), [message])
    })
  }

  test('may refer to each other in a circle', () => {
    const a = defineTable('a', { columns: { b_id: id().nullable().references('b') } })
    const b = defineTable('b', { columns: { a_id: id().references('a') } })
    assert.deepEqual(
      declare({ tables: [a, b] }).tables.map(({ name }) => name),
      ['b', 'a'],
    )
  })

  test('may have had another name, but not that of another table', () => {
    const pages = defineTable('pages', { columns: { a: int() }, renamedFrom: 'notes' })
    assert.equal(declare({ tables: [pages] }).tables[0]?.renamedFrom, 'notes')
    assert.deepEqual(faults(moduleOf('sample', { tables: [users, notes, pages] })), [
      'pages: was renamed from notes, but that table is declared too',
    ])
    for (const renamedFrom of ['pages', 'no name', '']) {
      assert.throws(() => defineTable('pages', { columns: { a: int() }, renamedFrom }), /not declared well/)
    }
  })

  test('may refer to themselves', () => {
    const tree = defineTable('tree', { columns: { parent_id: id().nullable().references('tree') } })
    assert.equal(declare({ tables: [tree] }).tables.length, 1)
  })

  test('with the names of the kernel and of SQLite are refused', () => {
    const taken = ['m3saas_migrations', 'SQLITE_x'].map((name) => defineTable(name, { columns: { a: int() } }))
    assert.equal(faults(moduleOf('sample', { tables: taken })).length, 2)
  })
})

describe('the views', () => {
  test('come behind those they read', () => {
    const first = view('first', [users])
    const second = view('second', [first])
    const { views } = declare({ tables: [users], views: [second, first] })
    assert.deepEqual(
      views.map(({ name }) => name),
      ['first', 'second'],
    )
  })

  test('that read what nobody lists, or have the name of a table, are refused', () => {
    assert.deepEqual(faults(moduleOf('sample', { tables: [notes, users], views: [view('notes', [tags])] })), [
      'sample@v1: sample@v1 declares the table notes and the view notes: a database holds one of that name',
      'notes: sample@v1 has this view read tags, but no module lists that',
    ])
  })
})

describe('the seeds', () => {
  test('of two versions of a module count once where they are alike', () => {
    const parts = () => ({
      tables: [users],
      seeds: [defineSeed(users, { main: [{ id: 1, name: 'a' }], temporary: [{ name: 'b' }] })],
    })
    const { seeds } = schemaOf(moduleOf('auth', parts()), moduleOf('auth', parts(), 2))
    assert.deepEqual(
      seeds.map(({ main, temporary }) => [main.length, temporary.length]),
      [[1, 1]],
    )
  })

  test('with one key and two rows are refused', () => {
    const seed = (name: string) => defineSeed(users, { main: [{ id: 1, name }] })
    assert.deepEqual(
      faults(moduleOf('auth', { tables: [users], seeds: [seed('a')] }), moduleOf('shop', { seeds: [seed('b')] })),
      ['users: auth@v1 and shop@v1 declare the main seed [1] differently'],
    )
  })

  test('of a table that nobody lists are refused', () => {
    assert.deepEqual(faults(moduleOf('shop', { seeds: [defineSeed(users, {})] })), [
      'users: shop@v1 seeds this table, but no module lists it',
    ])
  })

  test('of a table that refers to itself come parents first', () => {
    const tree = defineTable('tree', { columns: { parent_id: id().nullable().references('tree') } })
    const seed = defineSeed(tree, {
      main: [
        { id: 1, parent_id: 3 },
        { id: 2, parent_id: 1 },
        { id: 3, parent_id: null },
      ],
    })
    const [seeds] = declare({ tables: [tree], seeds: [seed] }).seeds
    assert.deepEqual(
      seeds?.main.map(({ row }) => row.id),
      [3, 1, 2],
    )
  })
})

describe('the hand-written migrations', () => {
  test('are named after their module version, in the order of modules', () => {
    const migration = (name: string) => defineMigration({ name, up: async () => {} })
    const { migrations } = schemaOf(
      moduleOf('users', { migrations: [migration('001')] }, 2),
      moduleOf('notes', { migrations: [migration('002'), migration('001')] }),
    )
    assert.deepEqual(
      migrations.map(({ name, module }) => [name, module]),
      [
        ['users@v2/001', 'users@v2'],
        ['notes@v1/002', 'notes@v1'],
        ['notes@v1/001', 'notes@v1'],
      ],
    )
  })
})

describe('the fingerprint', () => {
  const things = defineTable('things', {
    columns: { at: datetime().default(now), big: bigint(), extra: json(), level: int().default(1) },
  })
  const base = (over: { level?: number; sql?: string; migrations?: string[] } = {}) =>
    declare({
      tables: [things],
      views: [view('seen', [things], over.sql)],
      seeds: [
        defineSeed(things, {
          main: [{ id: 1, at: new Date(0), big: 5n, extra: { b: 1, a: [2] }, level: over.level ?? 1 }],
        }),
      ],
      migrations: (over.migrations ?? []).map((name) => defineMigration({ name, up: async () => {} })),
    }).fingerprint

  test('is the same in every process', () => {
    const script = `import('${new URL('./fingerprint-sample.js', import.meta.url)}').then((m) => console.log(m.sample()))`
    const print = () => execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' })
    const first = print()
    assert.match(first, /^[0-9a-f]{64}\n$/)
    assert.equal(print(), first)
  })

  test('changes with columns, views, main seeds and names of migrations', () => {
    const all = [
      base(),
      base({ level: 2 }),
      base({ sql: 'SELECT 2 AS one' }),
      base({ migrations: ['m'] }),
      declare({ tables: [things] }).fingerprint,
      declare({ tables: [defineTable('things', { columns: { at: datetime() } })] }).fingerprint,
    ]
    assert.equal(new Set(all).size, all.length)
    assert.equal(base(), base())
  })

  test('does not change with temporary seeds, which no migration inserts', () => {
    const seeded = (word: string) =>
      declare({ tables: [users], seeds: [defineSeed(users, { temporary: [{ name: word }] })] }).fingerprint
    assert.equal(seeded('a'), seeded('b'))
  })
})
