import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { discover } from '../../kernel/modules/discover.js'
import { type App, emptyRoot, linkKernel, repository, startApp, writeTenants } from '../support/app.js'
import { clientOf } from '../support/client.js'

const run = promisify(execFile)

const seeds: Record<string, string> = {
  modules: "modules, { main: [{ id: 1, name: 'weather' }] }",
  subscriptions: 'subscriptions, { main: [{ id: 1, tenant_id: 1, module_id: 1, version: 1 }] }',
}

let app: App
before(async () => {
  const root = await emptyRoot()
  await installWeather(root)
  await linkKernel(root)
  await writeTenants(root, 1)
  for (const [name, seed] of Object.entries(seeds)) {
    const [table] = seed.split(',')
    const source = `import { defineSeed, ${table} } from 'm3saas'\nexport default defineSeed(${seed})\n`
    await writeFile(path.join(root, 'seeds', `${name}.seed.mjs`), source)
  }
  app = await startApp({ root })
})
after(() => app.close())

/** As a user does it: `npm pack` there, `npm install <tarball>` here, with no look at the network. */
async function installWeather(root: string): Promise<void> {
  const packed = await mkdtemp(path.join(tmpdir(), 'm3saas-packed-'))
  try {
    const fixture = path.join(repository, 'tests/fixtures/weather-package')
    await run('npm', ['pack', fixture, '--pack-destination', packed, '--ignore-scripts'])
    const tarball = path.join(packed, 'm3saas-weather-1.0.0.tgz')
    const quiet = ['--offline', '--no-audit', '--no-fund', '--ignore-scripts', '--legacy-peer-deps']
    await run('npm', ['install', tarball, ...quiet], { cwd: root })
  } finally {
    await rm(packed, { recursive: true })
  }
}

test('a package that npm installed is found by its field, and by nothing in plugins/', async () => {
  const { dependencies } = JSON.parse(await readFile(path.join(app.root, 'package.json'), 'utf8'))
  assert.deepEqual(Object.keys(dependencies), ['m3saas-weather'])
  const found = await discover(app.root)
  assert.deepEqual([...found.sources.keys()], ['weather@v1'])
  assert.equal(found.sources.get('weather@v1')?.origin, 'package m3saas-weather (v1)')
  assert.deepEqual(found.faults, [])
})

test('its table, main seed and routes are served', async () => {
  const call = clientOf(`${app.url}/1/weather/v1`)
  const [seeded, ...others] = (await call('GET', '/readings')).body as Record<string, unknown>[]
  assert.deepEqual([seeded?.id, seeded?.station, seeded?.celsius, others], [1, 'Brocken', '-12.5', []])
  const added = await call('POST', '/readings', { body: { station: 'Zugspitze', celsius: -20 } })
  assert.equal(added.status, 201)
  const { station, celsius } = added.body as Record<string, unknown>
  assert.deepEqual([station, celsius], ['Zugspitze', '-20.0'])
  assert.equal((await call('POST', '/readings', { body: { station: 'x', celsius: '1000.0' } })).status, 400)
})
