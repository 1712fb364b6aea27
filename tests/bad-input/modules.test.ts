import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { makeAppRoot, moduleSource } from '../modules/app-root.js'
import { type App, startApp } from '../support/app.js'
import { type Call, clientOf } from '../support/client.js'
import { callCommand } from '../support/command.js'
import { contentsOf } from '../support/contents.js'
import { suiteEnding } from '../support/ending.js'
import { seedFiles } from '../support/seeds.js'

const rootFile = (name: string, version: number | string = 1) => `plugins/${name}/v${version}/${name}.module.mjs`
const letters = [...'abcdefghij']

/** Modules that each depend on the next, and the last one on the first: `ring3a`, `ring3b`, `ring3c`. */
function ring(length: number): Record<string, string> {
  const nameOf = (i: number) => `ring${length}${letters[i % length]}`
  return Object.fromEntries(
    Array.from({ length }, (_, i) => [
      rootFile(nameOf(i)),
      moduleSource(nameOf(i), 1, `dependsOn: ['${nameOf(i + 1)}@v1']`),
    ]),
  )
}

const things = (length: number) => `tables: [defineTable('things', { columns: { name: varchar(${length}) } })]`
const wrongFolders = ['1', 'V1', 'v0', 'v01', 'v1.1', 'v1z']

const files: Record<string, string> = {
  'config.json': JSON.stringify({ dbSalt: 'salt of the tests' }),
  ...Object.fromEntries(
    wrongFolders.map((folder) => [`plugins/folders/${folder}/folders.module.mjs`, moduleSource('folders')]),
  ),
  [rootFile('folders', 2)]: moduleSource('folders', 2),
  ...ring(1),
  ...ring(2),
  ...ring(3),
  ...ring(10),
  [rootFile('lonely')]: moduleSource('lonely', 1, `dependsOn: ['gone@v3']`),
  [rootFile('twice')]: moduleSource('twice'),
  'node_modules/twice-package/package.json': JSON.stringify({
    name: 'twice-package',
    m3saas: { module: 'twice', versions: { v1: './v1' } },
  }),
  'node_modules/twice-package/v1/twice.module.mjs': moduleSource('twice'),
  [rootFile('differing', 1)]: moduleSource('differing', 1, things(10)),
  [rootFile('differing', 2)]: moduleSource('differing', 2, things(20)),
  [rootFile('fine')]: moduleSource('fine', 1, `routes(app) { app.get('/', () => 'fine') }`),
  'package.json': JSON.stringify({ name: 'app', type: 'module', dependencies: { 'twice-package': '1.0.0' } }),
}

/** A tenant for each: the module version that breaks it, those it has, and what is said of it. */
const table: readonly (readonly [string, readonly string[], string, string])[] = [
  ['a cycle of 1 module', ['ring1a@v1'], 'ring1a@v1', 'depends on itself: ring1a@v1 → ring1a@v1'],
  ['a cycle of 2 modules', ['ring2a@v1'], 'ring2a@v1', 'depends on itself: ring2a@v1 → ring2b@v1 → ring2a@v1'],
  [
    'a cycle of 3 modules',
    ['ring3b@v1'],
    'ring3a@v1',
    'depends on itself: ring3a@v1 → ring3b@v1 → ring3c@v1 → ring3a@v1',
  ],
  [
    'a cycle of 10 modules',
    ['ring10a@v1'],
    'ring10a@v1',
    `depends on itself: ${[...letters, 'a'].map((letter) => `ring10${letter}@v1`).join(' → ')}`,
  ],
  [
    'a missing dependency',
    ['lonely@v1'],
    'gone@v3',
    'no plugin and no package provides gone@v3, which lonely@v1 depends on',
  ],
  ['a version nobody provides', ['fine@v7'], 'fine@v7', 'no plugin and no package provides fine@v7'],
  ['a version in a folder that is none', ['folders@v1'], 'folders@v1', 'no plugin and no package provides folders@v1'],
  [
    'two sources of one module version',
    ['twice@v1'],
    'twice@v1',
    'twice@v1 is in two places, plugins/twice/v1 and package twice-package (v1): remove one',
  ],
  [
    'two versions that declare one table differently',
    ['differing@v1', 'differing@v2'],
    'differing@v2',
    'differing@v1 and differing@v2 declare the table things differently',
  ],
]
const HEALTHY = 100

