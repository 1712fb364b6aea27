import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as c from '../../kernel/contract/columns.js'
import type { SqlValue } from '../../kernel/contract/context.js'
import type { AnyColumn } from '../../kernel/contract/define-table.js'
import type { LiveSchema } from '../../kernel/engines/live-schema.js'
import { wantedSchema } from './alter-to.js'
import { type EngineFixture, spec } from './engine-fixture.js'
import { withMysqlFixture } from './mysql-fixture.js'
import { tableChange } from './table-change.js'

const moment = new Date('2024-01-02T03:04:05.678Z')

/** What fits, and what does not: the server refuses it, or would make something else of it. */
const CASES: readonly [from: AnyColumn, to: AnyColumn, fits: readonly SqlValue[], misfits: readonly SqlValue[]][] = [
  [c.int(), c.tinyint(), [-128, 127], [-129, 128]],
  [c.int(), c.int().unsigned(), [0, 5], [-1]],
  [c.int(), c.boolean(), [0, 1], [2, -1]],
  [c.bigint().unsigned(), c.bigint(), [2n ** 63n - 1n], [2n ** 63n, 2n ** 64n - 1n]],
  [c.double(), c.int(), [1.4, -2147483648, 2147483647.4], [2147483648, -2147483649, 1e300]],
  [c.double(), c.bigint(), [2 ** 53, -(2 ** 63)], [2 ** 63, 1e19]],
  [c.double(), c.bigint().unsigned(), [0.4, 1e19, 2 ** 64 - 2048], [-1, 2 ** 64]],
  [c.decimal(20), c.bigint().unsigned(), ['18446744073709551615'], ['18446744073709551616']],
  [c.double(), c.float(), [0.1, 3.4e38], [3.5e38, -1e39]],
  [c.double(), c.double().unsigned(), [0, 1e300], [-0.1]],
  [c.double(), c.decimal(3, 1), [99.94, -99.94], [99.96, 100, -1e300]],
  [c.decimal(10, 2), c.decimal(3, 1), ['99.94', '-99.9'], ['99.95', '-100']],
  [c.decimal(10, 2), c.decimal(10, 2).unsigned(), ['0.01'], ['-0.01']],
  [c.decimal(10, 2), c.tinyint(), ['127.49', '-128'], ['127.50', '-129']],
  [c.decimal(10, 2), c.tinyint().unsigned(), ['0.4'], ['-0.4', '256']],
  [c.decimal(4, 2), c.decimal(2, 2), ['0.99', '-0.5'], ['1.00']],
  [
    c.varchar(40),
    c.int(),
    ['1', '-7', '+7', ' 5 ', '5\n', '2147483647'],
    ['', 'x', '1x', '1.5', '1e2', '2147483648', '5\nx'],
  ],
  [c.varchar(40), c.bigint().unsigned(), ['18446744073709551615'], ['18446744073709551616', '-1', `${'9'.repeat(40)}`]],
  [c.varchar(40), c.boolean(), ['0', '1', '01'], ['2', 'true', '']],
  [
    c.varchar(40),
    c.decimal(4, 2),
    ['1', '99.99', '.5', '1e1', '-1.234', '99.994'],
    ['100', '99.995', '', '-', '1e2', 'x', '1,5'],
  ],
  [c.varchar(40), c.double(), ['1e300', '-.5', ' 1 '], ['1e999', 'x', '', '1e']],
  [c.varchar(40), c.float().unsigned(), ['1e38'], ['1e39', '-1']],
  [c.varchar(40), c.date(), ['2024-02-29'], ['2023-02-29', '0000-00-00', '2024-1-1x', '29.2.2024', '', '20240101x']],
  [
    c.varchar(40),
    c.datetime(),
    ['2024-01-02 03:04:05', '2024-01-02T03:04:05.678', '2024-01-02'],
    ['2024-01-02T03:04:05Z', '2024-01-02 25:00:00', '2024-13-01', 'x'],
  ],
  [c.varchar(40), c.time(), ['12:00:00', '-838:59:59', '1:02:03'], ['839:00:00', '12:60:00', '900:00:00', 'noon', '']],
  [c.varchar(40), c.varchar(3), ['äöü', '🦄🦄🦄'], ['abcd', 'ab  ']],
  [c.text(), c.varchar(3), ['äöü', ''], ['abcd']],
  [c.varchar(40), c.json(), ['1', '"x"', '{"a": []}', 'null'], ['', 'x', '{', "{'a': 1}"]],
  [c.varchar(40), c.enumeration('a', "it's", 'ö'), ['a', 'A', "it's", 'Ö', 'a '], ['b', '1', '', "it''s"]],
  [c.enumeration('a', 'b', 'c'), c.enumeration('c', 'A'), ['a', 'c'], ['b']],
  [c.enumeration('1', '2', 'x'), c.int(), ['1', '2'], ['x']],
  [c.enumeration('300', '2'), c.tinyint(), ['2'], ['300']],
  [c.int(), c.enumeration('2', '1'), [1, 2], [3, 0]],
  [c.int().zerofill(), c.enumeration('2', '1'), [1, 2], [3]],
  [c.int(), c.varchar(3), [-99, 999], [-100, 1000]],
  [c.int().zerofill(), c.varchar(3), [999], [1000]],
  [c.decimal(6, 2), c.varchar(5), ['12.50', '-1.50'], ['123.50']],
  [c.datetime(), c.varchar(22), [], [moment]],
  [c.datetime(), c.varchar(23), [moment], []],
  [c.blob(), c.text(), [Buffer.from('ü')], [Buffer.from([0xff, 0]), Buffer.from([0xc3])]],
  [c.blob(), c.varchar(2), [Buffer.from('üü')], [Buffer.from('üüü'), Buffer.from([0xff])]],
  [c.json(), c.varchar(3), ['[1]'], ['[12]']],
  [c.json(), c.int(), ['5'], ['"5"', '[5]', 'null']],
  [c.float(), c.varchar(3), [0.5], [0.25]],
]

