import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as c from '../../kernel/contract/columns.js'
import type { SqlValue } from '../../kernel/contract/context.js'
import type { AnyColumn } from '../../kernel/contract/define-table.js'
import { roundedDecimal } from '../../kernel/engines/sqlite/decimal-text.js'
import { spec } from './engine-fixture.js'
import { declaredLive } from './sqlite-changes.js'
import { SqliteFamily } from './sqlite-family.js'

/** Values that fit the new column, and values that do not. */
const CASES: readonly [from: AnyColumn, to: AnyColumn, fit: readonly SqlValue[], misfit: readonly SqlValue[]][] = [
  [c.int(), c.tinyint(), [127, -128], [128, -129]],
  [c.bigint(), c.int().unsigned(), [0, 4_294_967_295], ['4294967296', -1]],
  [c.int(), c.bigint().unsigned(), [2_147_483_647], [-1]],
  [c.int(), c.boolean(), [0, 1], [2, -1]],
  [c.int(), c.varchar(3), [-12, 123], [1234, -123]],
  [c.int(), c.decimal(4, 2), [99, -99], [100, -100]],
  [c.bigint(), c.decimal(30, 2).unsigned(), ['9223372036854775807', 0], [-1]],
  [c.varchar(40), c.int(), ['-5', '007', ' +5 '], ['', '5.0', '5x', '1e3', '2147483648', '99999999999999999999']],
  [
    c.varchar(40),
    c.decimal(5, 2),
    ['-999.994', '1', '000999', ' .5 ', '1e2'],
    ['999.995', '1000', '', '.', '1e3', 'x'],
  ],
  [c.varchar(40), c.decimal(40, 2).unsigned(), ['0', '-0.001', '1.5'], ['-1', '-0.01']],
  [c.varchar(40), c.double(), ['-1.5e300', '.5', '7'], ['', '1e999', 'NaN', 'x', '0x10']],
  [c.varchar(40), c.date(), ['2024-02-29'], ['2023-02-29', 'now', '2024-2-9', '2024', '']],
  [c.varchar(40), c.time(), ['-838:59:59', '23:59:59'], ['24', '23:60:00', '839:00:00']],
  [
    c.varchar(40),
    c.datetime(),
    ['2024-02-29 10:00:00', '2024-02-29', '2024-02-29T10:00:00.123Z', '2024-02-29 10:00:00.000 +00:00'],
    ['2023-02-29 10:00:00', 'now', '12:00', '2460000', ''],
  ],
  [c.varchar(40), c.json(), ['5', '"a"', '{"a":[1]}'], ['', '{', 'a']],
  [c.varchar(40), c.enumeration('a', "it's"), ['a', "it's"], ['A', 'b', '']],
  [c.varchar(40), c.varchar(3), ['abc', 'é🦄ü'], ['abcd', 'é🦄üx']],
  [c.enumeration('a', 'b'), c.enumeration('a', 'c'), ['a'], ['b']],
  [c.enumeration('a', 'bcde'), c.varchar(3), ['a'], ['bcde']],
  [c.decimal(10, 4), c.decimal(5, 2), ['999.994', '-0.00'], ['999.995', '-1000']],
  [c.decimal(40, 4), c.decimal(5, 2).unsigned(), ['999.994', '-0.001'], ['999.995', '-0.01']],
  [c.decimal(10, 2), c.tinyint(), ['127.49', '-128.49'], ['127.5', '-128.5']],
  [c.decimal(40, 1), c.bigint(), ['9223372036854775807.4'], ['9223372036854775807.5', '-9223372036854775808.5']],
  [c.double(), c.bigint(), [1e15, -0.4], [1e19, 1e300]],
  [c.double(), c.float(), [3.4e38, 1e-300], [3.5e38]],
  [c.double(), c.double().unsigned(), [0, 5], [-0.5]],
  [c.double(), c.decimal(5, 2), [999.994], [1000, 1e22]],
  [c.double(), c.varchar(4), [0.25, 1000], [0.125, 1e20]],
  [c.datetime(), c.varchar(10), [], [new Date(0)]],
  [c.blob(), c.varchar(3), [Buffer.from('é🦄ü')], [Buffer.from([255]), Buffer.from([0]), Buffer.from('abcd')]],
  [c.json(), c.text(), ['"a"'], [`"${'é'.repeat(32_768)}"`]],
  [c.text(), c.blob(), ['a'], ['é'.repeat(32_768)]],
]

