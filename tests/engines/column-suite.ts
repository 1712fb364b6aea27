import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as c from '../../kernel/contract/columns.js'
import { type AnyColumn, defineTable } from '../../kernel/contract/define-table.js'
import { Models } from '../../kernel/tenants/models.js'
import { type EngineFixture, LENGTHS, spec } from './engine-fixture.js'

/** Each column with a value as a model takes it, and as it gives it back where that differs. */
const COLUMNS: readonly [name: string, column: AnyColumn, value: unknown, read?: unknown][] = [
  ['c_int', c.int(), -2_147_483_648],
  ['c_int_unsigned', c.int().unsigned(), 4_294_967_295],
  ['c_int_zerofill', c.int().zerofill(), 7],
  ['c_tinyint', c.tinyint(), 1],
  ['c_tinyint_unsigned', c.tinyint().unsigned(), 255],
  ['c_smallint', c.smallint(), -32_768],
  ['c_smallint_unsigned', c.smallint().unsigned(), 65_535],
  ['c_mediumint', c.mediumint(), 8_388_607],
  ['c_mediumint_unsigned', c.mediumint().unsigned(), 16_777_215],
  ['c_bigint', c.bigint(), '-9223372036854775808'],
  ['c_bigint_unsigned', c.bigint().unsigned(), '9223372036854775807'],
  ['c_bigint_small', c.bigint(), 5n, '5'],
  ['c_float', c.float(), 0.5],
  ['c_float_unsigned', c.float().unsigned(), 2],
  ['c_double', c.double(), 1.7976931348623157e308],
  ['c_double_unsigned', c.double().unsigned(), 1e-7],
  ['c_decimal', c.decimal(10, 2), '1.10'],
  ['c_decimal_whole', c.decimal(10, 2), '-12345678', '-12345678.00'],
  ['c_decimal_number', c.decimal(10, 2), 0.1, '0.10'],
  ['c_decimal_15', c.decimal(15, 5), '9999999999.99999'],
  ['c_decimal_18', c.decimal(18), '123456789012345678'],
  ['c_decimal_65', c.decimal(65, 30), `${'9'.repeat(35)}.${'1'.repeat(30)}`],
  ['c_decimal_padded', c.decimal(40, 3), '12345678901234567890.5', '12345678901234567890.500'],
  ['c_decimal_unsigned', c.decimal(40, 2).unsigned(), '0.01'],
  ['c_date', c.date(), '2024-02-29'],
  ['c_time', c.time(), '23:59:59'],
  ['c_time_long', c.time(), '-838:59:59'],
  ['c_datetime', c.datetime(), new Date('2024-12-31T23:59:59.123Z')],
  ['c_datetime_text', c.datetime(), '2024-12-31T23:59:59.120Z', new Date('2024-12-31T23:59:59.120Z')],
  ['c_varchar', c.varchar(20), '12345'],
  ['c_text', c.text(), "it's 🦄\nand ; -- more"],
  ['c_json', c.json(), { a: [1, null, 'x'], b: { c: 'ü"\\' } }],
  ['c_json_text', c.json(), '5'],
  ['c_json_number', c.json(), 5],
  ['c_true', c.boolean(), true],
  ['c_false', c.boolean(), false],
  ['c_enum', c.enumeration('new', "it's", 'done'), "it's"],
  ['c_blob', c.blob(), Buffer.from([0, 1, 254, 255])],
  ['c_id', c.id(), 4_294_967_295],
  ['c_email', c.email(), 'a@example.com'],
  ['c_password', c.password(), 'hash'],
  ['c_phone', c.phone(), '+49 30 1'],
  ['c_ip', c.ip(), '::1'],
  ['c_link', c.link(), 'https://example.com/?a=b'],
]

const DEFAULTS = {
  d_int: [c.int().default(-3), -3],
  d_double: [c.double().default(0.25), 0.25],
  d_decimal: [c.decimal(10, 2).default('1.50'), '1.50'],
  d_bigint: [c.bigint().default('9007199254740993'), '9007199254740993'],
  d_text: [c.varchar(20).default("it's"), "it's"],
  d_enum: [c.enumeration('a', 'b').default('b'), 'b'],
  d_true: [c.boolean().default(true), true],
  d_false: [c.boolean().default(false), false],
  d_date: [c.date().default('2024-02-29'), '2024-02-29'],
  d_moment: [c.datetime().default('2024-01-01T12:00:00Z'), new Date('2024-01-01T12:00:00Z')],
  d_null: [c.int().nullable().default(null), null],
} as const satisfies Record<string, readonly [AnyColumn, unknown]>

