import assert from 'node:assert/strict'
import { test } from 'node:test'
import { datetime, decimal, varchar } from '../../kernel/contract/columns.js'
import { defineTable } from '../../kernel/contract/define-table.js'
import { sharedCompilers } from '../../kernel/http/compilers.js'
import { SchemaBucket } from '../../kernel/http/schema-bucket.js'
import { validationFaults } from '../../kernel/http/validation-faults.js'

type Validate = ((value: unknown) => boolean) & { errors?: never[] | null }
type Compile<T> = (route: { schema: unknown; httpPart?: string }) => T

/** The compilers as Fastify gets them, for a scope with the given schemas. */
function compilersOf(controller: ReturnType<typeof sharedCompilers>, bucket = new SchemaBucket()) {
  const { buildValidator, buildSerializer } = controller.compilersFactory ?? {}
  return {
    validator: buildValidator?.(bucket.getSchemas(), {}) as unknown as Compile<Validate>,
    serializer: buildSerializer?.(bucket.getSchemas(), {}) as unknown as Compile<(value: unknown) => string>,
  }
}

function bucketWith(...schemas: object[]): SchemaBucket {
  const bucket = new SchemaBucket()
  for (const schema of schemas) bucket.add(schema)
  return bucket
}

const literal = () => ({ type: 'object', properties: { id: { type: 'integer' } } })

test('tenants share what is compiled: the same object, or a schema of the same text', () => {
  const controller = sharedCompilers()
  const one = compilersOf(controller)
  const other = compilersOf(controller)
  for (const httpPart of ['body', 'querystring', 'params', 'headers']) {
    const compiled = one.validator({ schema: literal(), httpPart })
    assert.equal(other.validator({ schema: literal(), httpPart }), compiled, httpPart)
  }
  assert.equal(one.serializer({ schema: literal() }), other.serializer({ schema: literal() }))
  assert.notEqual(
    one.validator({ schema: literal(), httpPart: 'body' }),
    one.validator({ schema: literal(), httpPart: 'params' }),
  )
})

test('schemas with the same references share; the same $id with another meaning does not', () => {
  const controller = sharedCompilers()
  const item = () => ({ $id: 'item', type: 'object', properties: { n: { type: 'integer' } } })
  const one = compilersOf(controller, bucketWith(item()))
  const same = compilersOf(controller, bucketWith(item()))
  const differs = compilersOf(controller, bucketWith({ $id: 'item', type: 'string' }))
  const ref = { schema: { $ref: 'item#' }, httpPart: 'body' }
  assert.equal(one.validator(ref), same.validator(ref))
  assert.equal(one.serializer(ref), same.serializer(ref))
  assert.deepEqual([one.validator(ref)({ n: 1 }), one.validator(ref)('text')], [true, false])
  assert.deepEqual([differs.validator(ref)({ n: 1 }), differs.validator(ref)('text')], [false, true])
})

test('a schema may be compiled again and again under one $id', () => {
  const { validator } = compilersOf(sharedCompilers())
  const narrow = validator({ schema: { $id: 'x', type: 'integer' }, httpPart: 'body' })
  const wide = validator({ schema: { $id: 'x', type: 'string' }, httpPart: 'body' })
  assert.deepEqual([narrow(1), narrow('a'), wide(1), wide('a')], [true, false, false, true])
})

test('JSON keeps its types; what is text by nature becomes what the schema asks for', () => {
  const { validator } = compilersOf(sharedCompilers())
  const schema = { type: 'object', properties: { n: { type: 'integer' }, s: { type: 'string' } } }
  const body = validator({ schema, httpPart: 'body' })
  assert.equal(body({ n: '1' }), false)
  assert.equal(body({ s: null }), false)
  const form = Object.assign(Object.create(null), { n: '1' })
  assert.equal(body(form), true)
  assert.equal(form.n, 1)
  assert.equal(body({ n: '1' }), false, 'a form before it changes nothing')
  const query = { n: '1' }
  assert.equal(validator({ schema, httpPart: 'querystring' })(query), true)
  assert.deepEqual(query, { n: 1 })
})

test('header names are compared without case', () => {
  const { validator } = compilersOf(sharedCompilers())
  const schema = { allOf: [{ required: ['X-Key'] }], properties: { 'X-Key': { type: 'integer' } } }
  const validate = validator({ schema, httpPart: 'headers' })
  assert.deepEqual([validate({}), validate({ 'x-key': '7' }), validate({ 'x-key': 'a' })], [false, true, false])
})

test('faults: one a place, with a path, unions by their branches, at most a hundred', () => {
  const { validator } = compilersOf(sharedCompilers())
  const table = defineTable('prices', { columns: { price: decimal(10, 2) } })
  const faultsOf = (schema: unknown, value: unknown, part = 'body') => {
    const validate = validator({ schema, httpPart: part })
    assert.equal(validate(value), false)
    return validationFaults(validate.errors ?? [], part)
  }
  assert.deepEqual(faultsOf(table.schema.insert, { price: true }), [
    { path: 'price', message: 'must be string or must be number' },
  ])
  const nested = { properties: { list: { type: 'array', items: { properties: { a: { enum: ['x', 'y'] } } } } } }
  assert.deepEqual(faultsOf(nested, { list: [{}, { a: 1 }] }), [{ path: 'list[1].a', message: 'must be one of x, y' }])
  assert.deepEqual(faultsOf({ required: ['page'] }, {}, 'querystring'), [{ path: 'query.page', message: 'is missing' }])
  const many = faultsOf({ type: 'array', items: { type: 'string' } }, Array(150).fill(1))
  assert.deepEqual([many.length, many[100]], [101, { path: '', message: 'and 50 more' }])
})

test('rows are serialized as their table says', () => {
  const { serializer } = compilersOf(sharedCompilers())
  const table = defineTable('notes', { columns: { title: varchar(9), at: datetime(), until: datetime().nullable() } })
  const serialize = serializer({ schema: table.schema.rows })
  const at = new Date('2026-01-02T03:04:05Z')
  assert.deepEqual(JSON.parse(serialize([{ id: 1, title: 'a', at, until: null, hidden: 1 }])), [
    { id: 1, title: 'a', at: '2026-01-02T03:04:05.000Z', until: null },
  ])
  assert.deepEqual(JSON.parse(serialize([{ id: 1, title: 'a', at, until: at }]))[0].until, '2026-01-02T03:04:05.000Z')
})

test('a schema without an id, or with one that is taken, is refused', () => {
  assert.throws(() => new SchemaBucket().add({}), { code: 'MODULE_INVALID' })
  assert.throws(() => bucketWith({ $id: 'a' }, { $id: 'a' }), { message: 'There is a schema with the $id "a" already' })
})