/** Pairs of which every value fits: the caller need not look. */
const ALWAYS: readonly [from: AnyColumn, to: AnyColumn][] = [
  [c.tinyint(), c.int()],
  [c.int().unsigned(), c.bigint()],
  [c.boolean(), c.tinyint()],
  [c.varchar(5), c.varchar(6)],
  [c.varchar(300), c.text()],
  [c.enumeration('a'), c.enumeration('b', 'a')],
  [c.enumeration('abc'), c.varchar(3)],
  [c.decimal(5, 2), c.decimal(6, 3)],
  [c.decimal(5, 2), c.decimal(5, 1)],
  [c.int(), c.decimal(10)],
  [c.date(), c.datetime()],
  [c.float(), c.double()],
]

describe('values that do not fit', () => {
  for (const [from, to, fit, misfit] of CASES) {
    test(`${from.spec.type} → ${to.spec.type}: ${misfit.map(shown).join(', ')}`, async (t) => {
      const family = await SqliteFamily.make(t, spec('things', { columns: { value: from.nullable() } }))
      const { engine, database } = family.fixture
      const wanted = spec('things', { columns: { value: to.nullable() } })
      const condition = await conditionOf(family, to)
      assert.ok(condition)
      for (const value of [null, ...fit, ...misfit]) {
        await database.run('INSERT INTO things (value) VALUES (?)', [value])
      }
      const found = await family.select(`SELECT id FROM things WHERE ${condition} ORDER BY id`)
      assert.deepEqual(
        found.map(({ id }) => Number(id) - 2 - fit.length),
        misfit.map((_value, i) => i),
      )
      await family.execute(`DELETE FROM things WHERE ${condition}`)
      await family.alter([wanted])
      await family.expectSound([wanted])
      const left = await family.select('SELECT count(value) AS n FROM things')
      assert.deepEqual(left, [{ n: fit.length }])
      assert.equal(engine.kind, 'sqlite')
    })
  }

  test('are not looked for where every value fits', async (t) => {
    for (const [from, to] of ALWAYS) {
      const family = await SqliteFamily.make(t, spec('things', { columns: { value: from } }))
      assert.equal(await conditionOf(family, to), undefined, `${from.spec.type} → ${to.spec.type}`)
    }
  })
})

async function conditionOf(family: SqliteFamily, to: AnyColumn): Promise<string | undefined> {
  const { engine } = family.fixture
  const live = (await family.introspect()).tables.things
  const wanted = (await declaredLive(engine, [spec('things', { columns: { value: to } })])).things
  const [is, becomes] = [live?.columns.at(-1)?.domain, wanted?.columns.at(-1)?.domain]
  assert.ok(is && becomes)
  return engine.ddl.misfits('value', is, becomes)
}

function shown(value: SqlValue): string {
  const text = value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value)
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 10)}…` : text)
}

test('decimals are rounded as they are written, to any length', () => {
  const cases: readonly [value: unknown, scale: number, text: string | undefined][] = [
    ['1.005', 2, '1.01'],
    [1.005, 2, '1.01'],
    ['-1.005', 2, '-1.01'],
    ['-0.004', 2, '0.00'],
    ['0.5', 0, '1'],
    ['.5', 1, '0.5'],
    ['5.', 1, '5.0'],
    ['000123.5', 3, '123.500'],
    ['99999999999999999999.995', 2, '100000000000000000000.00'],
    [`${'9'.repeat(35)}.${'1'.repeat(30)}`, 30, `${'9'.repeat(35)}.${'1'.repeat(30)}`],
    [9_223_372_036_854_775_807n, 2, '9223372036854775807.00'],
    [1e21, 1, '1000000000000000000000.0'],
    [1.5e-7, 7, '0.0000002'],
    [1.5e-7, 6, '0.000000'],
    [4e-7, 6, '0.000000'],
    [5e-7, 6, '0.000001'],
    [1e-300, 2, '0.00'],
    ['1e999999', 2, undefined],
    ['', 2, undefined],
    ['.', 2, undefined],
    ['1x', 2, undefined],
    [null, 2, undefined],
    [Number.NaN, 2, undefined],
  ]
  for (const [value, scale, text] of cases) assert.equal(roundedDecimal(value, scale), text, `${value} ${scale}`)
})
