import assert from 'node:assert/strict'
import path from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { discover } from '../../kernel/modules/discover.js'
import { ModuleStore } from '../../kernel/modules/load.js'
import { until } from '../support/until.js'
import { makeAppRoot, moduleSource } from './app-root.js'

const head = `import { defineCronjobs } from 'm3saas'\n`
const make = (jobs: string) => `defineCronjobs({ ${jobs} })`

/** A store of `a@v1` and these files, and what it told of faulty jobs. */
async function makeStore(t: TestContext, files: Readonly<Record<string, string>>) {
  const root = await makeAppRoot(t, { 'plugins/a/v1/a.module.mjs': moduleSource('a'), ...files })
  const told: string[] = []
  const store = new ModuleStore(await discover(root), {
    importSeconds: 0.5,
    onCronFault: (module, { path: job, message }) => told.push(`${module} ${job}: ${message}`),
  })
  return { root, store, told }
}

const cronFile = (source: string) => ({ 'plugins/a/v1/a.cron.mjs': source })
const jobNames = (store: ModuleStore) => store.cronjobs('a@v1')?.jobs.map(({ name }) => name)

test('a version without a cron file has no jobs', async (t) => {
  const { store } = await makeStore(t, {})
  await store.load('a@v1')
  assert.equal(store.cronjobs('a@v1'), undefined)
  assert.deepEqual(store.status(), [{ name: 'a@v1', origin: 'plugins/a/v1', state: 'loaded' }])
})

test('the cron file is imported when its version is loaded, not before', async (t) => {
  const { root, store, told } = await makeStore(t, cronFile(`${head}export default ${make('purge: { run() {} }')}`))
  assert.equal(store.cronjobs('a@v1'), undefined)
  await Promise.all([store.load('a@v1'), store.load('a@v1')])
  const { file, jobs, faults } = store.cronjobs('a@v1') ?? assert.fail('it has jobs')
  assert.equal(file, path.join(root, 'plugins/a/v1/a.cron.mjs'))
  assert.deepEqual(
    [jobs.map(({ name, schedule }) => [name, schedule]), faults, told],
    [[['purge', { repeat: 'day', every: 1 }]], [], []],
  )
  assert.deepEqual(store.status(), [{ name: 'a@v1', origin: 'plugins/a/v1', state: 'loaded' }])
})

describe('the one value of defineCronjobs that a cron file exports is taken', () => {
  for (const [behaviour, source] of [
    ['by a name', `export const jobs = ${make('purge: { run() {} }')}`],
    ['under two names', `const it = ${make('purge: { run() {} }')}\nexport { it as one, it as default }`],
    ['among other exports', `export const x = 1, f = null, m = ${make('purge: { run() {} }')}`],
  ] as const) {
    test(behaviour, async (t) => {
      const { store } = await makeStore(t, cronFile(head + source))
      await store.load('a@v1')
      assert.deepEqual(jobNames(store), ['purge'])
    })
  }
})

test('a faulty job is left out and told of once, the others are there', async (t) => {
  const jobs = "first: { run() {} }, second: { repeat: 'week', day: 3, run() {} }, third: {}, last: { run() {} }"
  const { store, told } = await makeStore(t, cronFile(`${head}export default ${make(jobs)}`))
  await Promise.all([store.load('a@v1'), store.load('a@v1')])
  await store.load('a@v1')
  assert.deepEqual(jobNames(store), ['first', 'last'])
  const cronFaults = [
    { path: 'second', message: "day goes with repeat 'month' or 'year' only, not with 'week'" },
    { path: 'third', message: 'run is missing' },
  ]
  assert.deepEqual(store.status(), [{ name: 'a@v1', origin: 'plugins/a/v1', state: 'loaded', cronFaults }])
  assert.deepEqual(
    told,
    cronFaults.map(({ path, message }) => `a@v1 ${path}: ${message}`),
  )
})

