import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { TenantIdentity } from '../../kernel/engines/contract.js'
import { type SharedMariaDb, withMariaDb } from '../support/mariadb.js'
import { until } from '../support/until.js'
import { FleetRoot, idsFrom, TENANTS } from './fleet-fixture.js'

const REASON = 'The migration broken@v1/first failed; the table m3saas_migrations of the database has the reason'
const DONE = ['shop@v1/first done', 'generated done']

function suite(server?: SharedMariaDb): void {
  test('one tenant fails: the others are migrated, it is named with its reason, and the next run takes it up alone', async (t) => {
    const fleet = await FleetRoot.make(t, server, { broken: [17] })
    const others = idsFrom(1).filter((id) => id !== 17)
    const first = await fleet.migrateAll()
    assert.equal(first.status, 1)
    assert.deepEqual(first.by, { migrated: others, failed: [17] })
    const { state, remaining, failures, tenants } = first.summary ?? {}
    const message = REASON
    assert.deepEqual([state, remaining, tenants], ['failed', 0, TENANTS])
    assert.deepEqual(failures, [{ code: 'MIGRATION_FAILED', message, count: 1, tenants: [17] }])
    assert.ok(!JSON.stringify(first).includes('hunter2'), 'what a module throws is nobody’s to read')
    const one = first.tenants.find(({ tenant }) => tenant === 1)?.report
    assert.match(one?.provisioned[0] ?? '', /^created the database f1_/)
    assert.deepEqual([one?.written, one?.seeds.map(({ inserted }) => inserted)], [['shop@v1/first'], [1]])

    const kernel = await fleet.kernel()
    assert.deepEqual(await fleet.states(kernel), { runs: ['failed'], tenants: { done: 39, failed: 1 } })
    const [noted] = await kernel.engine.catalog.select(
      "SELECT tenant_id, error_code, error FROM m3saas_fleet_tenants WHERE state = 'failed'",
    )
    assert.deepEqual(noted, { tenant_id: 17, error_code: 'MIGRATION_FAILED', error: message })

    await fleet.lower('broken')
    const second = await fleet.migrateAll()
    assert.equal(second.status, 0)
    assert.deepEqual(second.by, { skipped: others, migrated: [17] })
    assert.deepEqual([second.summary?.run, second.summary?.state], [1, 'done'])

    const third = await fleet.migrateAll()
    assert.deepEqual([third.status, third.by, third.summary?.run], [0, { upToDate: idsFrom(1) }, 2])
    const records = await fleet.records(kernel)
    assert.deepEqual(records[0], DONE)
    assert.deepEqual(records[16], ['broken@v1/first done', 'shop@v1/first done', 'generated done'])
  })

  test('a canary that fails stops the run before any other tenant is touched; without canaries it is one of many', async (t) => {
    const fleet = await FleetRoot.make(t, server, { broken: [3] })
    const first = await fleet.migrateAll('--canary 3 --parallel 8')
    assert.equal(first.status, 1)
    assert.deepEqual(first.by, { migrated: [1, 2], failed: [3] })
    assert.deepEqual(
      [first.summary?.state, first.summary?.stopped, first.summary?.remaining],
      ['stopped', 'canary', 37],
    )
    const kernel = await fleet.kernel()
    assert.deepEqual(await fleet.states(kernel), { runs: ['stopped'], tenants: { done: 2, failed: 1, pending: 37 } })
    assert.deepEqual((await fleet.records(kernel)).slice(3), Array(37).fill([]))

    const text = await fleet.call('migrate --all --canary 0')
    assert.equal(text.status, 1)
    const lines = text.stdout.trimEnd().split('\n')
    assert.equal(lines[0], 'going on with run 1: 40 tenants')
    assert.ok(
      lines.some((line) => /^3 f3_\w+: failed: MIGRATION_FAILED: The migration broken@v1\/first failed; /.test(line)),
    )
    assert.ok(lines.some((line) => /^1 f1_\w+: done before in this run in \d+ ms$/.test(line)))
    assert.match(
      lines.at(-3) ?? '',
      /^40 tenants in \d+\.\d s: 37 migrated, 0 up to date, 2 done before in this run, 1 failed$/,
    )
    assert.deepEqual(lines.slice(-2), [
      `  1 tenant (3): MIGRATION_FAILED: ${REASON}`,
      'to try those that failed again: m3saas migrate --all',
    ])
  })

  test('after as many failures as are allowed no more tenants are begun, and the next run goes on', async (t) => {
    const fleet = await FleetRoot.make(t, server, { broken: idsFrom(10, 25) })
    const first = await fleet.migrateAll('--parallel 2 --max-failures 3')
    const { failed = 0, remaining = 0, migrated = 0 } = first.summary ?? {}
    assert.deepEqual([first.status, first.summary?.state, first.summary?.stopped], [1, 'stopped', 'failures'])
    assert.ok(failed === 3 || failed === 4, `${failed} failed: the third, and one that was in work`)
    assert.deepEqual([migrated + failed + remaining, first.by.migrated], [TENANTS, idsFrom(1, 9)])
    await fleet.lower('broken')
    const second = await fleet.migrateAll()
    assert.deepEqual([second.status, second.by], [0, { skipped: idsFrom(1, 9), migrated: idsFrom(10) }])
  })

  test('--restart begins anew where a run would be taken up', async (t) => {
    const fleet = await FleetRoot.make(t, server, { broken: [1] })
    assert.equal((await fleet.migrateAll()).summary?.stopped, 'canary')
    await fleet.lower('broken')
    const anew = await fleet.migrateAll('--restart --parallel 20')
    assert.deepEqual([anew.status, anew.summary?.run, anew.by], [0, 2, { migrated: idsFrom(1) }])
    assert.deepEqual((await fleet.states(await fleet.kernel())).runs, ['stopped', 'done'])
  })

  test('a row of the catalog that is not valid is the failure of its tenant, and so are modules that are not there', async (t) => {
    const fleet = await FleetRoot.make(t, server)
    const kernel = await fleet.kernel()
    await kernel.prepareCatalog()
    const { catalog } = kernel.engine
    await catalog.run("UPDATE tenants SET name = 'x`; DROP TABLE tenants' WHERE id = 20")
    await catalog.run("UPDATE tenants SET password = 'added by hand' WHERE id = 21")
    await catalog.run("INSERT INTO modules (id, name) VALUES (9, 'gone')")
    await catalog.run('INSERT INTO subscriptions (tenant_id, module_id, version) VALUES (30, 9, 1)')
    const { status, by, tenants } = await fleet.migrateAll()
    assert.deepEqual(
      [status, by],
      [1, { migrated: idsFrom(1).filter((id) => id !== 20 && id !== 30), failed: [20, 30] }],
    )
    const errorOf = (id: number) => tenants.find(({ tenant }) => tenant === id)?.error
    assert.equal(errorOf(20)?.code, 'TENANT_UNAVAILABLE')
    assert.deepEqual(
      errorOf(20)?.faults?.map(({ path }) => path),
      ['tenants.name'],
    )
    assert.equal(errorOf(30)?.faults?.[0]?.path, 'gone@v1')
    const [row] = await catalog.select<{ password: string }>('SELECT password FROM tenants WHERE id = 21')
    assert.match(row?.password ?? '', /^m3:/)
  })

  test('a tenant that was done in a run and is reverted since is migrated when the run is taken up', async (t) => {
    const fleet = await FleetRoot.make(t, server, { broken: [40] })
    assert.equal((await fleet.migrateAll()).summary?.state, 'failed')
    const kernel = await fleet.kernel()
    // It has no `down`; a database that is younger than its state in the catalog is no other case.
    const [tenant] = await kernel.engine.catalog.select<{ name: string; user: string; secret: string }>(
      'SELECT name, user, password AS secret FROM tenants WHERE id = 5',
    )
    assert.ok(tenant)
    const database = kernel.engine.tenant(tenant)
    await database.run("DELETE FROM m3saas_migrations WHERE name LIKE 'generated%'")
    await database.close()
    await fleet.lower('broken')
    assert.deepEqual((await fleet.migrateAll()).by.migrated, [5, 40])
  })

  test('the database of a tenant that is removed before its turn does not come to be; one that is added has its turn', async (t) => {
    const fleet = await FleetRoot.make(t, server, { held: [1] })
    await fleet.raise('hold')
    const kernel = await fleet.kernel()
    const { catalog } = kernel.engine
    const all = fleet.migrateAll('--parallel 1')
    await until(
      async () => (await fleet.states(kernel).catch(() => undefined))?.tenants.running === 1,
      'the first tenant is in work',
    )
    const [tenant] = await catalog.select<TenantIdentity & { id: number }>(
      'SELECT id, name, user, password AS secret FROM tenants WHERE id = 30',
    )
    assert.ok(tenant)
    await catalog.run('DELETE FROM subscriptions WHERE tenant_id = 30')
    await catalog.run('DELETE FROM tenants WHERE id = 30')
    const id = await kernel.catalogChanges.add({ name: `${tenant.name}_new`, user: `${tenant.user}n` })
    await fleet.lower('hold')
    const { by, tenants, status } = await all
    assert.deepEqual([status, by], [1, { migrated: [...idsFrom(1).filter((each) => each !== 30), id], failed: [30] }])
    assert.equal(tenants.find((each) => each.tenant === 30)?.error?.code, 'TENANT_UNKNOWN')
    const database = kernel.engine.tenant(tenant)
    t.after(() => database.close())
    await assert.rejects(database.select('SELECT 1'), (error) => kernel.engine.isNotProvisioned(error))
    const next = await fleet.migrateAll()
    assert.deepEqual([next.status, next.summary?.tenants], [0, TENANTS])
  })
}

describe('a migration of all tenants on SQLite', () => suite())
await withMariaDb('a migration of all tenants on MariaDB', suite)
