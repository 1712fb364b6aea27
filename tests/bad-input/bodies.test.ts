import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type App, startApp } from '../support/app.js'
import { contentsOf } from '../support/contents.js'
import { problemOf } from '../support/problem.js'
import { sendRaw } from '../support/raw.js'

interface Case {
  readonly body: string
  /** application/json if it is left out. */
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly says: Readonly<Record<string, unknown>>
}

const FORM = 'application/x-www-form-urlencoded'
const LIMIT = 10_000

const malformed = (detail: string) => ({ title: 'The request is malformed', status: 400, code: 'BAD_REQUEST', detail })
const notJson = malformed('The body is not JSON, or has a key that is not allowed: __proto__ or constructor')
const unread = malformed('This is no HTTP request')
const unsupported = {
  title: 'Unsupported media type',
  status: 415,
  code: 'MEDIA_TYPE_UNSUPPORTED',
  detail: 'The content type of the body is not known here; send application/json or application/x-www-form-urlencoded',
}
const tooLarge = {
  title: 'The body is too large',
  status: 413,
  code: 'BODY_TOO_LARGE',
  detail: 'The body is larger than the server takes',
}

function invalid(errors: Readonly<Record<string, string>>, what = 'The request is not valid') {
  const faults = Object.entries(errors).map(([path, message]) => ({ path, message }))
  const listed = faults.map(({ path, message }) => `${path} ${message}`).join('; ')
  const code = 'VALIDATION_FAILED'
  return { title: 'The request is not valid', status: 400, code, detail: `${what}: ${listed}`, errors: faults }
}

const table: Readonly<Record<string, Case>> = {
  'JSON that breaks off': { body: '{"name": "x"', says: notJson },
  'a word': { body: 'name', says: notJson },
  'what says it is gzip': { body: 'zzz', headers: { 'content-encoding': 'gzip' }, says: notJson },
  'nothing, called JSON': {
    body: '',
    says: malformed('The body is empty, and its content type says that it is JSON'),
  },
  'one byte too much': { body: JSON.stringify({ name: 'x'.repeat(LIMIT - 10) }), says: tooLarge },
  'far too much': { body: JSON.stringify({ name: 'x'.repeat(5_000_000) }), says: tooLarge },
  'too much, in chunks that do not say their length': {
    body: `${(LIMIT + 1).toString(16)}\r\n${'x'.repeat(LIMIT + 1)}\r\n0\r\n\r\n`,
    headers: { 'content-length': '', 'transfer-encoding': 'chunked' },
    says: tooLarge,
  },
  'a length that is no number': { body: '{}', headers: { 'content-length': 'x' }, says: unread },
  'two lengths': { body: '{}', headers: { 'transfer-encoding': 'chunked' }, says: unread },
  'a list': { body: '[]', says: invalid({ body: 'must be object' }) },
  'a number': { body: '5', says: invalid({ body: 'must be object' }) },
  null: { body: 'null', says: invalid({ body: 'must be object' }) },
  'a field of the wrong type': { body: '{"name":5}', says: invalid({ name: 'must be string' }) },
  'a field that is null': { body: '{"name":null}', says: invalid({ name: 'must be string' }) },
  'a field missing': { body: '{}', says: invalid({ name: 'is missing' }) },
  'fields nobody knows': {
    body: '{"name":"x","id":1,"legs":4}',
    says: invalid({ id: 'is not known', legs: 'is not known' }),
  },
  'a text that is too long': {
    body: JSON.stringify({ name: 'x'.repeat(256) }),
    says: invalid({ name: 'must NOT have more than 255 characters' }),
  },
  'a NUL': {
    body: '{"name":"a\\u0000b"}',
    says: invalid({ name: 'must not contain a NUL character' }, 'The row is not valid'),
  },
  'half of a surrogate pair': {
    body: '{"name":"\\ud800"}',
    says: invalid({ name: 'must not contain half of a surrogate pair' }, 'The row is not valid'),
  },
  __proto__: { body: '{"__proto__":{"name":"x"}}', says: notJson },
  '__proto__ beside what is asked for': { body: '{"name":"x","__proto__":{"admin":true}}', says: notJson },
  '__proto__ with an escape': { body: '{"name":"x","\\u005f_proto__":{"admin":true}}', says: notJson },
  'constructor.prototype': { body: '{"name":"x","constructor":{"prototype":{"admin":true}}}', says: notJson },
  '__proto__ in a form': {
    type: FORM,
    body: 'name=x&__proto__=y',
    says: malformed('The form has a field that is not allowed: __proto__'),
  },
  '__proto__ percent-encoded in a form': {
    type: FORM,
    body: 'name=x&%5f_proto__=y',
    says: malformed('The form has a field that is not allowed: __proto__'),
  },
  'a form with a field twice': { type: FORM, body: 'name=x&name=y', says: invalid({ name: 'must be string' }) },
  'lists within lists': {
    body: `{"name":${'['.repeat(4000)}${']'.repeat(4000)}}`,
    says: invalid({ name: 'must be string' }),
  },
  XML: { type: 'application/xml', body: '<a/>', says: unsupported },
  parts: { type: 'multipart/form-data; boundary=x', body: '--x--', says: unsupported },
  'a type that is none': { type: 'nonsense', body: '{}', says: unsupported },
  'no type': { type: '', body: '{"name":"x"}', says: unsupported },
}

