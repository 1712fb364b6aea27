import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCredentials } from '../../../kernel/mqtt/credentials/parse.js'
import { permissionCases } from '../broker/permission-cases.js'
import { type FileName, files } from '../broker/permission-files.js'

/** Refused by us alone: a file of users needs no DOCTYPE, and entities can be made to grow without end. */
const STRICTER: FileName[] = ['entity']

function isTaken(name: FileName): boolean {
  try {
    parseCredentials(files[name], name === 'plain' ? 'PLAIN' : 'HASHED')
    return true
  } catch (error) {
    assert.equal((error as { code?: string }).code, 'CREDENTIALS_INVALID')
    return false
  }
}

/** HiveMQ lets somebody in if it has taken the file. */
const letsIn = (name: FileName) =>
  permissionCases.some(({ credentials, expected }) => credentials === name && expected !== 'refused at connect')

test('a file is taken or refused as by HiveMQ', () => {
  const names = Object.keys(files) as FileName[]
  assert.ok(names.length > 25)
  assert.deepEqual(
    names.filter(isTaken),
    names.filter((name) => letsIn(name) && !STRICTER.includes(name)),
  )
})
