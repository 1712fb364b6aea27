import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { linkTree } from './docs/project-copy.js'
import { Server } from './docs/shell.js'
import { repository } from './support/app.js'

/** Of an author's app: what has to compile does, and what must not does not. */
const AUTHORS_CODE = `
import { defineModule, defineTable, type FastifyInstance, type Insert, M3Error, type ModuleContext, varchar } from 'm3saas'

const animals = defineTable('animals', { columns: { name: varchar(20) } })

function routes(app: FastifyInstance, { table, use }: ModuleContext) {
  const { count } = use(counting)
  app.get<{ Params: { id: number } }>('/:id', { constraints: { since: '1.1' } }, async ({ params, fullVersion }) => {
    const found = await table(animals).findByPk(params.id)
    if (!found) throw new M3Error('NOT_FOUND', fullVersion.text)
    const answer: { name: string; count: number } = { name: found.name, count: await count() }
    // @ts-expect-error: a row has the columns that are declared and no other
    found.colour
    // @ts-expect-error: the codes are those of the catalogue
    new M3Error('GONE', '')
    return answer
  })
}

// @ts-expect-error: the column holds text
export const wrong: Insert<typeof animals> = { name: 1 }

const counting = defineModule({ name: 'counting', version: 1, exports: () => ({ count: async () => 1 }) })
export const zoo = defineModule({ name: 'zoo', version: 1, dependsOn: [counting], tables: [animals], routes })
`

const MODULE = `
import { defineModule } from 'm3saas'
export const hello = defineModule({ name: 'hello', version: 1, routes(app) { app.get('/', () => ({ hello: 'you' })) } })
`

const CRONJOBS = `
import { defineCronjobs } from 'm3saas'
export default defineCronjobs({ greet: { run: ({ log }) => log.warn('hello') } })
`

const run = promisify(execFile)
let folder: string
let packed: string[]
let app: string

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'm3saas-package-'))
  app = path.join(folder, 'app')
  const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]
  const [{ filename, files }] = JSON.parse((await run('npm', pack, { cwd: repository })).stdout)
  packed = files.map((file: { path: string }) => file.path)
  await mkdir(app)
  await writeFile(path.join(app, 'package.json'), '{ "name": "app", "private": true, "type": "module" }')
  // npm keeps of these what the package needs, removes the rest, and has nothing to fetch.
  await linkTree(path.join(repository, 'node_modules'), path.join(app, 'node_modules'))
  const install = ['install', '--offline', '--no-audit', '--no-fund', '--ignore-scripts', `../${filename}`]
  await run('npm', install, { cwd: app })
})
after(() => rm(folder, { recursive: true }))

test('the package holds the compiled kernel, its documentation and licence, and nothing else', async () => {
  const others = packed.filter((file) => !/^(dist\/kernel\/.+\.(js|d\.ts)|docs\/\w+\.(md|html))$/.test(file))
  const licences = 'dist/kernel/cron/threads/thread.licenses.txt'
  assert.deepEqual(others.sort(), ['CHANGELOG.md', 'LICENSE', 'README.md', licences, 'package.json'])
  for (const file of ['dist/kernel/main.js', 'dist/kernel/index.js', 'dist/kernel/index.d.ts', 'docs/modules.md']) {
    assert.ok(packed.includes(file), file)
  }
  const { dependencies } = JSON.parse(await readFile(path.join(app, 'package.json'), 'utf8'))
  assert.deepEqual(Object.keys(dependencies), ['m3saas'])
})

test('its types are there for authors, and strict', async () => {
  await writeFile(path.join(app, 'zoo.ts'), AUTHORS_CODE)
  const compiler = path.join(repository, 'node_modules/.bin/tsc')
  const types = ['--types', 'node', '--typeRoots', path.join(repository, 'node_modules/@types')]
  const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2023', ...types]
  await run(compiler, [...options, 'zoo.ts'], { cwd: app }).catch(({ stdout }) => assert.fail(stdout))
})

test('m3saas starts in an empty project, serves its .mjs module and runs its job', async () => {
  await mkdir(path.join(app, 'plugins/hello/v1'), { recursive: true })
  await writeFile(path.join(app, 'plugins/hello/v1/hello.module.mjs'), MODULE)
  await writeFile(path.join(app, 'plugins/hello/v1/hello.cron.mjs'), CRONJOBS)
  const m3saas = async (...args: string[]) => (await run('npx', ['m3saas', ...args], { cwd: app })).stdout.trim()
  assert.equal(await m3saas('tenant', 'add', 'acme'), 'added tenant 1, acme')
  assert.equal(await m3saas('tenant', 'subscribe', '1', 'hello@v1'), 'tenant 1 is subscribed to hello@v1')
  const { HOME = '', PATH = '' } = process.env
  assert.match(await m3saas('cron', 'run', '1', 'hello@v1', 'greet'), /^1 hello@v1\/greet: done in /)
  const server = new Server('npx m3saas start', app, { HOME, PATH, PORT: '0' })
  try {
    await server.hasSaid((output) => output.includes('For those who run it'))
    const route = /GET +(\S+\/1\/hello\/v1)\n/.exec(server.output)?.[1]
    assert.ok(route, server.output)
    const answer = await fetch(route)
    assert.deepEqual([answer.status, await answer.json()], [200, { hello: 'you' }])
  } finally {
    await server.interrupt()
  }
})
