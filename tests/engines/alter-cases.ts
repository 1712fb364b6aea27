import * as c from '../../kernel/contract/columns.js'
import { type AlterCase, columnCase } from './alter-to.js'

const int = { a: c.int() }
const numbers = [{ a: 1 }, { a: 0 }]

/** Both engines keep these values alike. */
export const SHARED_CASES: readonly AlterCase[] = [
  columnCase('a column is added', int, [{ a: 1 }], { a: c.int(), b: c.int().nullable() }, [{ id: 1, a: 1, b: null }]),
  columnCase('a column with a default is added', int, [{ a: 1 }], { a: c.int(), b: c.varchar(9).default("it's") }, [
    { a: 1, b: "it's" },
  ]),
  columnCase('a column goes', { a: c.int(), b: c.int() }, [{ a: 1, b: 2 }], int, [{ id: 1, a: 1 }]),
  columnCase('a column goes with its unique index', { a: c.int(), b: c.int().unique() }, [{ a: 1, b: 2 }], int, [
    { id: 1, a: 1 },
  ]),
  columnCase('a number gets room', { a: c.tinyint() }, [{ a: -128 }], { a: c.bigint() }, [{ a: -128 }]),
  columnCase('a number loses its sign', int, [{ a: 7 }], { a: c.int().unsigned() }, [{ a: 7 }]),
  columnCase('a boolean becomes a number', { a: c.boolean() }, numbers, int, numbers),
  columnCase('a number becomes a boolean', int, numbers, { a: c.boolean() }, numbers),
  columnCase('a number becomes text', int, [{ a: -12 }], { a: c.varchar(5) }, [{ a: '-12' }]),
  columnCase('text becomes a number', { a: c.varchar(20) }, [{ a: '-12' }, { a: '0012' }], int, [
    { a: -12 },
    { a: 12 },
  ]),
  columnCase('text gets longer', { a: c.varchar(3) }, [{ a: 'äöü' }], { a: c.varchar(300) }, [{ a: 'äöü' }]),
  columnCase('text gets shorter', { a: c.varchar(30) }, [{ a: 'äöü' }], { a: c.varchar(3) }, [{ a: 'äöü' }]),
  columnCase('varchar becomes text', { a: c.varchar(30) }, [{ a: 'x' }], { a: c.text() }, [{ a: 'x' }]),
  columnCase('text becomes varchar', { a: c.text() }, [{ a: 'x' }], { a: c.varchar(30) }, [{ a: 'x' }]),
  columnCase('a column becomes nullable', int, [{ a: 1 }], { a: c.int().nullable() }, [{ a: 1 }]),
  columnCase('a column is nullable no more', { a: c.int().nullable() }, [{ a: 1 }], int, [{ a: 1 }]),
  columnCase(
    'NULLs become the default',
    { a: c.int().nullable() },
    [{ a: null }, { a: 1 }],
    { a: c.int().default(5) },
    [{ a: 5 }, { a: 1 }],
  ),
  columnCase(
    'NULLs become a default that only the new type holds',
    { a: c.int().nullable(), b: c.int().nullable() },
    [
      { a: null, b: 1 },
      { a: 1, b: null },
    ],
    { a: c.varchar(9).default('none'), b: c.int().default(2) },
    [
      { a: 'none', b: 1 },
      { a: '1', b: 2 },
    ],
  ),
  columnCase('a default comes', int, [{ a: 1 }], { a: c.int().default(3) }, [{ a: 1 }]),
  columnCase('a default changes', { a: c.varchar(9).default('x') }, [{ a: 'x' }], { a: c.varchar(9).default("'\\y") }, [
    { a: 'x' },
  ]),
  columnCase('a default goes', { a: c.int().default(3) }, [{ a: 3 }], int, [{ a: 3 }]),
  columnCase(
    'words of an enum come, go and change places',
    { a: c.enumeration('x', 'y', 'z') },
    [{ a: 'z' }, { a: 'x' }],
    { a: c.enumeration('new', 'z', "it's", 'back\\slash', 'x') },
    [{ a: 'z' }, { a: 'x' }],
  ),
  columnCase('an enum becomes text', { a: c.enumeration('x', 'y') }, [{ a: 'y' }], { a: c.varchar(9) }, [{ a: 'y' }]),
  columnCase('text becomes an enum', { a: c.varchar(9) }, [{ a: 'y' }], { a: c.enumeration('x', 'y') }, [{ a: 'y' }]),
  columnCase('an index comes', int, [{ a: 1 }, { a: 1 }], { a: c.int().index() }, [{ a: 1 }, { a: 1 }]),
  columnCase('an index goes', { a: c.int().index() }, [{ a: 1 }], int, [{ a: 1 }]),
  columnCase('an index becomes unique', { a: c.int().index() }, numbers, { a: c.int().unique() }, numbers),
  {
    name: 'an index gets another order',
    from: { columns: { a: c.int(), b: c.int() }, indexes: [['a', 'b']] },
    rows: [{ a: 1, b: 2 }],
    to: { columns: { a: c.int(), b: c.int() }, indexes: [['b', 'a']] },
    result: [{ a: 1, b: 2 }],
  },
  {
    name: 'a key of its own takes the place of the id',
    from: { columns: int },
    rows: [{ a: 5 }],
    to: { columns: { a: c.int().primary() } },
    by: 'a',
    result: [{ a: 5 }],
  },
  {
    name: 'rows get an id',
    from: { columns: { a: c.int().primary() } },
    rows: [{ a: 5 }, { a: 6 }],
    to: { columns: int },
    by: 'a',
    result: [
      { a: 5, id: 1 },
      { a: 6, id: 2 },
    ],
  },
  {
    name: 'a key gets a second column',
    from: { columns: { a: c.int().primary(), b: c.int() } },
    rows: [{ a: 5, b: 1 }],
    to: { columns: { a: c.int().primary(), b: c.int().primary() } },
    by: 'a',
    result: [{ a: 5, b: 1 }],
  },
  {
    name: 'all at once',
    from: { columns: { a: c.int().index(), b: c.varchar(9), gone: c.int().unique() } },
    rows: [{ a: 1, b: '7', gone: 3 }],
    to: {
      columns: { a: c.bigint().unique(), b: c.int().nullable(), came: c.varchar(5).default('x') },
      indexes: [['b', 'came']],
    },
    result: [{ id: 1, a: 1, b: 7, came: 'x' }],
  },
]
