import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as c from '../../kernel/contract/columns.js'
import type { SqlValue } from '../../kernel/contract/context.js'
import type { Columns } from '../../kernel/contract/define-table.js'
import type { TableSpec } from '../../kernel/contract/table-spec.js'
import { spec } from './engine-fixture.js'
import { SqliteFamily } from './sqlite-family.js'

const children = spec('children', { columns: { thing_id: c.id().references('things', { onDelete: 'cascade' }) } })

type Change = (typeof VALUES)[number]

/** A column before and after, what a row holds in it, and what it holds then. */
const VALUES: readonly [
  name: string,
  from: c.Column<unknown, unknown, boolean>,
  to: c.Column<unknown, unknown, boolean>,
  before: SqlValue,
  after: unknown,
][] = [
  ['a wider integer', c.tinyint(), c.bigint(), -128, -128],
  ['a narrower integer', c.bigint(), c.int().unsigned(), '4294967295', 4_294_967_295],
  ['an integer of 64 bits', c.bigint(), c.bigint().nullable(), '-9223372036854775808', '-9223372036854775808'],
  ['integer to text', c.int(), c.varchar(20), -12, '-12'],
  ['integer to short decimal', c.int(), c.decimal(12, 2), 7, '7.00'],
  ['integer to long decimal', c.bigint(), c.decimal(40, 2), '9223372036854775807', '9223372036854775807.00'],
  ['integer to double', c.int(), c.double(), 7, 7],
  ['boolean to integer', c.boolean(), c.int(), true, 1],
  ['integer to boolean', c.int(), c.boolean(), 1, 1],
  ['text to integer', c.varchar(20), c.bigint(), '9007199254740993', '9007199254740993'],
  ['text to short decimal', c.varchar(20), c.decimal(10, 2), '-1.5', '-1.50'],
  ['text to long decimal', c.varchar(50), c.decimal(40, 3), '12345678901234567890.5', '12345678901234567890.500'],
  ['text to double', c.varchar(20), c.double(), '-1.5e3', -1500],
  ['text to longer text', c.varchar(5), c.varchar(500), '00007', '00007'],
  ['text to a long text', c.varchar(5), c.text(), 'é🦄', 'é🦄'],
  ['text to a word', c.varchar(5), c.enumeration('new', "it's"), "it's", "it's"],
  ['text to a date', c.varchar(20), c.date(), '2024-02-29', '2024-02-29'],
  ['text to a time', c.varchar(20), c.time(), '-838:59:59', '-838:59:59'],
  ['text to a moment', c.varchar(40), c.datetime(), '2024-02-29T12:00:00+02:00', new Date('2024-02-29T10:00:00Z')],
  ['text to JSON', c.varchar(20), c.json(), '{"a":1}', '{"a":1}'],
  ['text to bytes', c.varchar(20), c.blob(), 'é', Buffer.from('é')],
  ['bytes to text', c.blob(), c.varchar(20), Buffer.from('é'), 'é'],
  ['JSON to text', c.json(), c.text(), '[1]', '[1]'],
  ['a word more', c.enumeration('a'), c.enumeration('b', 'a'), 'a', 'a'],
  ['a word less', c.enumeration('a', 'b'), c.enumeration('a'), 'a', 'a'],
  ['a word to text', c.enumeration('a'), c.varchar(3), 'a', 'a'],
  ['a wider decimal', c.decimal(5, 2), c.decimal(10, 4), '1.25', '1.2500'],
  ['a decimal of less scale', c.decimal(10, 4), c.decimal(10, 2), '-1.005', '-1.01'],
  [
    'a long decimal of less scale',
    c.decimal(40, 20),
    c.decimal(40, 2),
    '99999999999999999999.995',
    '100000000000000000000.00',
  ],
  ['a short decimal to a long one', c.decimal(10, 2), c.decimal(40, 4), '1.5', '1.5000'],
  ['a long decimal to a short one', c.decimal(40, 4), c.decimal(10, 2), '-12345678.9999', '-12345679.00'],
  ['a whole decimal of 18 digits', c.decimal(18), c.decimal(65), '123456789012345678', '123456789012345678'],
  ['decimal to integer', c.decimal(10, 2), c.int(), '-2.5', -3],
  ['long decimal to integer', c.decimal(40, 2), c.bigint(), '9223372036854775806.5', '9223372036854775807'],
  ['decimal to text', c.decimal(10, 3), c.varchar(20), '1.5', '1.500'],
  ['decimal to double', c.decimal(40, 2), c.double(), '0.25', 0.25],
  ['double to decimal', c.double(), c.decimal(10, 2), 2.675, '2.68'],
  ['double to integer', c.double(), c.int(), -2.5, -3],
  ['double to text', c.double(), c.varchar(30), 0.30000000000000004, '0.30000000000000004'],
  ['float to double', c.float(), c.double().unsigned(), 0.5, 0.5],
  ['date to moment', c.date(), c.datetime(), '2024-02-29', new Date('2024-02-29T00:00:00Z')],
  ['moment to date', c.datetime(), c.date(), new Date('2024-02-29T23:59:59.999Z'), '2024-02-29'],
  ['moment to time', c.datetime(), c.time(), new Date('2024-02-29T23:59:58.999Z'), '23:59:58'],
  ['moment to text', c.datetime(), c.varchar(30), new Date('2024-02-29T23:59:59.120Z'), '2024-02-29 23:59:59.120'],
  ['date to text', c.date(), c.varchar(10), '2024-02-29', '2024-02-29'],
  ['nullable', c.int(), c.int().nullable(), 5, 5],
  ['no longer nullable', c.int().nullable(), c.int(), 5, 5],
  ['another default', c.int().default(1), c.int().default(2), 5, 5],
  ['a default of now', c.datetime(), c.datetime().default(c.now), new Date(0), new Date(0)],
  ['NULL to a default', c.varchar(9).nullable(), c.varchar(9).default("it's"), null, "it's"],
  ['NULL of another type to a default', c.int().nullable(), c.decimal(40, 2).default('1.50'), null, '1.50'],
  ['NULL stays', c.varchar(9).nullable(), c.datetime().nullable(), null, null],
  ['a custom type', c.varchar(300), c.email(), 'a@example.com', 'a@example.com'],
]

function things(columns: Columns): TableSpec {
  return spec('things', { columns })
}

describe('a change of a column', () => {
  for (const [name, from, to, before, after] of VALUES satisfies readonly Change[]) {
    test(`${name}: ${from.spec.type} → ${to.spec.type}`, async (t) => {
      const family = await SqliteFamily.make(t, things({ value: from, other: c.varchar(9) }), children)
      const { database } = family.fixture
      for (const other of ['a', 'b']) {
        await database.run('INSERT INTO things (value, other) VALUES (?, ?)', [before, other])
      }
      await database.run('INSERT INTO children (thing_id) VALUES (1), (2)')
      const tables = [things({ value: to, other: c.varchar(9) }), children]
      await family.alter(tables)
      assert.deepEqual(await family.select('SELECT id, value, other FROM things ORDER BY id'), [
        { id: 1, value: after, other: 'a' },
        { id: 2, value: after, other: 'b' },
      ])
      await family.expectSound(tables)
      await database.run('DELETE FROM things WHERE id = 1')
      assert.deepEqual(await family.select('SELECT thing_id FROM children'), [{ thing_id: 2 }])
    })
  }
})
