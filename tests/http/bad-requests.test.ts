import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { defineModule } from '../../kernel/contract/define-module.js'
import { type Serving, serve, TOKEN } from './serving.js'

const body = {
  type: 'object',
  required: ['title', 'count'],
  additionalProperties: false,
  properties: { title: { type: 'string', maxLength: 5 }, count: { type: 'integer' } },
}
const testModule = defineModule({
  name: 'test',
  version: 1,
  routes(app) {
    app.get('/animals', () => [])
    app.get('/animals/:id', { schema: { params: { properties: { id: { type: 'integer' } } } } }, () => ({}))
    app.post('/animals', { schema: { body } }, (request) => request.body)
  },
})

/** What a client that writes its own request line gets: no library that corrects it stands between. */
function raw(serving: Serving, text: string): Promise<{ status: number; type: string; body: string }> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(serving.url).port), '127.0.0.1')
    const chunks: Buffer[] = []
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('error', reject)
    socket.on('close', () => {
      const [head = '', ...rest] = Buffer.concat(chunks).toString().split('\r\n\r\n')
      resolve({
        status: Number(/^HTTP\/1.1 (\d+)/.exec(head)?.[1]),
        type: /^content-type: (.*)$/im.exec(head)?.[1] ?? '',
        body: rest.join('\r\n\r\n'),
      })
    })
    socket.write(text)
  })
}

function get(target: string, headers: readonly string[] = [], method = 'GET'): string {
  return [`${method} ${target} HTTP/1.1`, 'Host: x', 'Connection: close', ...headers, '', ''].join('\r\n')
}

function post(content: string, type: string, length = Buffer.byteLength(content)): string {
  return `${get('/1/test/v1/animals', [`Content-Type: ${type}`, `Content-Length: ${length}`], 'POST')}${content}`
}

const JSON_TYPE = 'application/json'
const nothingAt = (path: string) => `There is no tenant, module or route at ${path}`
const notFound: [string, number, string, string][] = [
  '/',
  '/1',
  '/1/',
  '/1/test',
  '/1/test/',
  '/0/test/v1/animals',
  '/01/test/v1/animals',
  '/1e0/test/v1/animals',
  '/-1/test/v1/animals',
  '/+1/test/v1/animals',
  '/%31/test/v1/animals',
  '/4294967296/test/v1/animals',
  '/99999999999999999999/test/v1/animals',
  '/1/test/v01/animals',
  '/1/test/v0/animals',
  '/1/test/v/animals',
  '/1/test/v1./animals',
  '/1/test/v1.x/animals',
  '/1/test/v1..2/animals',
  '/1/test/v1.01/animals',
  '/1/test/V1/animals',
  '/1/test/1/animals',
  '/1/te%73t/v1/animals',
  '/1/%2e%2e/v1/animals',
  '/1/../v1/animals',
  '//1/test/v1/animals',
  '/1//test/v1/animals',
  '/migrate/nope',
].map((path) => [get(path), 404, 'NOT_FOUND', nothingAt(path)])

