import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defineModule } from '../../kernel/contract/define-module.js'
import { M3Error, type M3ErrorOptions } from '../../kernel/errors.js'
import { serve } from './serving.js'

const SECRET = 'SELECT password FROM users /* hunter2 */'

function named(name: string, more: object = {}): Error {
  return Object.assign(new Error(SECRET), { name, sql: SECRET, parameters: [SECRET] }, more)
}

function own(
  code: 'TENANT_UNAVAILABLE' | 'DATABASE_UNAVAILABLE' | 'MODULE_INVALID',
  options: M3ErrorOptions = {},
): M3Error {
  return new M3Error(code, SECRET, { faults: [{ path: SECRET, message: SECRET }], ...options })
}

const INTERNAL = 'Something went wrong on the server; the request id leads to the reason in its log'
const DATABASE = 'The database cannot be reached at the moment; try again later'
const BUSY = 'Too many requests wait for the database at the moment; try again later'

const table: [string, unknown, [number, string, string], unknown?][] = [
  ['an error nobody foresaw', new Error(SECRET), [500, 'INTERNAL', INTERNAL]],
  ['a string', SECRET, [500, 'INTERNAL', INTERNAL]],
  ['a 5xx of a library', Object.assign(new Error(SECRET), { statusCode: 502 }), [500, 'INTERNAL', INTERNAL]],
  ['a database error', named('SequelizeDatabaseError'), [500, 'INTERNAL', INTERNAL]],
  ['a broken contract', own('MODULE_INVALID'), [500, 'MODULE_INVALID', INTERNAL]],
  ['a database that is away', own('DATABASE_UNAVAILABLE'), [503, 'DATABASE_UNAVAILABLE', DATABASE]],
  ['a deadlock', Object.assign(new Error('x'), { code: 'ER_LOCK_DEADLOCK' }), [503, 'OVERLOADED', BUSY]],
  [
    'a lock that was waited for too long, by Sequelize',
    named('SequelizeDatabaseError', { parent: { code: 'ER_LOCK_WAIT_TIMEOUT' } }),
    [503, 'OVERLOADED', BUSY],
  ],
  ['the same by Sequelize', named('SequelizeConnectionRefusedError'), [503, 'DATABASE_UNAVAILABLE', DATABASE]],
  [
    'the same inside of Sequelize',
    named('SequelizeDatabaseError', { parent: own('DATABASE_UNAVAILABLE') }),
    [503, 'DATABASE_UNAVAILABLE', DATABASE],
  ],
  [
    'a tenant that cannot be served',
    own('TENANT_UNAVAILABLE'),
    [503, 'TENANT_UNAVAILABLE', 'The tenant cannot be served at the moment; the reason is in the log of the server'],
  ],
  [
    'a conflict of a module',
    new M3Error('CONFLICT', 'The note is locked', { faults: [{ path: 'id', message: 'is locked' }] }),
    [409, 'CONFLICT', 'The note is locked'],
    [{ path: 'id', message: 'is locked' }],
  ],
  [
    'rows that are not valid',
    named('SequelizeValidationError', {
      errors: [
        { path: 'email', message: 'must be an e-mail address', value: SECRET },
        { path: 'ip', message: 'must be an IPv4 or IPv6 address' },
      ],
    }),
    [
      400,
      'VALIDATION_FAILED',
      'The row is not valid: email must be an e-mail address; ip must be an IPv4 or IPv6 address',
    ],
    [
      { path: 'email', message: 'must be an e-mail address' },
      { path: 'ip', message: 'must be an IPv4 or IPv6 address' },
    ],
  ],
  [
    'many rows of which some are not valid',
    Object.assign(
      new AggregateError([named('SequelizeBulkRecordError', { errors: { errors: [{ path: 'a', message: 'b' }] } })]),
      {},
    ),
    [400, 'VALIDATION_FAILED', 'Some of the rows are not valid: a b'],
    [{ path: 'a', message: 'b' }],
  ],
  [
    'a value that is taken',
    named('SequelizeUniqueConstraintError', {
      errors: [{ path: 'email', message: SECRET }],
      fields: { email: SECRET },
    }),
    [409, 'CONFLICT', 'There is a row with the same email already'],
    [{ path: 'email', message: 'must be unique' }],
  ],
  [
    'a reference to nothing',
    named('SequelizeForeignKeyConstraintError', { fields: ['owner_id'] }),
    [409, 'CONFLICT', 'The row refers to one that is not there, or other rows still refer to it'],
    [{ path: 'owner_id', message: 'must refer to a row that is there' }],
  ],
  ['rejectOnEmpty', named('SequelizeEmptyResultError'), [404, 'NOT_FOUND', 'There is no such row']],
  ['a 4xx of a library', Object.assign(new Error('No tea'), { statusCode: 418 }), [418, 'I_M_A_TEAPOT', 'No tea']],
  ['the same by status', Object.assign(new Error('Pay'), { status: 402 }), [402, 'PAYMENT_REQUIRED', 'Pay']],
  [
    'a 4xx that does not show its message',
    Object.assign(new Error(SECRET), { statusCode: 403, expose: false }),
    [403, 'FORBIDDEN', 'Forbidden'],
  ],
  [
    'a 4xx of a server that the module called, by axios',
    Object.assign(new Error(SECRET), { status: 404, code: 'ERR_BAD_REQUEST', config: { url: SECRET }, response: {} }),
    [500, 'INTERNAL', INTERNAL],
  ],
  [
    'the same by undici',
    Object.assign(new Error(SECRET), { statusCode: 404, code: 'UND_ERR_RESPONSE', headers: { 'x-key': SECRET } }),
    [500, 'INTERNAL', INTERNAL],
  ],
  [
    'a 4xx of http-errors that says more',
    Object.assign(new Error('Too late'), { statusCode: 410, status: 410, expose: true, body: 'of the module' }),
    [410, 'GONE', 'Too late'],
  ],
  [
    'a 4xx with a code of its own',
    Object.assign(new Error('Locked'), { statusCode: 409, code: 'NOTE_LOCKED' }),
    [409, 'NOTE_LOCKED', 'Locked'],
  ],
]

