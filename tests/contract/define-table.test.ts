import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as columns from '../../kernel/contract/columns.js'
import { defineTable, sameTable, type TableDeclaration } from '../../kernel/contract/define-table.js'
import { belongsTo, belongsToMany } from '../../kernel/contract/relations.js'
import { resolveTable } from '../../kernel/contract/table-spec.js'
import { columnFaults } from '../../kernel/contract/verify-columns.js'
import { faultsOf } from '../support/faults.js'

const { int, tinyint, bigint, decimal, varchar, text, json, enumeration, boolean, datetime, date, blob, id, link } =
  columns

/** What a declaration is refused for: `path: message`, a line each. */
const refused: Record<string, [TableDeclaration<Record<string, ReturnType<typeof int>>> | object, string[]]> = {
  'no columns': [{ columns: {} }, ['columns: must name at least one column']],
  'nothing at all': [{}, ['columns: must name at least one column']],
  'what is no column': [{ columns: { a: 'int' } }, ['columns.a: is not a column: use varchar(255), int(), …']],
  'a wrong name': [
    { columns: { 'a-b': int(), main_seed: boolean() } },
    [
      'columns.a-b: its name must be a letter, then letters, digits or _, at most 64',
      'columns.main_seed: main_seed is the mark of seeded rows: choose another name',
    ],
  ],
  'names that every object has': [
    { columns: { constructor: int(), toString: int() } },
    ['constructor', 'toString'].map(
      (name) => `columns.${name}: every JavaScript object has a property of this name: choose another one`,
    ),
  ],
  'names that differ by case alone': [
    { columns: { name: int(), Name: int() } },
    ['columns.Name: is declared twice: column names do not differ by case alone'],
  ],
  'an id that is no key': [
    { columns: { id: int() } },
    ['columns.id: must be .primary(), or be left out: a table has an id of its own'],
  ],
  'unsigned text': [
    { columns: { a: varchar().unsigned() } },
    ['columns.a: varchar cannot be unsigned: only numbers can'],
  ],
  'a nullable key': [{ columns: { a: int().primary().nullable() } }, ['columns.a: a primary key cannot be nullable']],
  'auto-increment where it cannot be': [
    { columns: { a: varchar().autoIncrement(), b: int().primary(), c: int().primary().autoIncrement() } },
    [
      'columns.a: only an integer column can be auto-increment',
      'columns.a: an auto-increment column must be the primary key',
      'columns: only one column can be auto-increment',
    ],
  ],
  'auto-increment in a key of two': [
    { columns: { a: int().primary(), b: int().primary().autoIncrement() } },
    ['columns: an auto-increment column must be the whole primary key'],
  ],
  'lengths out of range': [
    { columns: { a: varchar(0), b: varchar(16_384), c: decimal(66), d: decimal(5, 6), e: decimal(40, 31) } },
    [
      'columns.a: the length of a varchar is 1 to 16383',
      'columns.b: the length of a varchar is 1 to 16383',
      ...['c', 'd', 'e'].map(
        (name) =>
          `columns.${name}: decimal(precision, scale) takes 1 to 65 digits, 0 to 30 of them (and no more than all) behind the point`,
      ),
    ],
  ],
  'wrong enumerations': [
    { columns: { a: enumeration(), b: enumeration('x', 'X'), c: enumeration('x ') } },
    [
      'columns.a: an enum needs at least one value, each a different string, in more than upper and lower case',
      'columns.b: an enum needs at least one value, each a different string, in more than upper and lower case',
      'columns.c: the values of an enum have 255 characters at most, no NUL, and no blank at the end',
    ],
  ],
  'wrong defaults': [
    {
      columns: {
        a: int().default(1.5),
        b: tinyint().default(128),
        c: varchar(2).default('abc'),
        d: date().default('2026-02-30'),
        e: int().default(columns.now),
        f: json().default(1),
        g: enumeration('x').default('y' as 'x'),
        h: int().default(null as unknown as number),
        i: boolean().default(1 as unknown as boolean),
      },
    },
    [
      'columns.a: its default must be an integer',
      'columns.b: its default must be from -128 to 127',
      'columns.c: its default must have at most 2 characters',
      'columns.d: its default must be a date, YYYY-MM-DD',
      'columns.e: only a datetime can default to now',
      'columns.f: a json column cannot have a default on every engine',
      'columns.g: its default must be one of x',
      'columns.h: its default is null, but it is not nullable',
      'columns.i: its default must be true or false',
    ],
  ],
  "'set null' on a column that cannot be null": [
    { columns: { a: id().references('others', { onDelete: 'set null' }) } },
    ["columns.a: 'set null' needs a nullable column"],
  ],
  'keys that MySQL cannot hold': [
    { columns: { a: text().unique(), b: blob().index(), c: varchar(769).unique(), d: varchar(768).unique() } },
    [
      'columns.a: a text column cannot be part of a key: a',
      'columns.b: a blob column cannot be part of a key: b',
      'columns.c: a key holds 768 characters at most, these columns have 769',
    ],
  ],
  'wrong indexes': [
    { columns: { a: int() }, indexes: [['toString'], ['a', 'a'], []] },
    ['indexes[2]: names no column', 'indexes[0]: names no column of the table: toString', 'indexes[1]: names a twice'],
  ],
  'wrong relations': [
    { columns: { a: int() }, relations: { a: belongsTo('b', 'a'), c: belongsTo('b', 'constructor'), d: {} } },
    [
      'relations.a: has the name of a column',
      'relations.c: its foreign key is no column of this table: constructor',
      'relations.d: must be made by belongsTo, hasOne, hasMany or belongsToMany',
    ],
  ],
  'a wrong former name': [
    { columns: { a: int().renamedFrom('no name') } },
    ['columns.a: renamedFrom must be the former name of the column'],
  ],
}

