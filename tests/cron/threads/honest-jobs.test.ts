import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, symlink } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, describe, test } from 'node:test'
import { readableFor } from '../../../kernel/cron/threads/readable.js'
import { makeAppRoot } from '../../modules/app-root.js'
import { repository } from '../../support/app.js'
import { suiteEnding } from '../../support/ending.js'
import { type JobApp, startJobApp } from '../../support/job-app.js'
import { type SharedMariaDb, withMariaDb } from '../../support/mariadb.js'

const TABLES = `import { belongsTo, defineTable, hasMany, id, varchar } from 'm3saas'
export const authors = defineTable('shelf_authors', {
  columns: { name: varchar(100) },
  relations: { books: hasMany(() => books, 'author_id') },
})
export const books = defineTable('shelf_books', {
  columns: { title: varchar(100), author_id: id().references(authors) },
  relations: { author: belongsTo(authors, 'author_id') },
})`
const SHELF = `import { defineModule } from 'm3saas'
import { authors, books } from './tables.mjs'
export const shelf = defineModule({
  name: 'shelf', version: 1, tables: [authors, books],
  exports: ({ table }) => ({ count: () => table(authors).count() }),
  routes(app, { table }) { app.post('/', ({ body }) => table(authors).create(body)) },
})`
const PRESS = `import { defineModule } from 'm3saas'
export const press = defineModule({ name: 'press', version: 1 })`
const PRESS_JOBS = `import { defineCronjobs } from 'm3saas'
import { readFileSync } from 'node:fs'
import { greeting } from 'plain-lib'
import { template } from '@acme/press/lib/template.mjs'
export default defineCronjobs({
  print: { async run({ sql, log }) {
    const [{ n }] = await sql\`SELECT 1 AS n\`
    log.info({ n: Number(n), text: greeting('you') + template() }, 'printed')
  } },
})`
const FILES = {
  'package.json': JSON.stringify({
    name: 'app',
    private: true,
    type: 'module',
    dependencies: { '@acme/press': '1', 'plain-lib': '1' },
  }),
  'node_modules/plain-lib/package.json': '{ "name": "plain-lib", "main": "index.js" }',
  'node_modules/plain-lib/index.js': `const fs = require('fs'), path = require('path')
exports.greeting = (name) => fs.readFileSync(path.join(__dirname, 'greeting.txt'), 'utf8').replace('NAME', name)`,
  'node_modules/plain-lib/greeting.txt': 'Dear NAME,',
  'node_modules/@acme/press/package.json': JSON.stringify({
    name: '@acme/press',
    type: 'module',
    m3saas: { module: 'press', versions: { v1: './dist/v1' } },
  }),
  'node_modules/@acme/press/dist/v1/press.module.mjs': PRESS,
  'node_modules/@acme/press/dist/v1/press.cron.mjs': PRESS_JOBS,
  'node_modules/@acme/press/lib/template.mjs': `import { readFileSync } from 'node:fs'
export const template = () => readFileSync(new URL('./template.txt', import.meta.url), 'utf8')`,
  'node_modules/@acme/press/lib/template.txt': ' a template',
}

/** Its plugins are a link to a folder elsewhere. */
async function linkPlugins(root: string): Promise<void> {
  const elsewhere = `${root} of others`
  await mkdir(elsewhere)
  await rename(path.join(root, 'plugins'), path.join(elsewhere, 'sources'))
  await symlink(path.join(elsewhere, 'sources'), path.join(root, 'plugins'), 'dir')
  // What they import is looked for from where they really are.
  await symlink(path.join(root, 'node_modules'), path.join(elsewhere, 'node_modules'), 'dir')
}

function suite(server?: SharedMariaDb): void {
  const ending = suiteEnding()
  let jobs: JobApp
  const answering = createServer(async (request, response) => {
    response.end(`${request.method} ${await text(request)}`)
  })
  before(async () => {
    await once(answering.listen(0, '127.0.0.1'), 'listening')
    jobs = await startJobApp(ending, {
      server,
      plugins: {
        'shelf/v1/tables.mjs': TABLES,
        'shelf/v1/shelf.module.mjs': SHELF,
        'shelf/v1/shelf.cron.mjs': readFileSync(
          path.join(repository, 'tests/fixtures/honest-jobs/shelf.cron.mjs'),
          'utf8',
        ),
        'shelf/v1/late.mjs': `export const late = 'late'`,
        'shelf/v1/data.json': '{ "of": "the module" }',
        'shelf/v1/letter.txt': 'a letter',
      },
      files: FILES,
      prepare: linkPlugins,
      modules: ['shelf', 'press'],
      tenants: 1,
    })
  })
  after(() => void answering.close())

  for (const job of ['models', 'packages', 'tools', 'memory', 'logs']) {
    test(`a job that uses ${job} is done`, async () => {
      assert.deepEqual(await jobs.run(1, 'shelf', job, { memoryMegabytes: 256 }), { outcome: 'done' })
    })
  }

  test('a job that calls a server is done', async () => {
    const name = `http://127.0.0.1:${(answering.address() as AddressInfo).port}/`
    assert.equal((await jobs.call('POST', '/1/shelf/v1', { body: { name } })).status, 200)
    assert.deepEqual(await jobs.run(1, 'shelf', 'network'), { outcome: 'done' })
  })

  test('what a job logs comes as it was meant', async () => {
    const logged = jobs.logged(1, 'shelf').filter(({ data }) => data.job === 'logs')
    assert.deepEqual(
      logged.slice(0, 4).map(({ text }) => text),
      ['an object', 'an error', 'with an error', 'of a child'],
    )
    assert.deepEqual(logged[0]?.data.nested, { list: [1, 'two'] })
    assert.match(JSON.stringify(logged[2]?.data.err), /inside/)
  })

  test('a job of a package with a scope uses its own files, and those of a package it depends on', async () => {
    assert.deepEqual(await jobs.run(1, 'press', 'print'), { outcome: 'done' })
    assert.equal(jobs.logged(1, 'press')[0]?.data.text, 'Dear you, a template')
  })
}

// All app roots of this file lie where paths have commas, spaces and letters of other languages.
const usual = process.env.TMPDIR
const odd = await mkdtemp(path.join(tmpdir(), 'jobs, ünd spaces '))
process.env.TMPDIR = odd
after(async () => {
  await rm(odd, { recursive: true })
  if (usual === undefined) delete process.env.TMPDIR
  else process.env.TMPDIR = usual
})

describe('jobs of good will on SQLite', () => suite())
await withMariaDb('jobs of good will on MariaDB', (server) => suite(server))

test('a place with a * in it is refused, for Node would end the process', async (t) => {
  const root = await makeAppRoot(
    { after: (undo) => t.after(undo) },
    { 'a*b/package.json': '{}', 'a*b/plugins/x.mjs': '' },
  )
  assert.throws(() => readableFor(path.join(root, 'a*b'), []), /No job can be run with \* in a path, as in .*a\*b/)
})
