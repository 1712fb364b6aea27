import assert from 'node:assert/strict'
import { STATUS_CODES } from 'node:http'
import { test } from 'node:test'
import { describeFaults, type ErrorCode, errorCatalogue, M3Error, messageOf } from '../kernel/errors.js'

test('every code has a status of HTTP and a title that is its own', () => {
  const titles = new Set<string>()
  for (const [code, { status, title }] of Object.entries(errorCatalogue)) {
    assert.match(code, /^[A-Z][A-Z_]+[A-Z]$/)
    assert.ok(status >= 400 && STATUS_CODES[status], `${code} has the status ${status}`)
    assert.match(title, /^[A-Z].*[^.]$/)
    titles.add(title)
  }
  assert.equal(titles.size, Object.keys(errorCatalogue).length)
})

test('an error keeps its code, status, faults, cause and when to try again', () => {
  const cause = new Error('below')
  const faults = [{ path: '$.a', message: 'is wrong' }]
  const error = new M3Error('OVERLOADED', 'Later', { faults, retryAfter: 3, cause })
  assert.ok(error instanceof Error)
  assert.deepEqual(
    [error.name, error.code, error.status, error.message, error.faults, error.retryAfter, error.cause],
    ['M3Error', 'OVERLOADED', 503, 'Later', faults, 3, cause],
  )
  const bare = new M3Error('NOT_FOUND' satisfies ErrorCode, 'Gone')
  assert.deepEqual([bare.faults, bare.retryAfter, 'cause' in bare], [[], undefined, false])
})

test('whatever was thrown has a message', () => {
  assert.equal(messageOf(new TypeError('a')), 'a')
  assert.equal(messageOf('b'), 'b')
  assert.equal(messageOf(undefined), 'undefined')
})

test('faults are listed a line each', () => {
  const faults = [
    { path: '$.a', message: 'is wrong' },
    { path: '', message: 'all of it' },
  ]
  assert.equal(describeFaults(faults), '  - $.a: is wrong\n  - all of it')
})
