import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromBase64, hashPassword, verifyPassword } from '../../../kernel/mqtt/credentials/password.js'

/** From the original system's own text: two hashes of `passs`, each with its salt. */
const OF_ORIGINAL = [
  'R2l5d0tqTldZM3NtejdET3hkWHRBT0dxcFF6U1owRFk=:100:1MMjPJ2uOzC4cXx2SHNNMFwN2wo95TQVqcEAK9a3sC+QoblK+6UEqR/TA9W3ZVYQpzcaGiE7FCse7RFumxFdBA==',
  'SXhuVzlpQ2tVUm5YVGZMVUJFaXZkbzZCV25UMnVKclQ=:100:8EaVMexR+jt45qicY35j7IDMpLeAkWQfS6uvXg2SsnX3+W09TMJaKJZy97wkvSaIkJZjCeAkCHb7G3qUxBZhWA==',
]
/** From the sample file of HiveMQ’s file RBAC extension. */
const OF_EXTENSION =
  'WFNQUVB0UkxjM04xa0hSR1BQNGhuOTJKVzdlbXA4bjk=:100:FY12nwpUEbBK9EKQ/Aw/rQKSoA7jXsC0HKELwU2mLCVU39bJVK0zf4NemuFeDOHPO4BW1nOjxi6NporkC6rUog=='

const bytes = (text: string) => Buffer.from(text, 'utf8')

test('the salts and counts of the original give the hashes of the original', async () => {
  for (const stored of OF_ORIGINAL) {
    const salt = Buffer.from(stored.split(':')[0] ?? '', 'base64')
    assert.equal(await hashPassword('passs', { salt, iterations: 100 }), stored)
    assert.equal(await verifyPassword(bytes('passs'), stored, 'HASHED'), true)
    assert.equal(await verifyPassword(bytes('pass'), stored, 'HASHED'), false)
  }
})

test('a hash of the extension verifies', async () => {
  assert.equal(await verifyPassword(bytes('pass1'), OF_EXTENSION, 'HASHED'), true)
  assert.equal(await verifyPassword(bytes('pass2'), OF_EXTENSION, 'HASHED'), false)
})

test('a hash without a given salt has one of its own, and verifies', async () => {
  const [one, other] = await Promise.all([
    hashPassword('naïve 🔑', { iterations: 1 }),
    hashPassword('naïve 🔑', { iterations: 1 }),
  ])
  assert.notEqual(one, other)
  assert.equal(Buffer.from(one.split(':')[0] ?? '', 'base64').length, 32)
  assert.equal(await verifyPassword(bytes('naïve 🔑'), one, 'HASHED'), true)
})

test('passwords are bytes', async () => {
  const password = Uint8Array.of(0xff, 0, 0xfe)
  const stored = await hashPassword(password, { iterations: 1 })
  assert.equal(await verifyPassword(password, stored, 'HASHED'), true)
  assert.equal(await verifyPassword(Uint8Array.of(0xff, 0, 0xfd), stored, 'HASHED'), false)
})

test('what is no hash lets nobody in', async () => {
  const [salt, , hash] = OF_EXTENSION.split(':')
  const wrong = ['', ':', '::', 'pass1', `${salt}:100`, `${salt}:100:`, `:100:${hash}`, `${salt}:100:${hash}:x`]
  const counts = ['', '0', '-100', '1e2', '100x', ' 100', '0x64', '99999999999'].map(
    (count) => `${salt}:${count}:${hash}`,
  )
  for (const stored of [...wrong, ...counts, `${salt}*:100:${hash}`, `${salt}:100:${hash?.slice(0, -4)}`]) {
    assert.equal(await verifyPassword(bytes('pass1'), stored, 'HASHED'), false, stored)
  }
  // Java's split takes no notice of colons at the end, nor its parseInt of a plus.
  assert.equal(await verifyPassword(bytes('pass1'), `${salt}:+100:${hash}:`, 'HASHED'), true)
})

test('plain passwords are compared as they stand', async () => {
  assert.equal(await verifyPassword(bytes('pass1'), 'pass1', 'PLAIN'), true)
  assert.equal(await verifyPassword(bytes('pass1 '), 'pass1', 'PLAIN'), false)
  assert.equal(await verifyPassword(bytes(''), 'pass1', 'PLAIN'), false)
  assert.equal(await verifyPassword(bytes('pass1'), OF_EXTENSION, 'PLAIN'), false)
})

test('base64 is read strictly', () => {
  assert.equal(fromBase64('cGFzcw==')?.toString(), 'pass')
  assert.equal(fromBase64('cGFzcw')?.toString(), 'pass')
  for (const text of ['cGFzcw=', 'cGFzc w==', 'cGF_', '=', 'c', 'cGFzcw==x'])
    assert.equal(fromBase64(text), undefined, text)
})
