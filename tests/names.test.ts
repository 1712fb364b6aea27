import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as names from '../kernel/names.js'

function check<T>(name: string, act: (text: string) => T, cases: readonly (readonly [string, T])[]): void {
  test(name, () => {
    for (const [text, expected] of cases) assert.deepEqual(act(text), expected, JSON.stringify(text))
  })
}

const none = (...texts: string[]) => texts.map((text) => [text, undefined] as const)
const not = (...texts: string[]) => texts.map((text) => [text, false] as const)

check('a tenant id is a positive integer of 32 bits, written plainly', names.parseTenantId, [
  ['1', 1],
  ['4294967295', 4_294_967_295],
  ...none('', '0', '01', '-1', '+1', '1e0', '1.0', ' 1', '1 ', '1\n', '4294967296', '99999999999', '١', 'a', '0x1'),
])

check('a version folder is v and a positive integer without a leading zero', names.parseVersionFolder, [
  ['v1', 1],
  ['v64', 64],
  ...none('1', 'V1', 'v1.1', 'v1z', 'v01', 'v0', 'v', 'v-1', 'v1 ', 'v1\n', ' v1', 'v1e3', 'v9999999999'),
])

check('a full version is numbers between dots', (text) => names.parseFullVersion(text)?.parts, [
  ['1', [1]],
  ['1.4', [1, 4]],
  ['1.0.1', [1, 0, 1]],
  ['10.20.30', [10, 20, 30]],
  ['1.9999999999', [1, 9_999_999_999]],
  ...none('', '0', '01', '1.', '.1', '1..1', '1.x', '1.01', '1.-1', 'v1', '1 ', '1.1e3', '0.1', '1.99999999999'),
  ...none(`1${'.1'.repeat(16)}`, '1'.repeat(65)),
])

check('a module name fits a URL and a folder', names.isModuleName, [
  ['a', true],
  ['notes_2-x', true],
  ['a'.repeat(64), true],
  ['migrated', true],
  ['crons', true],
  ...not('', '1a', '-a', '_a', 'a b', 'a/b', '..', 'a.b', 'ä', 'migrate', 'cron', 'a'.repeat(65)),
])

check('a database identifier needs no quoting', names.isDatabaseIdentifier, [
  ['a', true],
  ['First_tenant1', true],
  ['a'.repeat(64), true],
  ...not('', '1a', '_a', 'a-b', 'a.b', 'a`b', '../x', 'a\n', 'ä', 'a'.repeat(65)),
])

check('a module version is its name and its major version', names.parseModuleVersion, [
  ['notes@v2', { name: 'notes', version: 2 }],
  ['a-b@v10', { name: 'a-b', version: 10 }],
  ...none('cron@v1'),
  ...none('notes', 'notes@2', 'notes@v0', 'notes@v01', 'notes@v1.1', '@v1', 'a@v1@v2', 'migrate@v1', 'notes@v1 '),
])

test('a module version is written as it is read', () => {
  assert.equal(names.formatModuleVersion('notes', 2), 'notes@v2')
})

test('full versions compare number by number, a missing part counting as zero', () => {
  const compare = (a: string, b: string) => {
    const [left, right] = [names.parseFullVersion(a), names.parseFullVersion(b)]
    assert.ok(left && right)
    return Math.sign(names.compareFullVersions(left, right))
  }
  const ascending = ['1', '1.0.1', '1.1', '1.4', '1.9', '1.10', '1.10.0.1', '2', '10']
  for (const [i, a] of ascending.entries()) {
    for (const [j, b] of ascending.entries()) assert.equal(compare(a, b), Math.sign(i - j), `${a} against ${b}`)
  }
  assert.equal(compare('1', '1.0.0'), 0)
})

test('a tenant id as a value is an integer of 32 bits above zero', () => {
  for (const id of [1, 4_294_967_295]) assert.ok(names.isTenantId(id))
  for (const id of [0, -1, 1.5, '1', Number.NaN, null, 4_294_967_296]) assert.equal(names.isTenantId(id), false)
})
