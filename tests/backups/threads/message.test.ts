import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromSent, type SentError, toSent } from '../../../kernel/backups/threads/message.js'
import { M3Error } from '../../../kernel/errors.js'

const cross = (error: unknown) => fromSent(structuredClone(toSent(error)))

test('an error of the product is the same on the other side', () => {
  const faults = [{ path: 'wares', message: 'holds 1 rows, and 2 were backed up' }]
  const sent = new M3Error('DATABASE_UNAVAILABLE', 'it is away', {
    ...{ faults, retryAfter: 5 },
    cause: new Error('ECONNRESET'),
  })
  const received = cross(sent)
  assert.ok(received instanceof M3Error)
  assert.deepEqual(
    [received.code, received.message, received.faults, received.retryAfter, (received.cause as Error).message],
    ['DATABASE_UNAVAILABLE', 'it is away', faults, 5, 'ECONNRESET'],
  )
})

test('any other error keeps its message and where it came from, and becomes no error of the product', () => {
  const sent = new TypeError('nobody foresaw it')
  const received = cross(sent)
  assert.ok(!(received instanceof M3Error))
  assert.deepEqual([received.message, received.stack], [sent.message, sent.stack])
  assert.equal(cross('thrown as text').message, 'thrown as text')
  const strange = { code: 'toString', message: 'x', faults: [] } as unknown as SentError
  assert.ok(!(fromSent(strange) instanceof M3Error))
})