for (const [name, [declaration, expected]] of Object.entries(refused)) {
  test(`a table with ${name} is refused`, () => {
    assert.deepEqual(
      faultsOf('MODULE_INVALID', () => defineTable('wrong', declaration as never)),
      expected,
    )
  })
}

test('a table is named by a database identifier', () => {
  for (const name of ['', '1a', 'a b', 'a-b', '../x', 'a'.repeat(65), undefined]) {
    const faults = faultsOf('MODULE_INVALID', () => defineTable(name as string, { columns: { a: int() } }))
    assert.deepEqual(faults, ['name: must be a letter, then letters, digits or _, at most 64'])
  }
})

test('every column type has a declaration without fault', () => {
  const { float, double, smallint, mediumint, time, email, password, phone, ip } = columns
  const all = { int, tinyint, smallint, mediumint, bigint, float, double, decimal, date, time, datetime }
  const texts = { varchar, text, json, boolean, blob, id, email, password, phone, ip, link }
  const specs = Object.entries({ ...all, ...texts }).map(([name, make]) => [name, make().spec])
  assert.deepEqual(columnFaults(Object.fromEntries(specs)), [])
})

test('a table gets an id of its own unless it declares a primary key', () => {
  const table = defineTable('a', { columns: { name: varchar() }, indexes: [['name', 'id']] })
  assert.deepEqual(Object.keys(table.columns), ['id', 'name'])
  assert.deepEqual(table.primaryKey, ['id'])
  const keyed = defineTable('b', { columns: { x: int().primary(), y: int().primary() } })
  assert.deepEqual(keyed.primaryKey, ['x', 'y'])
  assert.deepEqual(Object.keys(keyed.columns), ['x', 'y'])
})

test('a declaration is frozen and a column may be shared', () => {
  const name = varchar(10)
  const a = defineTable('a', { columns: { name: name.unique() } })
  const b = defineTable('b', { columns: { name } })
  assert.equal(a.columns.name?.unique, true)
  assert.equal(b.columns.name?.unique, false)
  for (const part of [a, a.columns, a.columns.name, a.columns.id, a.primaryKey, a.indexes, a.schema.row.properties]) {
    assert.ok(Object.isFrozen(part))
  }
})

test('two declarations are the same if the database would hold the same', () => {
  const declare = (more: object = {}) =>
    defineTable('a', { columns: { at: datetime().default(columns.now), n: int() }, ...more })
  assert.ok(sameTable(declare(), declare({ relations: { b: belongsTo('b', 'n') } })))
  assert.ok(!sameTable(declare(), declare({ indexes: [['n']] })))
  assert.ok(!sameTable(declare(), defineTable('a', { columns: { at: datetime(), n: int() } })))
})

test('relations name their table by declaration, by function or by name', () => {
  const b = defineTable('b', { columns: { a_id: id() } })
  for (const target of [b, () => b, 'b']) {
    assert.equal(belongsTo(target, 'a_id').target().name, 'b')
    const many = belongsToMany('a', { through: target, foreignKey: 'x', otherKey: 'y' })
    assert.equal(many.through?.().name, 'b')
  }
})

test('a database is told lengths of custom types, the seed mark and single-column indexes', () => {
  const lengths = { id: 11, email: 255, password: 40, phone: 20, ip: 45, link: 511 }
  const table = defineTable('a', { columns: { url: link().unique(), ref: id().index() }, indexes: [['url', 'ref']] })
  const spec = resolveTable(table, lengths, true)
  assert.equal(spec.columns.url?.length, 511)
  assert.equal(spec.columns.ref?.length, undefined)
  assert.equal(spec.columns.main_seed?.nullable, true)
  assert.deepEqual(spec.indexes, [
    { columns: ['url'], unique: true },
    { columns: ['ref'], unique: false },
    { columns: ['url', 'ref'], unique: false },
  ])
  assert.equal('main_seed' in resolveTable(table, lengths, false).columns, false)
})
