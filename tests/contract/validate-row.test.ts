import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as columns from '../../kernel/contract/columns.js'
import type { AnyColumn } from '../../kernel/contract/define-table.js'
import { resolveColumn } from '../../kernel/contract/table-spec.js'
import { defaultOf, rowFaults, valueFault } from '../../kernel/contract/validate-row.js'

const lengths = { id: 11, email: 30, password: 40, phone: 20, ip: 45, link: 40 }
const specOf = (column: AnyColumn) => resolveColumn(column.spec, lengths)
const { int, tinyint, smallint, mediumint, bigint, float, double, decimal, date, time, datetime } = columns
const { varchar, text, json, boolean, enumeration, blob, id, email, password, phone, ip, link } = columns

/** Column, values it takes, values it refuses. */
const cases: Record<string, [AnyColumn, unknown[], unknown[]]> = {
  int: [int(), [0, -1, -2147483648, 2147483647, 5n], [2147483648, -2147483649, 1.5, '1', Number.NaN, true, [], {}]],
  'int unsigned': [int().unsigned(), [0, 4294967295], [-1, 4294967296]],
  tinyint: [tinyint(), [-128, 127], [-129, 128]],
  'tinyint zerofill': [tinyint().zerofill(), [0, 255], [-1, 256]],
  smallint: [smallint(), [-32768, 32767], [-32769, 32768]],
  mediumint: [mediumint(), [-8388608, 8388607], [-8388609, 8388608]],
  bigint: [
    bigint(),
    ['-9223372036854775808', '9223372036854775807', 7, 7n, '007'],
    ['9223372036854775808', '1.5', '', ' 1', '1e3', 2 ** 53],
  ],
  'bigint unsigned': [bigint().unsigned(), ['18446744073709551615'], ['-1', '18446744073709551616']],
  float: [float(), [0.5, -3.4e38], [3.5e38, Number.POSITIVE_INFINITY, Number.NaN, '0.5']],
  double: [double(), [1e308, -0.1], [Number.NEGATIVE_INFINITY, '1', null]],
  'double unsigned': [double().unsigned(), [0, 1.5], [-0.1]],
  decimal: [
    decimal(5, 2),
    ['123.45', '-999.99', 1.5, '0001.500', 0, '.5', '1.'],
    ['1000', '1.234', 'x', '', '.', '-', '1e2', 1234.5, Number.NaN, Number.POSITIVE_INFINITY, true, [1]],
  ],
  'decimal, tiny and huge numbers': [decimal(30, 20), [1e-7, -1.5e-9], [1e21, 1e-21, 5e-324]],
  'decimal unsigned': [decimal(5, 2).unsigned(), ['0.01'], ['-0.01']],
  date: [date(), ['2026-02-28', '2024-02-29'], ['2026-02-29', '2026-2-1', '2026-13-01', 'today', new Date()]],
  time: [time(), ['00:00:00', '23:59:59', '-838:59:59', '838:59:59'], ['24:00', '1:00:00', '00:60:00', '839:00:00']],
  datetime: [
    datetime(),
    [new Date(0), '2026-01-31T12:00:00Z', '2026-01-31T12:00:00.123+02:00', '2026-01-31 12:00Z'],
    ['2026-01-31T12:00:00', '2026-02-30T12:00:00Z', '2026-01-31', '', new Date(Number.NaN), new Date(8.64e15), 0],
  ],
  varchar: [varchar(3), ['', 'abc', '😀😀😀'], ['abcd', 'a\0b', '\ud800', 1, null, undefined]],
  text: [text(), ['', 'a'.repeat(65_535)], ['a'.repeat(65_536), 'é'.repeat(32_768)]],
  json: [json(), [{}, [], 'text', 1, false], [undefined, () => 1, 1n, null]],
  boolean: [boolean(), [true, false], [0, 1, 'true', null]],
  enum: [enumeration('red', 'green'), ['red', 'green'], ['Red', '', 'blue', 0]],
  blob: [blob(), [new Uint8Array(), Buffer.from('x')], ['x', [1], new ArrayBuffer(1)]],
  id: [id(), [1, 4294967295], [-1, '1', 1.5]],
  email: [
    email(),
    ['a@example.com', "o'neil+tag@mail.example.co.uk"],
    [
      'a',
      'a@b',
      '@example.com',
      'a@@example.com',
      'a b@example.com',
      'a@-x.com',
      'a@example..com',
      `${'a'.repeat(30)}@b.de`,
    ],
  ],
  password: [password(), ['x', 'x'.repeat(40)], ['', 'x'.repeat(41), 1]],
  phone: [phone(), ['+49 (30) 123-45.6', '110'], ['', '+', 'call me', '1'.repeat(21)]],
  ip: [ip(), ['127.0.0.1', '::1', '::ffff:10.0.0.1'], ['', '256.1.1.1', '1.2.3', 'localhost', '10.0.0.0/8']],
  link: [
    link(),
    ['https://example.com/a?b=c#d', 'HTTP://example.com'],
    [
      '',
      'example.com',
      'javascript:alert(1)',
      'ftp://example.com',
      'https://',
      'https://a b',
      `https://a.de/${'x'.repeat(40)}`,
    ],
  ],
}

for (const [name, [column, good, bad]] of Object.entries(cases)) {
  test(`${name}: takes what fits and refuses what does not, with a sentence`, () => {
    const spec = specOf(column)
    for (const value of good) assert.equal(valueFault(spec, value), undefined, `takes ${String(value)}`)
    for (const value of bad) assert.match(valueFault(spec, value) ?? 'taken', /^must /, `refuses ${String(value)}`)
    assert.equal(valueFault({ ...spec, nullable: true }, null), undefined, 'null where it is nullable')
    assert.equal(valueFault(spec, null), 'must not be null')
  })
}

test('a row is checked whole: unknown columns, missing ones and wrong values, each with its path', () => {
  const specs = {
    id: specOf(int().primary().autoIncrement()),
    name: specOf(varchar(3)),
    age: specOf(int().nullable()),
    kind: specOf(enumeration('a', 'b').default('a')),
    born: specOf(date()),
  }
  assert.deepEqual(rowFaults(specs, { name: 'long', kind: 'c', toString: 1, age: null }, 'rows[0]'), [
    { path: 'rows[0].toString', message: 'is no column of the table' },
    { path: 'rows[0].name', message: 'must have at most 3 characters' },
    { path: 'rows[0].kind', message: 'must be one of a, b' },
    { path: 'rows[0].born', message: 'is missing' },
  ])
  assert.deepEqual(rowFaults(specs, { name: 'ok', born: '2026-01-01' }, ''), [])
})

test('the default of a row that leaves a column out', () => {
  assert.equal(defaultOf(specOf(int().default(5))), 5)
  assert.ok(defaultOf(specOf(datetime().default(columns.now))) instanceof Date)
  assert.equal(defaultOf(specOf(int())), undefined)
})