/** What the database itself must refuse, for not everything goes through a model. */
const REFUSED: readonly [column: AnyColumn, value: string | number][] = [
  [c.int(), 2_147_483_648],
  [c.int().unsigned(), -1],
  [c.int(), 'many'],
  [c.tinyint(), 128],
  [c.smallint().unsigned(), 65_536],
  [c.mediumint(), -8_388_609],
  [c.bigint(), '9223372036854775808'],
  [c.bigint().unsigned(), -1],
  [c.double().unsigned(), -0.5],
  [c.decimal(5, 2), '1000'],
  [c.decimal(5, 2).unsigned(), '-1'],
  [c.decimal(40, 2).unsigned(), '-1'],
  [c.enumeration('a', 'b'), 'c'],
  [c.json(), '{'],
]

export function columnSuite(fixture: EngineFixture): void {
  describe('columns', () => {
    test('each type keeps what a model writes, and null', async () => {
      const columns = Object.fromEntries(COLUMNS.map(([name, column]) => [name, column.nullable()]))
      const table = defineTable('kinds', { columns })
      await fixture.create(spec('kinds', { columns }))
      const Kind = new Models(fixture.database, LENGTHS, new Map([['kinds', table]]), new Map()).table(table)
      const written = Object.fromEntries(COLUMNS.map(([name, , value]) => [name, value]))
      const { id } = await Kind.create(written)
      const { id: emptyId } = await Kind.create({})
      const row = await Kind.findByPk(id, { rejectOnEmpty: true })
      const empty = await Kind.findByPk(emptyId, { rejectOnEmpty: true })
      for (const [name, , value, read = value] of COLUMNS) {
        assert.deepEqual(row.get(name as never), read, name)
        assert.equal(empty.get(name as never), null, name)
      }
      const [updated] = await Kind.update(written, { where: { id: emptyId } })
      assert.equal(updated, 1)
      const again = await Kind.findByPk(emptyId, { rejectOnEmpty: true })
      assert.deepEqual({ ...again.get(), id: 0 }, { ...row.get(), id: 0 })
    })

    test('a decimal in use has an order', async () => {
      const columns = { price: c.decimal(10, 2) }
      await fixture.create(spec('prices', { columns }))
      for (const price of ['9.50', '10.00', '-1.00', '100.10']) {
        await fixture.database.run('INSERT INTO prices (price) VALUES (?)', [price])
      }
      const rows = await fixture.database.select('SELECT price FROM prices WHERE price > ? ORDER BY price', [0])
      assert.deepEqual(
        rows.map(({ price }) => price),
        ['9.50', '10.00', '100.10'],
      )
    })

    test('a row that leaves columns out gets their defaults from the database', async () => {
      const columns = Object.fromEntries(Object.entries(DEFAULTS).map(([name, [column]]) => [name, column]))
      const table = defineTable('defaults', { columns: { ...columns, d_now: c.datetime().default(c.now) } })
      await fixture.create(spec('defaults', { columns: { ...columns, d_now: c.datetime().default(c.now) } }))
      const before = Date.now()
      await fixture.database.run('INSERT INTO defaults (id) VALUES (?)', [1])
      const Row = new Models(fixture.database, LENGTHS, new Map([['defaults', table]]), new Map()).table(table)
      const row = await Row.findByPk(1, { rejectOnEmpty: true })
      for (const [name, [, value]] of Object.entries(DEFAULTS)) assert.deepEqual(row.get(name as never), value, name)
      const moment = (row.get('d_now') as Date).getTime()
      assert.ok(Math.abs(moment - before) < 10_000, `${moment} is about ${before}`)
    })

    test('a moment by default, by a model and by a statement compare alike', async () => {
      const columns = { name: c.varchar(20), moment: c.datetime().default(c.now) }
      const table = defineTable('moments', { columns })
      await fixture.create(spec('moments', { columns }))
      const moment = new Date('2024-01-01T00:00:00.500Z')
      const Moment = new Models(fixture.database, LENGTHS, new Map([['moments', table]]), new Map()).table(table)
      await Moment.create({ name: 'model', moment })
      await fixture.database.run('INSERT INTO moments (name, moment) VALUES (?, ?)', ['statement', moment])
      await fixture.database.run('INSERT INTO moments (name) VALUES (?)', ['default'])
      assert.equal((await Moment.findAll({ where: { moment } })).length, 2)
      const rows = await fixture.database.select('SELECT name FROM moments WHERE moment > ?', [moment])
      assert.deepEqual(
        rows.map(({ name }) => name),
        ['default'],
      )
    })

    for (const [column, value] of REFUSED) {
      const { type, unsigned } = column.spec
      test(`the database refuses ${JSON.stringify(value)} for ${unsigned ? 'unsigned ' : ''}${type}`, async () => {
        await fixture.create(spec('strict_values', { columns: { value: column } }))
        await assert.rejects(fixture.database.run('INSERT INTO strict_values (value) VALUES (?)', [value]))
        await assert.rejects(fixture.database.run('INSERT INTO strict_values (value) VALUES (?)', [null]))
        assert.deepEqual(await fixture.database.select('SELECT * FROM strict_values'), [])
      })
    }
  })
}
