import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { makeAppRoot, moduleSource } from '../modules/app-root.js'
import { type App, startApp } from '../support/app.js'
import { type Call, clientOf } from '../support/client.js'
import { callCommand } from '../support/command.js'
import { suiteEnding } from '../support/ending.js'
import { seedFiles } from '../support/seeds.js'

const LIMIT = 1
const head = `import { defineCronjobs } from 'm3saas'\n`

/** The cron file of each module, and what is told of it: job (or none), reason. */
const modules: Readonly<Record<string, readonly [string, readonly (readonly [string, string])[]]>> = {
  sound: [`${head}export default defineCronjobs({ purge: { run() {} } })`, []],
  partly: [
    `${head}export default defineCronjobs({ purge: { repeat: 'month', day: 32, run() {} }, count: { run() {} } })`,
    [['purge', 'day must be a whole number from 1 to 31']],
  ],
  throwing: ["throw new Error('no good')", [['', 'throwing.cron.mjs cannot be imported: no good']]],
  hanging: [
    'await new Promise(() => setInterval(() => {}, 1000).unref())',
    [['', `hanging.cron.mjs cannot be imported: its top level does not end within ${LIMIT} s`]],
  ],
  empty: ['', [['', 'empty.cron.mjs exports no jobs: export one value made by defineCronjobs']]],
}

describe('cron files at fault, each in a module that a tenant needs', () => {
  const ending = suiteEnding()
  const names = Object.keys(modules)
  let app: App
  let call: Call
  before(async () => {
    const root = await makeAppRoot(ending, {
      ...Object.fromEntries(
        names.flatMap((name) => [
          [
            `plugins/${name}/v1/${name}.module.mjs`,
            moduleSource(name, 1, "routes(app) { app.get('/', () => 'well') }"),
          ],
          [`plugins/${name}/v1/${name}.cron.mjs`, modules[name]?.[0] ?? ''],
        ]),
      ),
      'config.json': JSON.stringify({ limits: { moduleSeconds: LIMIT } }),
      ...seedFiles({
        tenants: [{ id: 1, name: 'cron_files', user: 'cron_files', password: 'plain' }],
        modules: names.map((name, i) => ({ id: i + 1, name })),
        subscriptions: names.map((_name, i) => ({ id: i + 1, tenant_id: 1, module_id: i + 1, version: 1 })),
      }),
    })
    app = await startApp({ root, config: { limits: { moduleSeconds: LIMIT } } })
    call = clientOf(app.url)
  })
  after(() => app?.close())

  for (const name of names) {
    test(`${name}: the routes of its module answer`, async () => {
      assert.deepEqual((await call('GET', `/1/${name}/v1`)).body, 'well')
    })
  }

  test('GET /modules tells each fault by module, job and reason', async () => {
    const { versions, tenants } = (await call('GET', '/modules', { token: app.token })).body as Report
    assert.deepEqual(tenants, [])
    for (const [name, [, faults]] of Object.entries(modules)) {
      const version = versions.find((each) => each.name === `${name}@v1`)
      assert.equal(version?.state, 'loaded')
      assert.deepEqual(
        version.cronFaults,
        faults.length === 0 ? undefined : faults.map(([path, message]) => ({ path, message })),
      )
    }
  })

  test('each fault is logged once, as an error', () => {
    const logged = app.log
      .filter(({ level, module }) => level === 50 && module !== undefined)
      .map(({ module, job = '', reason, msg }) => ({ module, job, reason, msg }))
    const expected = Object.entries(modules).flatMap(([name, [, faults]]) =>
      faults.map(([job, reason]) => ({
        module: `${name}@v1`,
        job,
        reason,
        msg: job
          ? `the cron job ${job} of ${name}@v1 is left out: ${reason}`
          : `${name}@v1 has no cron jobs: ${reason}`,
      })),
    )
    const byModule = (a: { module?: unknown }, b: { module?: unknown }) =>
      String(a.module).localeCompare(String(b.module))
    assert.deepEqual(logged.sort(byModule), expected.sort(byModule))
  })

  test('m3saas module list tells them to a person', async () => {
    const { status, stdout } = await callCommand(['module', 'list'], { cwd: app.root })
    assert.equal(status, 0)
    const faults = Object.entries(modules)
      .flatMap(([name, [, list]]) => list.map(([job, reason]) => `  - ${name}@v1${job && `/${job}`}: ${reason}`))
      .sort()
    assert.ok(stdout.endsWith(`\ncron jobs left out:\n${faults.join('\n')}\n`), stdout)
    const asJson = await callCommand(['module', 'list', '--json'], { cwd: app.root })
    const { versions } = JSON.parse(asJson.stdout) as Report
    assert.equal(versions.filter(({ cronFaults }) => cronFaults).length, 4)
  })
})

interface Report {
  readonly versions: { name: string; state: string; cronFaults?: { path: string; message: string }[] }[]
  readonly tenants: unknown[]
}