let app: App
before(async () => {
  app = await startApp({ config: { http: { port: 0, bodyLimit: LIMIT } } })
})
after(() => app.close())

for (const [behaviour, { body, type = 'application/json', headers = {}, says }] of Object.entries(table)) {
  test(`a body is refused: ${behaviour}; nothing is stored, and the next one is taken`, async () => {
    const { engine } = app.kernel
    const before = await contentsOf(engine.catalog, engine)
    const given = { ...(type === '' ? {} : { 'content-type': type }), ...headers }
    const answer = await sendRaw(app.url, 'POST /1/test/v1/animals HTTP/1.1', { body, headers: given })
    // What Node cannot read has no path.
    const instance = says === unread ? {} : { instance: '/1/test/v1/animals' }
    assert.deepEqual(problemOf(answer), { ...says, ...instance })
    assert.equal(Object.hasOwn(Object.prototype, 'admin'), false)

    const good = { body: '{"name":"Okapi"}', headers: { 'content-type': 'application/json' } }
    const taken = await sendRaw(app.url, 'POST /1/test/v1/animals HTTP/1.1', good)
    const { id } = JSON.parse(taken.body)
    assert.deepEqual([taken.status, taken.body], [201, `{"id":${id},"name":"Okapi"}`])
    assert.equal((await sendRaw(app.url, `DELETE /1/test/v1/animals/${id} HTTP/1.1`)).status, 204)
    assert.equal((await sendRaw(app.url, 'GET /1/test/v1/animals HTTP/1.1')).body, '[]')
    assert.deepEqual(await contentsOf(engine.catalog, engine), before)
  })
}

test('faults beyond number are counted, not listed', async () => {
  const body = `{${Array.from({ length: 1000 }, (_, i) => `"k${i}":1`).join(',')}}`
  const headers = { 'content-type': 'application/json' }
  const { errors } = problemOf(await sendRaw(app.url, 'POST /1/test/v1/animals HTTP/1.1', { body, headers })) as {
    errors: object[]
  }
  assert.equal(errors.length, 101)
  assert.deepEqual(errors.at(-1), { path: '', message: 'and 901 more' })
})

test('an expectation that nobody can meet is passed over', async () => {
  const answer = await sendRaw(app.url, 'GET /1/test/v1/animals HTTP/1.1', { headers: { expect: 'nonsense' } })
  assert.deepEqual([answer.status, answer.body], [200, '[]'])
})
