import assert from 'node:assert/strict'
import { STATUS_CODES } from 'node:http'
import type { RawAnswer } from './raw.js'

/** What a client must never read: a stack, a statement, a place on the machine. */
const INTERNALS = /\n\s+at |\bat file:|node_modules|\bdist\/|\/tmp\/|\bSELECT\b|\bINSERT\b|SQLITE|\bsql\b/

/** The problem document of an answer, without its request id, which is looked at here. */
export function problemOf({ status, headers, body }: RawAnswer): Record<string, unknown> {
  assert.equal(headers['content-type'], 'application/problem+json', `${status} ${body}`)
  assert.equal(headers['content-length'], String(Buffer.byteLength(body)))
  assert.doesNotMatch(body, INTERNALS)
  const { requestId, ...problem } = JSON.parse(body)
  assert.match(requestId, /^[A-Za-z0-9._:-]{8,128}$/)
  assert.equal(headers['x-request-id'], requestId)
  assert.equal(problem.status, status)
  assert.ok(status in STATUS_CODES)
  return problem
}
