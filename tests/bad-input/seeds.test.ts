import assert from 'node:assert/strict'
import { symlink } from 'node:fs/promises'
import path from 'node:path'
import { before, describe, test } from 'node:test'
import { pino } from 'pino'
import { loadConfig } from '../../kernel/config/load-config.js'
import { assembleKernel } from '../../kernel/kernel.js'
import { makeAppRoot, moduleSource } from '../modules/app-root.js'
import { databaseOn } from '../support/app.js'
import { callCommand } from '../support/command.js'
import { contentsOf } from '../support/contents.js'
import { type Ending, suiteEnding } from '../support/ending.js'
import { type SharedMariaDb, withMariaDb } from '../support/mariadb.js'
import { type CatalogRows, seedFiles } from '../support/seeds.js'

const tenant = (id: number, name: string, user = `${name}_user`) => ({ id, name, user, password: 'plain' })
const letters = [...'abcdefghij']
const good: CatalogRows = {
  tenants: [tenant(1, 'bad_seeds_one')],
  modules: letters.map((name, i) => ({ id: i + 1, name })),
  modules_dependencies: [],
  subscriptions: [{ id: 1, tenant_id: 1, module_id: 1, version: 1 }],
}
/** The first `length` modules, each of which depends on the next, and the last one on the first. */
const cycle = (length: number): CatalogRows => ({
  modules_dependencies: letters
    .slice(0, length)
    .map((_letter, i) => ({ id: i + 1, module_id: i + 1, dependency_module_id: ((i + 1) % length) + 1, version: 1 })),
})

/** What is wrong with the seeds, and the lines that say so. */
const table: readonly (readonly [string, CatalogRows, readonly string[]])[] = [
  [
    'duplicate ids',
    { tenants: [tenant(1, 'bad_seeds_one'), tenant(1, 'bad_seeds_two')] },
    [
      'seeds/tenants.seed.mjs: cannot be imported: The seeds of tenants are not declared well\n  - tenants.main[1]: has the id of main[0]: 1',
      'seeds/subscriptions.seed.mjs: main[0].tenant_id: there is no tenant with the id 1',
    ],
  ],
  [
    'duplicate names',
    { tenants: [tenant(1, 'bad_seeds_one'), tenant(2, 'Bad_Seeds_One', 'other')] },
    ['seeds/tenants.seed.mjs: main[1].name: has the name of seeds/tenants.seed.mjs: main[0]'],
  ],
  [
    'duplicate users',
    { tenants: [tenant(1, 'bad_seeds_one'), tenant(2, 'bad_seeds_two', 'bad_seeds_one_user')] },
    ['seeds/tenants.seed.mjs: main[1].user: has the user of seeds/tenants.seed.mjs: main[0]'],
  ],
  [
    'a name that is no database identifier',
    { tenants: [tenant(1, 'first tenant', 'other')] },
    [
      'seeds/tenants.seed.mjs: main[0].name: must be a letter, then letters, digits or _, at most 64: it becomes the name of the database',
    ],
  ],
  [
    'the name mysql',
    { tenants: [tenant(1, 'mysql', 'other')] },
    ['seeds/tenants.seed.mjs: main[0].name: mysql is a database of the system or the catalog itself'],
  ],
  [
    'the name ../x',
    { tenants: [tenant(1, '../x', 'x')] },
    [
      'seeds/tenants.seed.mjs: main[0].name: must be a letter, then letters, digits or _, at most 64: it becomes the name of the database',
    ],
  ],
  [
    'a user of 33 characters',
    { tenants: [tenant(1, 'bad_seeds_one', 'u'.repeat(33))] },
    [
      'seeds/tenants.seed.mjs: main[0].user: must be a letter, then letters, digits or _, at most 32: it becomes a database user',
    ],
  ],
  [
    'an id that is no positive integer',
    { tenants: [tenant(0, 'bad_seeds_one')] },
    [
      'seeds/tenants.seed.mjs: main[0].id: must be a positive integer',
      'seeds/subscriptions.seed.mjs: main[0].tenant_id: there is no tenant with the id 1',
    ],
  ],
  [
    'an unknown module id',
    { subscriptions: [{ id: 1, tenant_id: 1, module_id: 99, version: 1 }] },
    ['seeds/subscriptions.seed.mjs: main[0].module_id: there is no module with the id 99'],
  ],
  [
    'an unknown tenant id',
    { subscriptions: [{ id: 1, tenant_id: 99, module_id: 1, version: 1 }] },
    ['seeds/subscriptions.seed.mjs: main[0].tenant_id: there is no tenant with the id 99'],
  ],
  [
    'a version nobody provides',
    { subscriptions: [{ id: 1, tenant_id: 1, module_id: 1, version: 7 }] },
    ['seeds/subscriptions.seed.mjs: main[0].version: no plugin and no package provides a@v7'],
  ],
  [
    'a dependency nobody provides',
    { modules_dependencies: [{ id: 1, module_id: 1, dependency_module_id: 2, version: 9 }] },
    [
      'seeds/modules_dependencies.seed.mjs: main[0].version: no plugin and no package provides b@v9, which a would depend on',
    ],
  ],
  ['a cycle of 1 module', cycle(1), ['seeds/modules_dependencies.seed.mjs: main[0]: would close a cycle: a@v1 → a@v1']],
  [
    'a cycle of 2 modules',
    cycle(2),
    ['seeds/modules_dependencies.seed.mjs: main[0]: would close a cycle: a@v1 → b@v1 → a@v1'],
  ],
  [
    'a cycle of 3 modules',
    cycle(3),
    ['seeds/modules_dependencies.seed.mjs: main[0]: would close a cycle: a@v1 → b@v1 → c@v1 → a@v1'],
  ],
  [
    'a cycle of 10 modules',
    cycle(10),
    [
      'seeds/modules_dependencies.seed.mjs: main[0]: would close a cycle: a@v1 → b@v1 → c@v1 → d@v1 → e@v1 → f@v1 → g@v1 → h@v1 → i@v1 → j@v1 → a@v1',
    ],
  ],
]

