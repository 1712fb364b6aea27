import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plannedRows } from '../../kernel/catalog/planned.js'
import { storedSecret } from '../../kernel/catalog/secrets.js'
import { type CatalogSeeds, loadCatalogSeeds, withStoredSecrets } from '../../kernel/catalog/seeds.js'
import { makeAppRoot } from '../modules/app-root.js'
import { rules } from './catalog-fixture.js'

const seed = (table: string, declaration: string) =>
  `import { defineSeed, ${table} } from 'm3saas'\nexport default defineSeed(${table}, ${declaration})\n`

function lines({ faults }: CatalogSeeds): string[] {
  return faults.map(({ path, message }) => `${path} ${message}`)
}

test('an app root without seeds has none, and so has one with an empty folder', async (t) => {
  const nothing = { seeds: [], faults: [] }
  assert.deepEqual(await loadCatalogSeeds(await makeAppRoot(t)), nothing)
  assert.deepEqual(await loadCatalogSeeds(await makeAppRoot(t, { 'seeds/README.md': '' })), nothing)
})

test('seeds are loaded in the order in which tables are filled, TypeScript from its compiled twin', async (t) => {
  const root = await makeAppRoot(t, {
    'seeds/subscriptions.seed.mjs': seed('subscriptions', '{ main: [{ id: 1, tenant_id: 1, module_id: 1 }] }'),
    'seeds/modules.seed.mjs': seed('modules', "{ main: [{ id: 1, name: 'test' }] }").replace('default', 'const x ='),
    'seeds/tenants.seed.ts': 'not read',
    'dist/seeds/tenants.seed.js': seed('tenants', "{ main: [{ id: 1, name: 'a', user: 'a', password: 'p' }] }"),
    'package.json': '{ "type": "module" }',
  })
  const loaded = await loadCatalogSeeds(root)
  assert.deepEqual(lines(loaded), [])
  assert.deepEqual(
    loaded.seeds.map(({ place, definition }) => [place, definition.table.name]),
    [
      ['seeds/tenants.seed.ts', 'tenants'],
      ['seeds/modules.seed.mjs', 'modules'],
      ['seeds/subscriptions.seed.mjs', 'subscriptions'],
    ],
  )
})

test('every file that is no seed, or is wrong, is named with the reason', async (t) => {
  const root = await makeAppRoot(t, {
    'seeds/tenant.seed.ts': '',
    'seeds/modules.seed.cjs': '',
    'seeds/tenants.seed.mjs': seed('modules', '{}'),
    'seeds/modules.seed.ts': '',
    'seeds/modules_dependencies.seed.mjs': 'export const x = 1',
    'seeds/subscriptions.seed.mjs': seed('subscriptions', '{ main: [{ tenant_id: 1, module_id: 1 }] }'),
    'seeds/tenants.seed.d.ts': '',
  })
  const known =
    'known are tenants.seed, modules.seed, modules_dependencies.seed, subscriptions.seed, as .ts, .js or .mjs'
  const loaded = await loadCatalogSeeds(root)
  assert.deepEqual(lines(loaded), [
    `seeds/modules.seed.cjs is not read: ${known}`,
    `seeds/tenant.seed.ts is not read: ${known}`,
    'seeds/tenants.seed.mjs must seed the table tenants, imported from m3saas',
    "seeds/modules.seed.ts is not compiled: run the project's build",
    'seeds/modules_dependencies.seed.mjs exports no seeds: export default defineSeed(…)',
    'seeds/subscriptions.seed.mjs cannot be imported: The seeds of subscriptions are not declared well\n' +
      '  - subscriptions.main[0]: a main seed names its id',
  ])
  assert.deepEqual(loaded.seeds, [])
})

test('two files of one table are named, and neither is taken', async (t) => {
  const root = await makeAppRoot(t, { 'seeds/tenants.seed.js': '', 'seeds/tenants.seed.ts': '' })
  const loaded = await loadCatalogSeeds(root)
  assert.deepEqual(lines(loaded), ['seeds holds tenants.seed.js and tenants.seed.ts: keep one'])
  assert.deepEqual(loaded.seeds, [])
})

test('seeds are written with the stored form of each password, and otherwise as they are', async (t) => {
  const rows = (id: string) => `[{ ${id} name: 'a', user: 'u', password: 'plain' }]`
  const source = seed('tenants', `{ main: ${rows('id: 1, forced: true,')}, temporary: ${rows('')} }`)
  const loaded = await loadCatalogSeeds(await makeAppRoot(t, { 'seeds/tenants.seed.mjs': source }))
  const hidden = withStoredSecrets(loaded, rules)
  const row = { name: 'a', user: 'u', password: storedSecret('salt', 'u', 'plain') }
  assert.deepEqual(hidden.seeds[0]?.definition.main, [{ row: { id: 1, ...row }, forced: true }])
  assert.deepEqual(hidden.seeds[0]?.definition.temporary, [row])
  assert.deepEqual(withStoredSecrets(hidden, rules), hidden)
})

test('the rows of seeds are planned with their places, temporary ones only when asked for', async (t) => {
  const rows = "{ main: [{ id: 1, name: 'a' }, { id: 2, name: 'b', forced: true }], temporary: [{ name: 'c' }] }"
  const loaded = await loadCatalogSeeds(await makeAppRoot(t, { 'seeds/modules.seed.mjs': seed('modules', rows) }))
  const show = (options: { force?: boolean; temporary?: boolean }) =>
    plannedRows(loaded, options).modules.map(({ path, forced }) => [path, forced])
  const place = 'seeds/modules.seed.mjs'
  assert.deepEqual(show({}), [
    [`${place}: main[0]`, false],
    [`${place}: main[1]`, true],
  ])
  assert.deepEqual(show({ force: true, temporary: true }), [
    [`${place}: main[0]`, true],
    [`${place}: main[1]`, true],
    [`${place}: temporary[0]`, false],
  ])
})
