import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashPassword, matchesPassword, NO_PASSWORD } from '../../plugins/users/v1/password-hash.js'

test('a hash has the 40 characters of the original password column, and is another each time', async () => {
  const [one, other] = await Promise.all([hashPassword('correct horse'), hashPassword('correct horse')])
  assert.match(one, /^[A-Za-z0-9_-]{40}$/)
  assert.notEqual(one, other)
  assert.equal(await matchesPassword('correct horse', one), true)
  assert.equal(await matchesPassword('correct horse', other), true)
  assert.equal(await matchesPassword('Correct horse', one), false)
  assert.equal(await matchesPassword('', one), false)
})

test('letters match however the keyboard composed them', async () => {
  assert.equal(await matchesPassword('cafe\u0301 au lait', await hashPassword('caf\u00e9 au lait')), true)
})

test('no password matches an account without one, or a stored value that is no hash', async () => {
  for (const stored of [undefined, NO_PASSWORD, '', 'x'.repeat(39), 'x'.repeat(41), '!'.repeat(40)]) {
    assert.equal(await matchesPassword(stored ?? '', stored), false)
    assert.equal(await matchesPassword('anything', stored), false)
  }
})

test('an unknown account takes as long as a wrong password', async () => {
  const stored = await hashPassword('correct horse')
  const timeOf = async (given: string | undefined) => {
    const start = performance.now()
    await matchesPassword('wrong', given)
    return performance.now() - start
  }
  const fastest = { known: Number.POSITIVE_INFINITY, unknown: Number.POSITIVE_INFINITY }
  for (let i = 0; i < 3; i++) {
    fastest.known = Math.min(fastest.known, await timeOf(stored))
    fastest.unknown = Math.min(fastest.unknown, await timeOf(undefined))
  }
  // Skipping the hash would make it a thousand times faster; a busy machine makes it some times slower.
  assert.ok(fastest.unknown > fastest.known / 4, JSON.stringify(fastest))
})
