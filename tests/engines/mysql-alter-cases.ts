import * as c from '../../kernel/contract/columns.js'
import { type AlterCase, columnCase } from './alter-to.js'

const moment = new Date('2024-01-02T03:04:05.678Z')
const day = new Date('2024-01-02T00:00:00Z')

/** What MySQL and MariaDB make of their own types, as the driver gives it. */
export const MYSQL_CASES: readonly AlterCase[] = [
  columnCase('zeros in front come', { a: c.int() }, [{ a: 7 }], { a: c.int().zerofill() }, [{ a: 7 }]),
  columnCase('zeros in front go', { a: c.int().zerofill() }, [{ a: 7 }], { a: c.int() }, [{ a: 7 }]),
  columnCase('no text has zeros in front', { a: c.int().zerofill() }, [{ a: 7 }], { a: c.varchar(1) }, [{ a: '7' }]),
  columnCase('nor has a word', { a: c.int().zerofill() }, [{ a: 7 }], { a: c.enumeration('8', '7') }, [{ a: '7' }]),
  columnCase('numbers are words, not their places', { a: c.int() }, [{ a: 2 }], { a: c.enumeration('2', '1') }, [
    { a: '2' },
  ]),
  columnCase('words are numbers, not their places', { a: c.enumeration('20', '10') }, [{ a: '10' }], { a: c.int() }, [
    { a: 10 },
  ]),
  {
    name: 'words are numbers in a key that has no room for more',
    from: { columns: { a: c.enumeration('20', '10'), b: c.varchar(760) }, indexes: [['b', 'a']] },
    rows: [{ a: '10', b: 'x' }],
    to: { columns: { a: c.int(), b: c.varchar(760) }, indexes: [['b', 'a']] },
    result: [{ a: 10, b: 'x' }],
  },
  columnCase('words are exact numbers', { a: c.enumeration('1.5', '10') }, [{ a: '1.5' }], { a: c.decimal(3, 2) }, [
    { a: '1.50' },
  ]),
  columnCase('the largest numbers', { a: c.bigint() }, [{ a: 2n ** 62n }], { a: c.bigint().unsigned() }, [
    { a: String(2n ** 62n) },
  ]),
  columnCase('a big number as text', { a: c.bigint() }, [{ a: -(2n ** 62n) }], { a: c.varchar(20) }, [
    { a: String(-(2n ** 62n)) },
  ]),
  columnCase('a decimal gets digits', { a: c.decimal(5, 2) }, [{ a: '999.99' }], { a: c.decimal(9, 4) }, [
    { a: '999.9900' },
  ]),
  columnCase('a decimal becomes a number', { a: c.decimal(5, 2) }, [{ a: '7.00' }], { a: c.int() }, [{ a: 7 }]),
  columnCase('a number becomes a decimal', { a: c.int() }, [{ a: 7 }], { a: c.decimal(5, 2) }, [{ a: '7.00' }]),
  columnCase('a decimal becomes text', { a: c.decimal(5, 2) }, [{ a: '-1.50' }], { a: c.varchar(9) }, [{ a: '-1.50' }]),
  columnCase('text becomes a decimal', { a: c.text() }, [{ a: ' 1.5 ' }], { a: c.decimal(5, 2) }, [{ a: '1.50' }]),
  columnCase('a float becomes a double', { a: c.float() }, [{ a: 0.5 }], { a: c.double() }, [{ a: 0.5 }]),
  columnCase('a double becomes a float', { a: c.double() }, [{ a: 0.5 }], { a: c.float().unsigned() }, [{ a: 0.5 }]),
  columnCase('text becomes a double', { a: c.varchar(9) }, [{ a: '1e3' }], { a: c.double() }, [{ a: 1000 }]),
  columnCase('a moment becomes a day', { a: c.datetime() }, [{ a: moment }], { a: c.date() }, [{ a: '2024-01-02' }]),
  columnCase('a day becomes a moment', { a: c.date() }, [{ a: '2024-01-02' }], { a: c.datetime() }, [{ a: day }]),
  columnCase('a moment becomes text', { a: c.datetime() }, [{ a: moment }], { a: c.varchar(23) }, [
    { a: '2024-01-02 03:04:05.678' },
  ]),
  columnCase('text becomes a moment', { a: c.text() }, [{ a: '2024-01-02T03:04:05.678' }], { a: c.datetime() }, [
    { a: moment },
  ]),
  columnCase('text becomes a day', { a: c.varchar(10) }, [{ a: '2024-01-02' }], { a: c.date() }, [{ a: '2024-01-02' }]),
  columnCase('text becomes a time', { a: c.varchar(10) }, [{ a: '-838:59:59' }], { a: c.time() }, [
    { a: '-838:59:59' },
  ]),
  columnCase('a time becomes text', { a: c.time() }, [{ a: '23:59:59' }], { a: c.varchar(10) }, [{ a: '23:59:59' }]),
  columnCase('a moment gets its default', { a: c.datetime() }, [{ a: moment }], { a: c.datetime().default(c.now) }, [
    { a: moment },
  ]),
  columnCase(
    'a moment gets another default',
    { a: c.datetime().default(c.now) },
    [{ a: moment }],
    { a: c.datetime().default('2024-01-01T00:00:00Z') },
    [{ a: moment }],
  ),
  columnCase('text becomes JSON', { a: c.text() }, [{ a: '{"b": [1]}' }], { a: c.json() }, [{ a: '{"b": [1]}' }]),
  columnCase('JSON becomes text', { a: c.json() }, [{ a: '[1]' }], { a: c.text() }, [{ a: '[1]' }]),
  columnCase('JSON becomes nullable', { a: c.json() }, [{ a: '[1]' }], { a: c.json().nullable() }, [{ a: '[1]' }]),
  columnCase('a JSON column comes', { a: c.int() }, [{ a: 1 }], { a: c.int(), b: c.json().nullable() }, [{ b: null }]),
  columnCase('text becomes bytes', { a: c.text() }, [{ a: 'ü' }], { a: c.blob() }, [{ a: Buffer.from('ü') }]),
  columnCase('bytes become text', { a: c.blob() }, [{ a: Buffer.from('ü') }], { a: c.varchar(1) }, [{ a: 'ü' }]),
  columnCase('the default null comes', { a: c.int().nullable() }, [{ a: 1 }], { a: c.int().nullable().default(null) }, [
    { a: 1 },
  ]),
  columnCase('text that reads NULL', { a: c.varchar(9) }, [{ a: 'NULL' }], { a: c.varchar(9).default('NULL') }, [
    { a: 'NULL' },
  ]),
  columnCase(
    'NULLs become the present',
    { a: c.datetime().nullable(), b: c.int() },
    [
      { a: null, b: 1 },
      { a: moment, b: 2 },
    ],
    { a: c.datetime().default(c.now), b: c.int() },
    [{ b: 1 }, { a: moment, b: 2 }],
  ),
  {
    name: 'NULLs become the key of a table with one row',
    from: { columns: { a: c.int().nullable() } },
    rows: [{ a: null }],
    to: { columns: { a: c.bigint().primary().default(5) } },
    by: 'a',
    result: [{ a: 5 }],
  },
  {
    name: 'a number of 0 stays 0 when the column begins to count',
    from: { columns: { id: c.int().primary(), a: c.int() } },
    rows: [
      { id: 0, a: 1 },
      { id: 7, a: 2 },
    ],
    to: { columns: { id: c.int().unsigned().primary().autoIncrement(), a: c.bigint() } },
    result: [
      { id: 0, a: 1 },
      { id: 7, a: 2 },
    ],
  },
  {
    name: 'a column that counts stops counting and is another kind of key',
    from: { columns: { a: c.int() } },
    rows: [{ a: 4 }],
    to: { columns: { id: c.varchar(9).primary(), a: c.int() } },
    result: [{ id: '1', a: 4 }],
  },
  {
    name: 'a column that counted is an ordinary one beside a new key',
    from: { columns: { number: c.int().primary().autoIncrement(), a: c.int() } },
    rows: [{ a: 4 }, { a: 5 }],
    to: { columns: { number: c.int().nullable(), a: c.int().primary() } },
    by: 'a',
    result: [
      { a: 4, number: 1 },
      { a: 5, number: 2 },
    ],
  },
  {
    name: 'another column counts instead',
    from: { columns: { number: c.int().primary().autoIncrement(), a: c.int() } },
    rows: [{ a: 4 }],
    to: { columns: { number: c.int(), a: c.int().primary().autoIncrement() } },
    by: 'a',
    result: [{ a: 4, number: 1 }],
  },
  {
    name: 'a unique key becomes the primary key',
    from: { columns: { a: c.varchar(9).unique() } },
    rows: [{ a: 'x' }],
    to: { columns: { a: c.varchar(9).primary() } },
    by: 'a',
    result: [{ a: 'x' }],
  },
  {
    name: 'a table is seeded',
    from: { columns: { a: c.int(), b: c.int() }, indexes: [{ columns: ['a', 'b'], unique: true }] },
    rows: [{ a: 1, b: 2 }],
    to: { columns: { a: c.int(), main_seeds: c.boolean().nullable().default(null) }, indexes: [['a', 'main_seeds']] },
    result: [{ a: 1, main_seeds: null }],
  },
]
