import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { addTenant, subscribe, unsubscribe } from '../../kernel/catalog/changes.js'
import { readHeld } from '../../kernel/catalog/held.js'
import { NOTHING_PLANNED } from '../../kernel/catalog/planned.js'
import { readTenant } from '../../kernel/catalog/read.js'
import { storedSecret } from '../../kernel/catalog/secrets.js'
import type { Database } from '../../kernel/engines/contract.js'
import { discover } from '../../kernel/modules/discover.js'
import { ModuleStore } from '../../kernel/modules/load.js'
import { makeAppRoot, moduleSource } from '../modules/app-root.js'
import { fill, insert, onEachEngine, rules } from './catalog-fixture.js'

/** Everything the catalog holds, as a text. */
async function contents(catalog: Database): Promise<string> {
  const tables = ['tenants', 'modules', 'modules_dependencies', 'subscriptions']
  return JSON.stringify(await Promise.all(tables.map((table) => catalog.select(`SELECT * FROM ${table} ORDER BY id`))))
}

const modulesOf = async (t: Parameters<typeof makeAppRoot>[0]) => {
  const files = {
    'test@v1': '',
    'notes@v1': '',
    'users@v1': '',
    'weather@v1': `dependsOn: ['users@v1']`,
    'lost@v1': `dependsOn: ['gone@v1']`,
    'broken@v1': 'routes: 5',
    'clash@v1': `tables: [defineTable('things', { columns: { name: varchar(5) } })]`,
    'other@v1': `tables: [defineTable('things', { columns: { name: varchar(6) } })]`,
    'loop@v1': `dependsOn: ['round@v1']`,
    'round@v1': `dependsOn: ['loop@v1']`,
  }
  const roots = Object.entries(files).map(([name, more]) => {
    const module = name.slice(0, -3)
    return [`plugins/${module}/v1/${module}.module.mjs`, moduleSource(module, 1, more)]
  })
  return new ModuleStore(await discover(await makeAppRoot(t, Object.fromEntries(roots))))
}

const v1 = (name: string) => ({ name, version: 1 })

