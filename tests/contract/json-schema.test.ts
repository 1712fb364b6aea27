import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ajv } from 'ajv'
import formats from 'ajv-formats'
import fastify from 'fastify'
import * as columns from '../../kernel/contract/columns.js'
import { defineTable } from '../../kernel/contract/define-table.js'

const { int, tinyint, bigint, double, decimal, date, time, datetime, varchar, text, json, boolean, blob } = columns
const { enumeration, id, email, password, phone, ip, link } = columns

const every = defineTable('every_type', {
  columns: {
    n_int: int(),
    n_tiny: tinyint().unsigned().default(7),
    n_big: bigint(),
    n_double: double(),
    n_decimal: decimal(20, 10),
    d_date: date(),
    d_time: time(),
    d_moment: datetime().default(columns.now),
    t_varchar: varchar(5),
    t_text: text(),
    j: json<{ readonly a: number[] }>(),
    b: boolean().default(false),
    e: enumeration('red', 'green'),
    bytes: blob().nullable(),
    ref: id(),
    c_email: email(),
    c_password: password(),
    c_phone: phone(),
    c_ip: ip(),
    c_link: link(),
  },
})
const bare = Object.entries(every.columns).filter(([name]) => name !== 'id')
const nullable = defineTable('every_null', {
  columns: {
    n_int: int().nullable(),
    n_big: bigint().nullable(),
    n_double: double().nullable(),
    d_date: date().nullable(),
    d_time: time().nullable(),
    d_moment: datetime().nullable(),
    t_varchar: varchar(5).nullable(),
    j: json().nullable(),
    b: boolean().nullable(),
    e: enumeration('red', 'green').nullable(),
    c_email: email().nullable(),
    c_link: link().nullable(),
  },
})

const good = {
  n_int: 1,
  n_big: '9007199254740993',
  n_double: 0.5,
  n_decimal: '1.5',
  d_date: '2026-01-31',
  d_time: '10:00:00',
  t_varchar: 'abc',
  t_text: 'x',
  j: { a: [1] },
  e: 'red',
  ref: 1,
  c_email: 'a@example.com',
  c_password: 'x',
  c_phone: '110',
  c_ip: '::1',
  c_link: 'https://example.com',
}

function validatorOf(schema: object, options = {}) {
  const ajv = new Ajv({ strict: true, strictTypes: true, strictRequired: true, useDefaults: true, ...options })
  formats.default(ajv)
  return ajv.compile(schema)
}

test('all four schemas of a table compile in the strict mode of Ajv', () => {
  for (const table of [every, nullable]) {
    for (const schema of Object.values(table.schema)) assert.equal(typeof validatorOf(schema), 'function')
  }
})

test('an insert takes a complete row, fills in its defaults and leaves those of the database alone', () => {
  const validate = validatorOf(every.schema.insert)
  const row = structuredClone(good)
  assert.equal(validate(row), true, JSON.stringify(validate.errors))
  assert.deepEqual(row, { ...good, n_tiny: 7, b: false })
})

test('an insert refuses what is missing, unknown, numbered by the database, too long or out of range', () => {
  const validate = validatorOf(every.schema.insert)
  const { n_int: _left, ...incomplete } = good
  const refused: object[] = [
    incomplete,
    { ...good, id: 1 },
    { ...good, mast: 1 },
    { ...good, bytes: 'AAAA' },
    { ...good, n_int: 2147483648 },
    { ...good, n_int: null },
    { ...good, n_tiny: 256 },
    { ...good, n_big: '1.5' },
    { ...good, d_date: '2026-02-30' },
    { ...good, d_moment: '2026-01-31 noon' },
    { ...good, t_varchar: 'abcdef' },
    { ...good, e: 'blue' },
    { ...good, c_email: 'nobody' },
    { ...good, c_link: 'no link' },
  ]
  for (const row of refused) assert.equal(validate(row), false, JSON.stringify(row))
})

test('an update takes any part of a row, adds no default, and is not empty', () => {
  const validate = validatorOf(every.schema.update)
  const part = { t_text: 'y' }
  assert.equal(validate(part), true)
  assert.deepEqual(part, { t_text: 'y' })
  assert.equal(validate({}), false)
  assert.equal(validate({ id: 5 }), false)
})

test('null is taken where the column is nullable', () => {
  const names = Object.keys(nullable.columns).filter((name) => name !== 'id')
  const row = Object.fromEntries(names.map((name) => [name, null]))
  for (const options of [{}, { coerceTypes: 'array' }]) {
    const validate = validatorOf(nullable.schema.insert, options)
    const given = { ...row }
    assert.equal(validate(given), true, JSON.stringify(validate.errors))
    assert.deepEqual(given, row)
  }
})

test('exact numbers written as text survive a validator that coerces types', () => {
  const validate = validatorOf(every.schema.insert, { coerceTypes: 'array' })
  const row: Record<string, unknown> = { ...good, n_decimal: '1.0000000001' }
  assert.equal(validate(row), true)
  assert.equal(row.n_big, '9007199254740993')
  assert.equal(row.n_decimal, '1.0000000001')
})

test('a row is serialised as it is: dates in ISO 8601, JSON as JSON, null as null, no password, no bytes', async () => {
  const app = fastify()
  const moment = new Date(Date.UTC(2026, 0, 31, 12))
  const stored = {
    ...good,
    id: 3,
    n_tiny: 7,
    b: true,
    d_moment: moment,
    bytes: Buffer.from([255]),
    c_password: 'secret',
  }
  const nothing = Object.fromEntries(Object.keys(nullable.columns).map((name) => [name, name === 'id' ? 1 : null]))
  app.get('/every', { schema: { response: { 200: every.schema.rows } } }, () => [stored])
  app.get('/null', { schema: { response: { 200: nullable.schema.row } } }, () => nothing)
  const { c_password: _secret, ...shown } = good
  const answer = await app.inject('/every')
  assert.deepEqual(answer.json(), [{ ...shown, id: 3, n_tiny: 7, b: true, d_moment: '2026-01-31T12:00:00.000Z' }])
  assert.doesNotMatch(answer.body, /secret/)
  assert.deepEqual((await app.inject('/null')).json(), nothing)
  await app.close()
})

test('every column but the id, the bytes and the password stands in the row schema', () => {
  const shown = bare.map(([name]) => name).filter((name) => name !== 'bytes' && name !== 'c_password')
  assert.deepEqual(Object.keys(every.schema.row.properties), ['id', ...shown])
})