const plugins = Object.fromEntries(letters.map((name) => [`plugins/${name}/v1/${name}.module.mjs`, moduleSource(name)]))

/** An app root of the given seeds, its catalog in `database` or, on SQLite, in the `data/` of another app root. */
async function rootOf(t: Ending, rows: CatalogRows, shared: { database?: object | undefined; data?: string }) {
  const config = shared.database ? { dbSalt: 'salt of the tests', tenants: { database: shared.database } } : {}
  const files = { 'config.json': JSON.stringify(config), ...plugins, ...seedFiles({ ...good, ...rows }) }
  const root = await makeAppRoot(t, files)
  if (shared.data !== undefined) await symlink(path.join(shared.data, 'data'), path.join(root, 'data'))
  return root
}

async function catalogOf(root: string): Promise<Record<string, unknown[]>> {
  const kernel = await assembleKernel({ root, config: await loadConfig(root, {}), log: pino({ level: 'silent' }) })
  try {
    return await contentsOf(kernel.engine.catalog, kernel.engine)
  } finally {
    await kernel.close()
  }
}

function suite(server?: SharedMariaDb): void {
  const database = server && databaseOn(server)
  const ending = suiteEnding()
  let home: string
  let contents: Record<string, unknown[]>
  before(async () => {
    home = await rootOf(ending, {}, { database })
    const { status, stderr } = await callCommand(['migrate', 'catalog'], { cwd: home })
    assert.deepEqual([status, stderr], [0, ''])
    contents = await catalogOf(home)
    assert.deepEqual([contents.tenants?.length, contents.modules?.length], [1, 10])
  })

  for (const [behaviour, rows, lines] of table) {
    test(`${behaviour}: refused with each fault, and nothing is written`, async (t) => {
      const heading = 'm3saas: The seeds of the catalog are refused; nothing was written'
      const stderr = `${[heading, ...lines.map((line) => `  - ${line}`)].join('\n')}\n`
      const fresh = await rootOf(t, rows, { database: server && databaseOn(server) })
      assert.deepEqual(await callCommand(['migrate', 'catalog'], { cwd: fresh }), { status: 1, stdout: '', stderr })
      assert.deepEqual(await catalogOf(fresh), {}, 'not even a table')
    })
  }

  test('a catalog that is there keeps every row when new seeds are refused', async (t) => {
    for (const [behaviour, rows] of table) {
      // Rows that are there are left as they are: only what is new can be refused.
      const added = Object.entries(rows).map(([name, list]) => [name, list.map((row, i) => ({ ...row, id: 500 + i }))])
      const root = await rootOf(t, Object.fromEntries(added), { database, ...(server ? {} : { data: home }) })
      const { status } = await callCommand(['migrate', 'catalog'], { cwd: root })
      assert.deepEqual([behaviour, status], [behaviour, 1])
      assert.deepEqual(await catalogOf(root), contents, behaviour)
    }
  })
}

describe('bad seeds on SQLite', () => suite())
await withMariaDb('bad seeds on MariaDB', suite)
