import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { M3Error } from '../../kernel/errors.js'
import { discover } from '../../kernel/modules/discover.js'
import type { CatalogDependencies } from '../../kernel/modules/graph.js'
import { ModuleStore } from '../../kernel/modules/load.js'
import type { ModuleVersionName } from '../../kernel/names.js'
import { makeAppRoot, moduleSource } from './app-root.js'

/** A store of modules by name and root file; each is version 1 unless its name says otherwise. */
async function makeStore(t: TestContext, modules: Readonly<Record<string, string>>): Promise<ModuleStore> {
  const files = Object.entries(modules).map(([name, source]) => {
    const [module, version = 'v1'] = name.split('@')
    return [`plugins/${module}/${version}/${module}.module.mjs`, source]
  })
  return new ModuleStore(await discover(await makeAppRoot(t, Object.fromEntries(files))), { importSeconds: 0.5 })
}

async function faultsOf(
  store: ModuleStore,
  wanted: ModuleVersionName[],
  rows: CatalogDependencies = new Map(),
): Promise<string[]> {
  try {
    await store.closure(wanted, rows)
    return []
  } catch (error) {
    assert.ok(error instanceof M3Error)
    assert.equal(error.code, 'TENANT_UNAVAILABLE')
    assert.equal(error.message, 'The modules of this tenant cannot be served')
    return error.faults.map(({ path, message }) => `${path}: ${message}`)
  }
}

const name = (module: { name: string; version: number }) => `${module.name}@v${module.version}`

test('a module is imported once, however many ask for it at once', async (t) => {
  const store = await makeStore(t, {
    a: `globalThis.__imports = (globalThis.__imports ?? 0) + 1\n${moduleSource('a')}`,
  })
  const loaded = await Promise.all(Array.from({ length: 20 }, () => store.load('a@v1')))
  assert.equal(new Set(loaded).size, 1)
  assert.equal((globalThis as { __imports?: number }).__imports, 1)
})

describe('the one module that a root file exports is taken', () => {
  const make = (version: number) => `defineModule({ name: 'a', version: ${version} })`
  const head = `import { defineModule, defineTable, varchar } from 'm3saas'\n`
  for (const [behaviour, source] of [
    ['as the default', `${head}export default ${make(1)}`],
    ['under two names', `${head}const it = ${make(1)}\nexport { it as one, it as default }`],
    ['among other exports', `${head}export const x = 1, f = null, m = ${make(1)}`],
  ] as const) {
    test(behaviour, async (t) => assert.equal(name(await (await makeStore(t, { a: source })).load('a@v1')), 'a@v1'))
  }

  const broken: [string, string, RegExp][] = [
    ['none', 'export const a = { name: "a", version: 1 }', /: its root file exports no module: export one made by/],
    ['two', `${head}export const x = ${make(1)}, y = ${make(2)}`, /exports several modules, a@v1, a@v2: export one/],
    ['another version', `${head}export const x = ${make(2)}`, /: it calls itself a@v2, but its folder makes it a@v1/],
    ['an error', 'throw new Error("no luck")', /: cannot be imported: no luck/],
    ['no error but an object', 'throw Object.create(null)', /: cannot be imported: \[Object: null prototype\] \{\}/],
    ['undefined', 'throw undefined', /: cannot be imported: undefined/],
    ['what is no JavaScript', 'export const = 1', /: cannot be imported: Unexpected token/],
    ['a missing import', 'import "./gone.mjs"', /: cannot be imported: Cannot find module/],
    ['no end', 'await new Promise(() => {})', /: cannot be imported: its top level does not end within 0\.5 s/],
    ['an endless then', 'export function then() {}', /: cannot be imported: its top level does not end/],
    [
      'a declaration that is wrong',
      `${head}export const x = defineModule({ name: 'a', version: 1, rutes() {} })`,
      /: cannot be imported: The module a@v1 is not declared well\n {2}- rutes: is not known/,
    ],
  ]
  for (const [behaviour, source, reason] of broken) {
    test(`${behaviour}: the version is unavailable with the reason, the others load`, async (t) => {
      const store = await makeStore(t, { a: source, b: moduleSource('b') })
      await assert.rejects(store.load('a@v1'), { name: 'M3Error', code: 'MODULE_INVALID', message: reason })
      await assert.rejects(store.load('a@v1'), reason)
      assert.equal(name(await store.load('b@v1')), 'b@v1')
      const [a, b] = store.status()
      assert.equal(a?.state, 'unavailable')
      assert.match(a?.reason ?? '', reason)
      assert.deepEqual(b, { name: 'b@v1', origin: 'plugins/b/v1', state: 'loaded' })
    })
  }
})

test('a module that took too long is there as soon as its import has ended', async (t) => {
  const shared = globalThis as { __late?: Promise<void>; __lateImports?: number }
  let open = () => {}
  shared.__late = new Promise((resolve) => {
    open = resolve
  })
  const count = 'globalThis.__lateImports = (globalThis.__lateImports ?? 0) + 1'
  const store = await makeStore(t, { a: `${count}\nawait globalThis.__late\n${moduleSource('a')}` })
  const both = await Promise.allSettled([store.load('a@v1'), store.load('a@v1')])
  for (const { status } of both) assert.equal(status, 'rejected')
  assert.equal(store.status()[0]?.state, 'unavailable')
  const waiting = store.load('a@v1')
  open()
  assert.equal(name(await waiting), 'a@v1')
  assert.deepEqual(store.status(), [{ name: 'a@v1', origin: 'plugins/a/v1', state: 'loaded' }])
  assert.equal(shared.__lateImports, 1)
})