describe('a cron file at fault as a whole: its module is there, without jobs', () => {
  const broken: readonly (readonly [string, Readonly<Record<string, string>>, RegExp])[] = [
    ['no jobs', cronFile('export const purge = () => 1'), /^a\.cron\.mjs exports no jobs: export one value made by/],
    [
      'two definitions',
      cronFile(`${head}export const x = ${make('')}, y = ${make('')}`),
      /^a\.cron\.mjs exports 2 values made by defineCronjobs: put the jobs into one$/,
    ],
    ['an error', cronFile('throw new Error("no luck")'), /^a\.cron\.mjs cannot be imported: no luck$/],
    ['undefined', cronFile('throw undefined'), /^a\.cron\.mjs cannot be imported: undefined$/],
    ['no JavaScript', cronFile('export const = 1'), /^a\.cron\.mjs cannot be imported: Unexpected token/],
    ['a missing import', cronFile('import "./gone.mjs"'), /^a\.cron\.mjs cannot be imported: Cannot find module/],
    [
      'no end',
      cronFile('await new Promise(() => {})'),
      /cannot be imported: its top level does not end within 0\.5 s$/,
    ],
    [
      'a declaration that is no object',
      cronFile(`${head}export default defineCronjobs([])`),
      /^a\.cron\.mjs cannot be imported: defineCronjobs takes an object of jobs/,
    ],
    [
      'two files',
      { ...cronFile(''), 'plugins/a/v1/a.cron.js': '' },
      /^a\.cron\.js is there more than once, a\.cron\.js and a\.cron\.mjs: keep one$/,
    ],
    ['no compiled twin', { 'plugins/a/v1/a.cron.ts': '' }, /^a\.cron\.ts is not compiled: run the project's build$/],
  ]
  for (const [behaviour, files, reason] of broken) {
    test(behaviour, async (t) => {
      const { store, told } = await makeStore(t, files)
      assert.equal((await store.load('a@v1')).name, 'a')
      const [status] = store.status()
      assert.deepEqual([status?.state, status?.reason, jobNames(store)], ['loaded', undefined, []])
      assert.deepEqual([status?.cronFaults?.length, status?.cronFaults?.[0]?.path], [1, ''])
      assert.match(status?.cronFaults?.[0]?.message ?? '', reason)
      assert.deepEqual(told, [`a@v1 : ${status?.cronFaults?.[0]?.message}`])
    })
  }
})

test('the jobs of a cron file that took too long are there as soon as its import has ended', async (t) => {
  const shared = globalThis as { __lateCron?: Promise<void> }
  let open = () => {}
  shared.__lateCron = new Promise((resolve) => {
    open = resolve
  })
  const source = `${head}await globalThis.__lateCron\nexport default ${make('purge: { run() {} }')}`
  const { store } = await makeStore(t, cronFile(source))
  await store.load('a@v1')
  assert.deepEqual([jobNames(store), store.status()[0]?.cronFaults?.length], [[], 1])
  open()
  await until(() => jobNames(store)?.length === 1, 'the job is there')
  assert.equal(store.status()[0]?.cronFaults, undefined)
})

test('a module that does not load has no jobs, and nothing is told of them', async (t) => {
  const { store, told } = await makeStore(t, {
    'plugins/a/v1/a.module.mjs': 'throw 1',
    ...cronFile(`${head}export default ${make('purge: {}')}`),
  })
  await assert.rejects(store.load('a@v1'))
  assert.equal(store.cronjobs('a@v1'), undefined)
  assert.deepEqual([store.status()[0]?.state, store.status()[0]?.cronFaults, told], ['unavailable', undefined, []])
})

test('TypeScript is imported from its compiled twin', async (t) => {
  const root = await makeAppRoot(t, {
    'plugins/b/v1/b.module.ts': '',
    'plugins/b/v1/b.cron.ts': 'throw new Error("not this one")',
    'dist/plugins/b/v1/b.module.js': '',
    'dist/plugins/b/v1/b.cron.js': '',
  })
  const cron = (await discover(root)).sources.get('b@v1')?.cron
  assert.deepEqual(cron, { file: path.join(root, 'dist/plugins/b/v1/b.cron.js'), shown: 'b.cron.ts' })
})

describe('an npm package', () => {
  const manifest = JSON.stringify({
    name: 'pack',
    type: 'module',
    m3saas: { module: 'pack', versions: { v1: './v1' } },
  })
  const files = (name: string) => ({
    'package.json': JSON.stringify({ dependencies: { pack: '*' } }),
    'node_modules/pack/package.json': manifest,
    'node_modules/pack/v1/pack.module.js': '',
    [`node_modules/pack/v1/${name}`]: '',
  })
  const cronOf = async (root: string) => (await discover(root)).sources.get('pack@v1')?.cron

  test('brings its cron file beside the root file', async (t) => {
    const root = await makeAppRoot(t, files('pack.cron.mjs'))
    const file = path.join(root, 'node_modules/pack/v1/pack.cron.mjs')
    assert.deepEqual(await cronOf(root), { file, shown: 'pack.cron.mjs' })
  })

  test('brings it compiled', async (t) => {
    const cron = await cronOf(await makeAppRoot(t, files('pack.cron.ts')))
    assert.equal(cron?.problem, 'is not compiled: a package brings pack.cron.js or .mjs')
  })
})
