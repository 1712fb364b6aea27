import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { restoreNames, restoreUser } from '../../../kernel/engines/mysql/identifiers.js'
import { withMariaDb } from '../../support/mariadb.js'
import { RestoreFixture } from './restore-fixture.js'

test('the names of what stands beside fit, in a grant too, and are those of no other database', () => {
  const names = ['a', 'a_b', 'axb', 'a_', 'x'.repeat(63), 'x'.repeat(64), `a${'_'.repeat(31)}`, `a${'_b'.repeat(21)}`]
  const all = names.flatMap((name) => Object.values(restoreNames(name)))
  assert.equal(new Set(all).size, all.length)
  for (const name of all) assert.ok(name.length <= 64 && /^[^-]+-/.test(name), name)
  for (const name of names) {
    assert.ok(restoreNames(name).staging.replaceAll('_', '__').length <= 64, name)
    assert.ok(restoreUser(name).length <= 32)
  }
})

await withMariaDb('names of restored databases', (server) => {
  const run = randomBytes(3).toString('hex')

  for (const [what, name] of [
    ['as long as a name may be', `l${run}`.padEnd(64, 'x')],
    ['as long as one of underscores may be', `u${run}`.padEnd(35, '_')],
  ] as const) {
    test(`${what}: it is restored`, async (t) => {
      const fixture = await RestoreFixture.make(t, server, name)
      await fixture.restore({ placed: async () => {} })
      assert.equal(await fixture.state(), 'new')
      assert.deepEqual(await fixture.leftovers(), fixture.nothingLeft)
    })
  }

  test('a database whose name is a pattern or a beginning of another’s leaves the other alone', async (t) => {
    const one = await RestoreFixture.make(t, server, `p${run}_b`)
    const others = [await RestoreFixture.make(t, server, `p${run}xb`), await RestoreFixture.make(t, server, `p${run}`)]
    await one.restore({
      async shutOut() {
        for (const other of others) assert.equal(await other.state(), 'old')
      },
      placed: async () => {},
    })
    assert.equal(await one.state(), 'new')
    for (const other of others) {
      assert.equal(await other.state(), 'old')
      await other.restore({ placed: async () => {} })
    }
    for (const each of [one, ...others]) assert.deepEqual(await each.leftovers(), each.nothingLeft)
  })
})