await withMysqlFixture('values that do not fit a new type on MySQL', 'misfits', (fixture) => {
  for (const [from, to, fits, misfits] of CASES) {
    const name = ({ spec }: AnyColumn) => `${spec.type}${spec.unsigned ? ' unsigned' : ''}`
    test(`${name(from)} to ${name(to)}`, () => proveMisfits(fixture, from, to, fits, misfits))
  }

  test('text of too many bytes is found, whatever its column held', async () => {
    const { database, engine } = fixture
    await database.session((session) => session.execute('CREATE TABLE t (a LONGTEXT, b LONGTEXT)'))
    await database.run('INSERT INTO t VALUES (?, ?)', ['ü'.repeat(32_768), 'x'.repeat(65_535)])
    const live = await database.session((session) => engine.introspect(session))
    const conditions = (live.tables.t?.columns ?? []).map(({ name, domain }) => {
      return engine.ddl.misfits(name, domain, { kind: 'text', characters: 65_535 })
    })
    assert.deepEqual(await database.select(`SELECT ${conditions[0]} AS a, ${conditions[1]} AS b FROM t`), [
      { a: 1, b: 0 },
    ])
  })
})

/** Each value by itself: a misfit is found, and what fits can be altered. */
async function proveMisfits(
  fixture: EngineFixture,
  from: AnyColumn,
  to: AnyColumn,
  fits: readonly SqlValue[],
  misfits: readonly SqlValue[],
): Promise<void> {
  const { database, engine } = fixture
  const [before, after] = [from, to].map((column) => spec('t', { columns: { a: column.nullable() } }))
  assert.ok(before && after)
  await fixture.create(before)
  const wanted = await wantedSchema(fixture, [after])
  const live = await database.session((session) => engine.introspect(session))
  const condition = engine.ddl.misfits('a', domainIn(live), domainIn(wanted)) ?? '0'
  await database.run('INSERT INTO t (a) VALUES (NULL)')
  for (const value of [...fits, ...misfits]) await database.run('INSERT INTO t (a) VALUES (?)', [value])
  const found = await database.select<{ id: number }>(`SELECT id FROM t WHERE ${condition} ORDER BY id`)
  const expected = misfits.map((_value, i) => 2 + fits.length + i)
  assert.deepEqual(
    found.map(({ id }) => id),
    expected,
    condition,
  )
  await database.run(`DELETE FROM t WHERE ${condition}`)
  await database.session(async (session) => {
    for (const sql of engine.ddl.alterTable(tableChange(after, live, wanted)).alter) await session.execute(sql)
  })
  assert.equal((await database.select('SELECT a FROM t WHERE a IS NOT NULL')).length, fits.length)
}

function domainIn({ tables }: LiveSchema) {
  const column = tables.t?.columns.find(({ name }) => name === 'a')
  assert.ok(column)
  return column.domain
}
