import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Ending } from '../../support/ending.js'
import { withMariaDb } from '../../support/mariadb.js'
import { killBefore } from './killed.js'
import { RestoreFixture } from './restore-fixture.js'

await withMariaDb('a restore of the catalog', (server) => {
  /** A catalog with a table and a view of its own, in whose place the source is to be. */
  async function made(t: Ending): Promise<RestoreFixture> {
    const { catalog, live, source } = await RestoreFixture.make(t, server)
    const fixture = new RestoreFixture(server, catalog, live, source, 'catalog')
    await fixture.root(`CREATE TABLE ${catalog}.hens (id INT PRIMARY KEY, mark VARCHAR(9))`)
    await fixture.root(`INSERT INTO ${catalog}.hens VALUES (1, 'old1')`)
    await fixture.root(`CREATE VIEW ${catalog}.z_base AS SELECT mark FROM ${catalog}.hens`)
    return fixture
  }

  const marks = async (fixture: RestoreFixture) => {
    const rows = await fixture.root<{ mark: string }>(`SELECT mark FROM ${fixture.catalog}.z_base ORDER BY mark`)
    return rows.map(({ mark }) => mark).join()
  }

  async function assertNothingLeft(fixture: RestoreFixture) {
    const left = (await fixture.leftovers(fixture.catalog)) as { databases: unknown; users: unknown }
    assert.deepEqual([left.databases, left.users], [[], []])
  }

  test('it goes on being used meanwhile, and what is written to the new one keeps it from nothing', async (t) => {
    const fixture = await made(t)
    const writes: Promise<unknown>[] = []
    await fixture.restore({
      shutOut: async () => assert.equal(await marks(fixture), 'old1'),
      async placed() {
        assert.equal(await marks(fixture), 'new1,new2')
      },
      step(name) {
        // Others write while it is looked at.
        if (name !== 'definitions') return
        writes.push(fixture.root(`INSERT INTO ${fixture.catalog}.eggs (id) VALUES (7)`))
      },
    })
    await Promise.all(writes)
    assert.equal(await marks(fixture), 'new1,new2')
    await assertNothingLeft(fixture)
  })

  test('what is not what was loaded is refused before anything is touched', async (t) => {
    const fixture = await made(t)
    const steps: string[] = []
    const hooks = { placed: async () => {}, step: (name: string) => void steps.push(name) }
    await assert.rejects(
      fixture.restore(hooks, fixture.engine(), (rows) => ({ ...rows, eggs: 7 })),
      { code: 'RESTORE_FAILED', message: /eggs has 1 rows where 7 were loaded/ },
    )
    assert.deepEqual(steps, ['journal'])
    assert.equal(await marks(fixture), 'old1')
    await assertNothingLeft(fixture)
  })

  test('killed in the middle it is ended, or taken back, by the next process that starts', async (t) => {
    const fixture = await made(t)
    for (const [step, expected] of [
      ['rename', 'old1'],
      ['definitions', 'new1,new2'],
    ] as const) {
      await killBefore(fixture, step)
      // Written by others since.
      if (step === 'definitions') await fixture.root(`INSERT INTO ${fixture.catalog}.eggs (id) VALUES (8)`)
      await fixture.engine().provisionCatalog()
      assert.equal(await marks(fixture), expected, step)
      await assertNothingLeft(fixture)
    }
  })

  test('a process that starts while another restores it goes on', async (t) => {
    const fixture = await made(t)
    await fixture.restore({
      shutOut: () => fixture.engine().provisionCatalog(),
      placed: async () => {},
    })
    assert.equal(await marks(fixture), 'new1,new2')
  })
})