test('whatever a handler throws is answered as a problem, and no fault of the server shows its inside', async (t) => {
  const module = defineModule({
    name: 'test',
    version: 1,
    routes(app) {
      app.get('/:row', { schema: { response: { '4xx': { type: 'object', properties: {} } } } }, async (request) => {
        throw table[Number((request.params as { row: string }).row)]?.[1]
      })
    },
  })
  const { url, lines } = await serve(t, { 1: [module] })
  for (const [row, [name, , [status, code, detail], errors]] of table.entries()) {
    const response = await fetch(`${url}/1/test/v1/${row}`)
    const text = await response.text()
    const problem = JSON.parse(text)
    assert.deepEqual([response.status, problem.code, problem.detail], [status, code, detail], name)
    assert.deepEqual(problem.errors, errors, name)
    assert.equal(problem.instance, `/1/test/v1/${row}`)
    assert.equal(response.headers.get('content-type'), 'application/problem+json')
    assert.ok(!text.includes('hunter2') && !text.includes('.js:'), name)
    assert.equal(problem.requestId, response.headers.get('x-request-id'))
  }
  const logged = lines.filter((line) => line.msg === 'the request failed')
  const stack = (logged[0]?.err as { stack: string } | undefined)?.stack ?? ''
  assert.match(stack, /problems\.test\.js/, 'what nobody foresaw is in the log with its stack')
  assert.ok(!JSON.stringify(logged).includes('"parameters"'), 'values bound to statements are not')
})

test('Retry-After says when to come back', async (t) => {
  const module = defineModule({
    name: 'test',
    version: 1,
    routes(app) {
      app.get('/', async () => {
        throw new M3Error('OVERLOADED', 'busy', { retryAfter: 1.2 })
      })
    },
  })
  const { url } = await serve(t, { 1: [module] })
  const response = await fetch(`${url}/1/test/v1`)
  assert.deepEqual([response.status, response.headers.get('retry-after')], [503, '2'])
})

test('of the headers of an error, those that belong to a status are answered and no others', async (t) => {
  const module = defineModule({
    name: 'test',
    version: 1,
    routes(app) {
      app.get('/', async () => {
        const headers = {
          'Retry-After': 7,
          'www-authenticate': 'Basic',
          allow: 'GET\r\nx: y',
          'set-cookie': 'a=b',
          'x-upstream': 'z',
        }
        throw Object.assign(new Error('no'), { statusCode: 401, headers })
      })
    },
  })
  const { url } = await serve(t, { 1: [module] })
  const response = await fetch(`${url}/1/test/v1`)
  const shown = ['retry-after', 'www-authenticate', 'allow', 'set-cookie', 'x-upstream', 'x']
  assert.deepEqual(
    shown.map((name) => response.headers.get(name)),
    ['7', 'Basic', null, null, null, null],
  )
})