await onEachEngine((makeCatalog) => {
  describe('adding a tenant', () => {
    const input = { name: 'third_tenant', user: 'third_user', password: 'plain' }

    test('it gets the next id, the defaults and a stored password, and is nobody’s seed', async (t) => {
      const catalog = await makeCatalog(t)
      await fill(catalog)
      assert.equal(await addTenant(catalog, input, rules), 3)
      const [row] = await catalog.select('SELECT * FROM tenants WHERE id = 3')
      assert.deepEqual(
        { ...row },
        {
          id: 3,
          name: 'third_tenant',
          user: 'third_user',
          password: storedSecret('salt', 'third_user', 'plain'),
          per_day_backups: 1,
          max_backups: 10,
          suspended: 0,
          generation: 0,
          main_seed: null,
        },
      )
      assert.equal(await addTenant(catalog, { ...input, id: 70, name: 'x', user: 'x', maxBackups: -1 }, rules), 70)
      assert.equal((await readTenant(catalog, 70, rules))?.maxBackups, -1)
    })

    test('what is wrong is said in one list, and nothing is written', async (t) => {
      const catalog = await makeCatalog(t)
      await fill(catalog)
      const before = await contents(catalog)
      await assert.rejects(
        addTenant(catalog, { id: 2, name: 'First_Tenant', user: 'second_user', password: '' }, rules),
        {
          code: 'CATALOG_REFUSED',
          faults: [
            { path: 'tenant.id', message: 'the tenant 2 is there already' },
            { path: 'tenant.password', message: 'must be a text that is not empty' },
          ],
        },
      )
      await assert.rejects(addTenant(catalog, { name: 'First_Tenant', user: 'SECOND_user', password: 'p' }, rules), {
        faults: [
          { path: 'tenant.name', message: 'has the name of the row with the id 1 in the catalog' },
          { path: 'tenant.user', message: 'has the user of the row with the id 2 in the catalog' },
        ],
      })
      assert.equal(await contents(catalog), before)
    })

    test('of two that add the same one at once, one is told so', async (t) => {
      const catalog = await makeCatalog(t)
      const results = await Promise.allSettled([addTenant(catalog, input, rules), addTenant(catalog, input, rules)])
      assert.deepEqual(results.map((result) => result.status).sort(), ['fulfilled', 'rejected'])
      const refused = results.find((result) => result.status === 'rejected')
      assert.equal(refused?.reason.code, 'CATALOG_REFUSED')
      assert.equal((await catalog.select('SELECT id FROM tenants')).length, 1)
    })
  })

  describe('subscribing', () => {
    test('a module that the catalog does not know gets its row, and a second time changes nothing', async (t) => {
      const catalog = await makeCatalog(t)
      await fill(catalog)
      const modules = await modulesOf(t)
      assert.equal(await subscribe(catalog, 2, v1('weather'), modules), true)
      const after = await contents(catalog)
      assert.equal(await subscribe(catalog, 2, v1('weather'), modules), false)
      assert.equal(await contents(catalog), after)
      assert.deepEqual((await readTenant(catalog, 2, rules))?.subscriptions, ['weather@v1'])
      const own = await catalog.select("SELECT main_seed FROM modules WHERE name = 'weather'")
      assert.deepEqual({ ...own[0] }, { main_seed: null })
    })

    const cases: [string, number, string, { path: string; message: string }[]][] = [
      ['no such tenant', 9, 'test', [{ path: 'tenant', message: 'there is no tenant with the id 9' }]],
      [
        'no such tenant and no such module',
        9,
        'nothing',
        [
          { path: 'tenant', message: 'there is no tenant with the id 9' },
          { path: 'nothing@v1', message: 'no plugin and no package provides nothing@v1' },
        ],
      ],
      [
        'a dependency that is missing',
        1,
        'lost',
        [{ path: 'gone@v1', message: 'no plugin and no package provides gone@v1, which lost@v1 depends on' }],
      ],
      [
        'a module that does not load',
        1,
        'broken',
        [
          {
            path: 'broken@v1',
            message:
              'plugins/broken/v1: cannot be imported: The module broken@v1 is not declared well\n  - routes: must be a function',
          },
        ],
      ],
      ['a cycle', 1, 'loop', [{ path: 'loop@v1', message: 'depends on itself: loop@v1 → round@v1 → loop@v1' }]],
    ]
    for (const [behaviour, tenant, module, faults] of cases) {
      test(`${behaviour}: refused, nothing written`, async (t) => {
        const catalog = await makeCatalog(t)
        await fill(catalog)
        const before = await contents(catalog)
        const modules = await modulesOf(t)
        await assert.rejects(subscribe(catalog, tenant, v1(module), modules), { code: 'CATALOG_REFUSED', faults })
        assert.equal(await contents(catalog), before)
      })
    }

    test('a table that clashes with one of another subscription: refused, and both are named', async (t) => {
      const catalog = await makeCatalog(t)
      await fill(catalog)
      const modules = await modulesOf(t)
      await insert(catalog, 'modules', { id: 4, name: 'gone' })
      await insert(catalog, 'subscriptions', { tenant_id: 2, module_id: 4, version: 1 })
      // What is missing already is no fault of a change; it is no shelter for one either.
      assert.equal(await subscribe(catalog, 2, v1('weather'), modules), true)
      assert.equal(await unsubscribe(catalog, 2, v1('gone')), true)
      assert.equal(await subscribe(catalog, 2, v1('clash'), modules), true)
      const message = 'clash@v1 and other@v1 declare the table things differently'
      await assert.rejects(subscribe(catalog, 2, v1('other'), modules), {
        code: 'CATALOG_REFUSED',
        faults: [{ path: 'other@v1', message }],
      })
    })

    test('ending a subscription works once, whether its module is provided or not', async (t) => {
      const catalog = await makeCatalog(t)
      await fill(catalog)
      assert.equal(await unsubscribe(catalog, 1, { name: 'test', version: 2 }), true)
      assert.equal(await unsubscribe(catalog, 1, { name: 'test', version: 2 }), false)
      assert.equal(await unsubscribe(catalog, 1, v1('unheard')), false)
      assert.deepEqual((await readTenant(catalog, 1, rules))?.subscriptions, ['notes@v1'])
      await assert.rejects(unsubscribe(catalog, 9, v1('notes')), { code: 'CATALOG_REFUSED' })
    })
  })

  test('validating a few rows reads a few rows, however many tenants there are', async (t) => {
    const catalog = await makeCatalog(t)
    await catalog.transaction(async () => {
      for (let id = 1; id <= 3000; id++) {
        await insert(catalog, 'tenants', { id, name: `Tenant_${id}`, user: `User_${id}`, password: 'p' })
      }
    })
    const row = (id: number, name: string, user: string) => ({ path: '', row: { id, name, user }, forced: false })
    const held = await readHeld(catalog, {
      ...NOTHING_PLANNED,
      tenants: [row(5, 'tenant_6', 'x'), row(4000, 'tenant_7', 'USER_8')],
      subscriptions: [{ path: '', row: { id: 1, tenant_id: 9, module_id: 1 }, forced: false }],
    })
    assert.deepEqual(held.tenants.map(({ id }) => id).sort(), [5, 7, 8, 9])
  })
})