const table: [string, number, string, string][] = [
  ...notFound,
  [get('/1/test/v10/animals'), 404, 'NOT_FOUND', 'Nothing answers GET /1/test/v10/animals'],
  [get('/1/test/v2/animals'), 404, 'NOT_FOUND', 'Nothing answers GET /1/test/v2/animals'],
  [get('/1/other/v1/animals'), 404, 'NOT_FOUND', 'Nothing answers GET /1/other/v1/animals'],
  [get('/1/test/v1/nope?token=secret'), 404, 'NOT_FOUND', 'Nothing answers GET /1/test/v1/nope'],
  [get('/1/test/v1/animals', [], 'DELETE'), 404, 'NOT_FOUND', 'Nothing answers DELETE /1/test/v1/animals'],
  [get('/1/test/v1/animals', [], 'PROPFIND'), 404, 'NOT_FOUND', nothingAt('/1/test/v1/animals')],
  [get('/1/test/v1/%2e%2e/%2e%2e/migrate'), 404, 'NOT_FOUND', 'Nothing answers GET /1/test/v1/%2e%2e/%2e%2e/migrate'],
  [get('/2/test/v1/animals'), 404, 'TENANT_UNKNOWN', 'There is no tenant 2'],
  [get('http://example.com/2/test/v1/animals'), 404, 'TENANT_UNKNOWN', 'There is no tenant 2'],
  [get('/1/test/v1/animals/%'), 400, 'BAD_REQUEST', 'The URL cannot be decoded'],
  [get('/1/test/v1/animals/%ff'), 400, 'BAD_REQUEST', 'The URL cannot be decoded'],
  [get('/%ff'), 400, 'BAD_REQUEST', 'The URL cannot be decoded'],
  [get('*', [], 'OPTIONS'), 404, 'NOT_FOUND', nothingAt('*')],
  [get(`/1/test/v1/animals/${'a'.repeat(600)}`), 414, 'URI_TOO_LONG', 'A part of the path is too long'],
  [get(`/${'a'.repeat(65_536)}`), 431, 'HEADERS_TOO_LARGE', 'The request line and the headers are longer than 16 KiB'],
  ['nonsense\r\n\r\n', 400, 'BAD_REQUEST', 'This is no HTTP request'],
  [get('/1/test/v1/animals/x'), 400, 'VALIDATION_FAILED', 'The request is not valid: params.id must be integer'],
  [
    post('{"title":', JSON_TYPE),
    400,
    'BAD_REQUEST',
    'The body is not JSON, or has a key that is not allowed: __proto__ or constructor',
  ],
  [
    post('{"__proto__":{"title":"x"}}', JSON_TYPE),
    400,
    'BAD_REQUEST',
    'The body is not JSON, or has a key that is not allowed: __proto__ or constructor',
  ],
  [
    post('{"constructor":{"prototype":{}}}', JSON_TYPE),
    400,
    'BAD_REQUEST',
    'The body is not JSON, or has a key that is not allowed: __proto__ or constructor',
  ],
  [post('', JSON_TYPE), 400, 'BAD_REQUEST', 'The body is empty, and its content type says that it is JSON'],
  [
    post('<a/>', 'application/xml'),
    415,
    'MEDIA_TYPE_UNSUPPORTED',
    'The content type of the body is not known here; send application/json or application/x-www-form-urlencoded',
  ],
  [post(`"${'a'.repeat(20_000)}"`, JSON_TYPE), 413, 'BODY_TOO_LARGE', 'The body is larger than the server takes'],
  [
    post('{"title":null,"count":"1","more":1}', JSON_TYPE),
    400,
    'VALIDATION_FAILED',
    'The request is not valid: more is not known; title must be string; count must be integer',
  ],
  [post('{}', JSON_TYPE), 400, 'VALIDATION_FAILED', 'The request is not valid: title is missing; count is missing'],
  [post('[]', JSON_TYPE), 400, 'VALIDATION_FAILED', 'The request is not valid: body must be object'],
  [
    post('__proto__=1&title=a', 'application/x-www-form-urlencoded'),
    400,
    'BAD_REQUEST',
    'The form has a field that is not allowed: __proto__',
  ],
  [
    post('title=longer&count=one', 'application/x-www-form-urlencoded'),
    400,
    'VALIDATION_FAILED',
    'The request is not valid: title must NOT have more than 5 characters; count must be integer',
  ],
  [get('/migrate'), 401, 'TOKEN_MISSING', 'Send the ops token: Authorization: Bearer <ops token>'],
  [get('/999/migrate'), 401, 'TOKEN_MISSING', 'Send the ops token: Authorization: Bearer <ops token>'],
  [
    get('/migrate', [`Authorization: Basic ${TOKEN}`]),
    401,
    'TOKEN_MISSING',
    'Send the ops token: Authorization: Bearer <ops token>',
  ],
  [get('/migrate', [`Authorization: Bearer ${TOKEN}x`]), 403, 'TOKEN_WRONG', 'This is not the ops token'],
  [get('/modules', [`Authorization: Bearer ${TOKEN.slice(1)}`]), 403, 'TOKEN_WRONG', 'This is not the ops token'],
  [get('/0/migrate', [`Authorization: Bearer ${TOKEN}`]), 404, 'TENANT_UNKNOWN', 'A tenant id is a positive integer'],
  [get('/%31/migrate', [`Authorization: Bearer ${TOKEN}`]), 404, 'TENANT_UNKNOWN', 'A tenant id is a positive integer'],
]

test('every bad request is answered with a problem that says what is wrong', async (t) => {
  const serving = await serve(t, { 1: [testModule] })
  for (const [text, status, code, detail] of table) {
    await t.test(`${text.slice(0, 70).replaceAll('\r\n', ' ')} → ${status} ${code}`, async () => {
      const answer = await raw(serving, text)
      const problem = JSON.parse(answer.body)
      assert.deepEqual([answer.status, problem.code, problem.detail], [status, code, detail])
      assert.equal(problem.status, status)
      assert.equal(answer.type, 'application/problem+json')
      assert.match(problem.requestId, /^[\w-]{12}-[0-9a-z]+$/)
    })
  }
  assert.ok(!JSON.stringify(serving.lines).includes('secret'), 'the query string is in no log line')
  const alive = await fetch(`${serving.url}/1/test/v1/animals`)
  assert.equal(alive.status, 200)
})
