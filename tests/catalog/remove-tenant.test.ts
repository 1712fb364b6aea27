import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addTenant } from '../../kernel/catalog/changes.js'
import { FleetState } from '../../kernel/catalog/fleet-state.js'
import { readTenant, signatures } from '../../kernel/catalog/read.js'
import { removeTenant } from '../../kernel/catalog/remove-tenant.js'
import { type CatalogSeeds, loadCatalogSeeds } from '../../kernel/catalog/seeds.js'
import { makeAppRoot } from '../modules/app-root.js'
import { type CatalogRows, seedFiles } from '../support/seeds.js'
import { fill, insert, onEachEngine, rules } from './catalog-fixture.js'

const NO_SEEDS: CatalogSeeds = { seeds: [], faults: [] }

await onEachEngine((makeCatalog) => {
  test('a tenant goes with its subscriptions, and no other row', async (t) => {
    const catalog = await makeCatalog(t)
    await fill(catalog)
    await insert(catalog, 'subscriptions', { tenant_id: 2, module_id: 1, version: 2 })
    assert.deepEqual(await removeTenant(catalog, 1, NO_SEEDS), { name: 'first_tenant', user: 'first_user' })
    assert.equal(await readTenant(catalog, 1, rules), undefined)
    assert.deepEqual([...(await signatures(catalog, [1, 2])).keys()], [2])
    const rows = await catalog.select<{ tenant_id: number }>('SELECT tenant_id FROM subscriptions')
    assert.deepEqual(
      rows.map((row) => row.tenant_id),
      [2],
    )
    assert.equal((await catalog.select('SELECT id FROM modules')).length, 3)
    await assert.rejects(removeTenant(catalog, 1, NO_SEEDS), {
      code: 'TENANT_UNKNOWN',
      message: 'There is no tenant 1',
    })
    // Its name is free again, its id is not given to another by itself.
    assert.equal(await addTenant(catalog, { name: 'first_tenant', user: 'first_user', password: 'p' }, rules), 3)
  })

  test('what a migration of all tenants noted of it is forgotten', async (t) => {
    const catalog = await makeCatalog(t)
    await fill(catalog)
    const known = async () => catalog.session(async (session) => (await FleetState.open(session, false)).known([1, 2]))
    await catalog.session(async (session) => {
      const state = await FleetState.open(session, false)
      await state.write({ tenant: 2, state: 'done', fingerprint: 'f', ms: 1 })
    })
    assert.equal((await known()).get(2)?.state, 'done')
    await removeTenant(catalog, 2, NO_SEEDS)
    await addTenant(catalog, { id: 2, name: 'other', user: 'other', password: 'p' }, rules)
    assert.equal((await known()).get(2)?.state, 'pending')
  })

  test('of many who remove a tenant at once, one has done it', async (t) => {
    const catalog = await makeCatalog(t)
    await fill(catalog)
    const results = await Promise.allSettled(Array.from({ length: 4 }, () => removeTenant(catalog, 1, NO_SEEDS)))
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
    for (const result of results) if (result.status === 'rejected') assert.equal(result.reason.code, 'TENANT_UNKNOWN')
  })

  test('what main seeds would bring back, or refer to in vain, is refused with the file to change', async (t) => {
    const catalog = await makeCatalog(t)
    await fill(catalog)
    const seedsOf = async (rows: CatalogRows) => loadCatalogSeeds(await makeAppRoot(t, seedFiles(rows)))
    const tenant = { id: 1, name: 'first_tenant', user: 'first_user', password: 'p' }
    const subscription = { id: 1, tenant_id: 1, module_id: 1, version: 2 }
    const seeds = await seedsOf({ tenants: [tenant], subscriptions: [subscription] })
    await assert.rejects(removeTenant(catalog, 1, seeds), {
      code: 'CATALOG_REFUSED',
      faults: [
        {
          path: 'seeds/tenants.seed.mjs',
          message: 'has the tenant 1 as a main seed, which would bring it back: remove it there first',
        },
        {
          path: 'seeds/subscriptions.seed.mjs',
          message: 'subscribes the tenant 1 by main seeds: remove them there first',
        },
      ],
    })
    assert.ok(await readTenant(catalog, 1, rules))
    assert.deepEqual(await removeTenant(catalog, 2, seeds), { name: 'second_tenant', user: 'second_user' })
    const broken = { seeds: [], faults: [{ path: 'seeds/tenants.seed.ts', message: 'is not compiled' }] }
    await assert.rejects(removeTenant(catalog, 1, broken), { code: 'CATALOG_REFUSED', faults: broken.faults })
  })

  test('no tenant has the first level of a topic that all share as its name', async (t) => {
    const catalog = await makeCatalog(t)
    const message = (name: string) =>
      `${name} is the first level of one of mqtt.sharedTopics, which belong to all tenants`
    for (const name of ['news', 'weather']) {
      await assert.rejects(addTenant(catalog, { name, user: 'u', password: 'p' }, rules), {
        code: 'CATALOG_REFUSED',
        faults: [{ path: 'tenant.name', message: message(name) }],
      })
    }
    await addTenant(catalog, { name: 'now', user: 'now', password: 'p' }, rules)
    await insert(catalog, 'tenants', { id: 9, name: 'news', user: 'u', password: 'p' })
    await assert.rejects(readTenant(catalog, 9, rules), {
      code: 'TENANT_UNAVAILABLE',
      faults: [{ path: 'tenants.name', message: message('news') }],
    })
  })
})