describe('modules that cannot be served', () => {
  const ending = suiteEnding()
  let root: string
  let app: App
  let call: Call
  before(async () => {
    const healthy = { id: HEALTHY, name: 'bad_modules_healthy', user: 'bad_modules_healthy', password: 'plain' }
    root = await makeAppRoot(ending, { ...files, ...seedFiles({ tenants: [healthy] }) })
    app = await startApp({ root })
    ending.after(() => app.close())
    call = clientOf(app.url)
    // As by hand: the commands and the seeds would refuse them.
    const { catalog } = app.kernel.engine
    const add = (text: string, ...values: (string | number)[]) => catalog.run(`INSERT INTO ${text}`, values)
    const names = [
      ...new Set(
        table
          .flatMap(([, wanted]) => wanted)
          .concat('fine@v1')
          .map((name) => name.split('@v')[0]),
      ),
    ]
    for (const name of names) await add('modules (name) VALUES (?)', String(name))
    for (const [i, [, wanted]] of [...table.entries(), [HEALTHY - 1, ['', ['fine@v1']]] as const]) {
      const name = `bad_modules_${i}`
      if (i + 1 !== HEALTHY)
        await add('tenants (id, name, user, password) VALUES (?, ?, ?, ?)', i + 1, name, name, 'plain')
      for (const [module, version] of wanted.map((each) => each.split('@v'))) {
        const row = 'subscriptions (tenant_id, module_id, version) SELECT ?, id, ? FROM modules WHERE name = ?'
        await add(row, i + 1, Number(version), String(module))
      }
    }
  })

  for (const [i, [behaviour, wanted, path, message]] of table.entries()) {
    const id = i + 1
    test(`${behaviour}: its tenant answers 503, ops read why, and the others are served`, async () => {
      const answer = await call('GET', `/${id}/${wanted[0]?.replace('@', '/')}/`)
      const { requestId, ...problem } = answer.body as { requestId: string }
      assert.deepEqual(problem, {
        title: 'The tenant cannot be served',
        status: 503,
        detail: 'The tenant cannot be served at the moment; the reason is in the log of the server',
        code: 'TENANT_UNAVAILABLE',
        instance: `/${id}/${wanted[0]?.replace('@', '/')}/`,
      })
      const logged = app.log.find((line) => line.tenant === id && line.msg === 'tenant cannot be served')
      assert.deepEqual(logged?.faults, [{ path, message }])

      const refusal = await call('POST', `/${id}/migrate`, { token: app.token })
      assert.deepEqual([refusal.status, (refusal.body as { errors: object }).errors], [503, [{ path, message }]])
      const report = (await call('GET', '/modules', { token: app.token })).body as { tenants: { tenant: number }[] }
      assert.deepEqual(
        report.tenants.find(({ tenant }) => tenant === id),
        {
          tenant: id,
          code: 'TENANT_UNAVAILABLE',
          message: 'The modules of this tenant cannot be served',
          faults: [{ path, message }],
        },
      )
      assert.deepEqual((await call('GET', `/${HEALTHY}/fine/v1/`)).body, 'fine')
    })

    test(`${behaviour}: no tenant is subscribed to it`, async () => {
      const { engine } = app.kernel
      const subscribe = (name: string) => callCommand(['tenant', 'subscribe', `${HEALTHY}`, name], { cwd: root })
      const undo = () => callCommand(['tenant', 'unsubscribe', `${HEALTHY}`, String(wanted[0])], { cwd: root })
      if (wanted.length > 1) assert.equal((await subscribe(String(wanted[0]))).status, 0)
      const before = await contentsOf(engine.catalog, engine)
      const { status, stdout, stderr } = await subscribe(String(wanted.at(-1)))
      assert.deepEqual([status, stdout], [1, ''])
      assert.equal(
        stderr.slice(stderr.indexOf('m3saas: The')),
        `m3saas: The catalog is left as it is\n  - ${path}: ${message}\n`,
      )
      assert.deepEqual(await contentsOf(engine.catalog, engine), before)
      if (wanted.length > 1) await undo()
    })
  }

  test('folders that are no version folders are reported by name, and never loaded', async () => {
    const rule = 'is not loaded: a version folder is named v and a positive integer without a leading zero, such as v1'
    const faults = wrongFolders.map((folder) => ({ path: `plugins/folders/${folder}`, message: rule }))
    const { status, body } = await call('GET', '/modules', { token: app.token })
    const { versions, faults: reported } = body as { versions: { name: string }[]; faults: object[] }
    assert.deepEqual([status, reported], [200, faults])
    const loaded = versions.map(({ name }) => name).filter((name) => name.startsWith('folders'))
    assert.deepEqual(loaded, ['folders@v2'])

    const { stdout, stderr } = await callCommand(['module', 'list'], { cwd: root })
    const listed = faults.map((fault) => `  - ${fault.path}: ${rule}`)
    assert.ok(stdout.endsWith(`${['not loaded:', ...listed].join('\n')}\n`), stdout)
    for (const { path } of faults) assert.ok(stderr.includes(`m3saas: ${path} ${rule}\n`), stderr)
  })

  test('the graph of all modules names every cycle and gap, and gives status 1', async () => {
    const { status, stdout } = await callCommand(['module', 'graph', '--json'], { cwd: root })
    const { order, faults } = JSON.parse(stdout) as { order: { name: string }[]; faults: { message: string }[] }
    assert.equal(status, 1)
    const served = order.map(({ name }) => name)
    assert.deepEqual(served, ['differing@v1', 'differing@v2', 'fine@v1', 'folders@v2', 'twice@v1'])
    const said = faults.map((fault) => fault.message)
    for (const [behaviour, , , message] of table.slice(0, 5)) assert.ok(said.includes(message), behaviour)
  })
})