test('a closure unites the rows of the catalog with what modules declare, dependencies first', async (t) => {
  const store = await makeStore(t, {
    shop: moduleSource('shop', 1, `dependsOn: ['cart@v2']`),
    'cart@v2': moduleSource('cart', 2, `dependsOn: ['users@v1']`),
    users: moduleSource('users'),
    log: moduleSource('log'),
    unused: 'throw new Error("never imported")',
  })
  const { modules, dependencies } = await store.closure(['shop@v1'], new Map([['users', ['log@v1']]]))
  assert.deepEqual(modules.map(name), ['log@v1', 'users@v1', 'cart@v2', 'shop@v1'])
  assert.deepEqual(dependencies.get('cart@v2'), new Set(['users@v1']))
  assert.deepEqual(dependencies.get('users@v1'), new Set(['log@v1']))
  assert.equal(store.status().find((each) => each.name === 'unused@v1')?.state, 'provided')
})

describe('a closure that cannot be served says why', () => {
  test('a cycle of the catalog is found before any module of it is imported', async (t) => {
    const store = await makeStore(t, { a: 'throw 1', b: 'throw 2', c: 'throw 3' })
    const rows = new Map([
      ['a', ['b@v1' as const]],
      ['b', ['c@v1' as const]],
      ['c', ['a@v1' as const]],
    ])
    assert.deepEqual(await faultsOf(store, ['b@v1'], rows), ['a@v1: depends on itself: a@v1 → b@v1 → c@v1 → a@v1'])
    assert.ok(store.status().every(({ state }) => state === 'provided'))
  })

  test('a cycle that only a declaration closes is found too', async (t) => {
    const store = await makeStore(t, { a: moduleSource('a', 1, `dependsOn: ['b@v1']`), b: moduleSource('b') })
    const faults = await faultsOf(store, ['a@v1'], new Map([['b', ['a@v1']]]))
    assert.deepEqual(faults, ['a@v1: depends on itself: a@v1 → b@v1 → a@v1'])
  })

  test('a missing dependency names who needs it', async (t) => {
    const store = await makeStore(t, { a: moduleSource('a', 1, `dependsOn: ['b@v3']`), 'b@v1': moduleSource('b') })
    const gone = 'no plugin and no package provides'
    assert.deepEqual(await faultsOf(store, ['a@v1']), [`b@v3: ${gone} b@v3, which a@v1 depends on`])
    assert.deepEqual(await faultsOf(store, ['x@v1']), [`x@v1: ${gone} x@v1`])
  })

  test('each broken module of it is named, and tenants without them are served', async (t) => {
    const store = await makeStore(t, {
      a: moduleSource('a', 1, `dependsOn: ['b@v1', 'c@v1', 'd@v1']`),
      b: 'throw new Error("out of order")',
      c: 'throw "just a text"',
      d: moduleSource('d'),
    })
    assert.deepEqual(await faultsOf(store, ['a@v1']), [
      'b@v1: plugins/b/v1: cannot be imported: out of order',
      'c@v1: plugins/c/v1: cannot be imported: just a text',
    ])
    assert.deepEqual(await faultsOf(store, ['d@v1']), [])
  })

  test('two versions that declare one table differently are both named', async (t) => {
    const tables = (length: number) => `tables: [defineTable('animals', { columns: { name: varchar(${length}) } })]`
    const store = await makeStore(t, {
      test: moduleSource('test', 1, tables(50)),
      'test@v2': moduleSource('test', 2, tables(80)),
      'test@v3': moduleSource('test', 3, tables(50)),
    })
    assert.deepEqual(await faultsOf(store, ['test@v1', 'test@v2']), [
      'test@v2: test@v1 and test@v2 declare the table animals differently',
    ])
    assert.deepEqual(await faultsOf(store, ['test@v1', 'test@v3']), [])
  })

  test('seeds for a table that is not within reach are refused', async (t) => {
    const seeds = `seeds: [defineSeed(defineTable('users', { columns: { name: varchar(9) } }), {})]`
    const store = await makeStore(t, { a: moduleSource('a', 1, seeds) })
    assert.deepEqual(await faultsOf(store, ['a@v1']), [
      'a@v1: its seeds are for users, which neither the module nor one it depends on declares',
    ])
  })
})

test('what a closure would be refused for can be asked: gaps and broken modules alike', async (t) => {
  const store = await makeStore(t, { a: moduleSource('a', 1, `dependsOn: ['b@v1', 'gone@v1']`), b: 'throw 1' })
  const pathsOf = async (name: ModuleVersionName) =>
    (await store.closureFaults([name], new Map())).map(({ path }) => path)
  assert.deepEqual(await pathsOf('a@v1'), ['gone@v1'])
  assert.deepEqual(await pathsOf('b@v1'), ['b@v1'])
})

test('the graph of all modules shows what can be served in its order, and what is wrong with the rest', async (t) => {
  const store = await makeStore(t, {
    a: moduleSource('a', 1, `dependsOn: ['b@v1']`),
    b: moduleSource('b'),
    c: moduleSource('c', 1, `dependsOn: ['d@v1']`),
    d: moduleSource('d'),
    e: 'throw new Error("out of order")',
    f: 'throw new Error("never imported: its graph is unsound")',
  })
  const rows = new Map<string, ModuleVersionName[]>([
    ['d', ['c@v1']],
    ['f', ['f@v1']],
  ])
  const { order, faults } = await store.graph(rows)
  assert.deepEqual(order, [
    { name: 'b@v1', dependsOn: [] },
    { name: 'a@v1', dependsOn: ['b@v1'] },
    { name: 'e@v1', dependsOn: [] },
  ])
  assert.deepEqual(
    faults.map(({ message }) => message),
    [
      'depends on itself: c@v1 → d@v1 → c@v1',
      'depends on itself: f@v1 → f@v1',
      'plugins/e/v1: cannot be imported: out of order',
    ],
  )
})
