import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { suiteEnding } from '../../support/ending.js'
import { type JobApp, startJobApp } from '../../support/job-app.js'
import { type SharedMariaDb, withMariaDb } from '../../support/mariadb.js'

const BOOKS = `import { defineModule, defineTable, varchar } from 'm3saas'
export const books = defineTable('books', { columns: { title: varchar(100) } })
export const library = defineModule({
  name: 'library', version: 1, tables: [books],
  exports: ({ table }) => ({ count: () => table(books).count() }),
  routes(app, { table }) {
    app.get('/', () => table(books).findAll())
  },
})`
const READER = `import { defineModule } from 'm3saas'
import { library } from '../../library/v1/library.module.mjs'
export const reader = defineModule({ name: 'reader', version: 1, dependsOn: [library] })`
const JOBS = `import { defineCronjobs } from 'm3saas'
import { books, library } from '../../library/v1/library.module.mjs'
export default defineCronjobs({
  fill: {
    async run({ table, sql, transaction, use, log, tenant, job }) {
      await table(books).create({ title: 'one' })
      await transaction(async () => {
        await sql.run\`INSERT INTO books (title) VALUES (\${'two'})\`
        await table(books).create({ title: 'three' })
      })
      await transaction(async () => {
        await sql.run\`INSERT INTO books (title) VALUES (\${'never'})\`
        throw new Error('no')
      }).catch(() => {})
      const [{ n }] = await sql\`SELECT COUNT(*) AS n FROM books\`
      log.info({ n: Number(n), used: await use(library).count(), tenant, job }, 'filled')
      log.debug('too low')
      console.log('to the console')
    },
  },
  fail: { run() { throw new TypeError('it is broken') } },
})`

function suite(server?: SharedMariaDb): void {
  const ending = suiteEnding()
  let jobs: JobApp
  before(async () => {
    jobs = await startJobApp(ending, {
      server,
      plugins: {
        'library/v1/library.module.mjs': BOOKS,
        'reader/v1/reader.module.mjs': READER,
        'reader/v1/reader.cron.mjs': JOBS,
      },
      modules: ['library', 'reader'],
    })
  })

  test('a job has the context of its module, on the tenant it runs for', async () => {
    assert.deepEqual(await jobs.run(1, 'reader', 'fill'), { outcome: 'done' })
    const titles = async (tenant: number) =>
      ((await jobs.call('GET', `/${tenant}/library/v1`)).body as { title: string }[]).map(({ title }) => title)
    assert.deepEqual(await titles(1), ['one', 'two', 'three'])
    assert.deepEqual(await titles(2), [])
    const [filled, printed] = jobs.logged(1, 'reader')
    assert.equal(filled?.text, 'filled')
    const { n, used, tenant, job } = filled?.data ?? {}
    assert.deepEqual({ n, used, tenant }, { n: 3, used: 3, tenant: { id: 1, name: jobs.databases[0] } })
    assert.deepEqual({ ...(job as object), now: '' }, { name: 'fill', attempt: 1, now: '' })
    assert.deepEqual(printed, { text: 'to the console', data: { job: 'fill', stream: 'stdout' } })
  })

  test('what a job throws is told without its stack', async () => {
    assert.deepEqual(await jobs.run(1, 'reader', 'fail'), { outcome: 'failed', error: 'TypeError: it is broken' })
  })

  test('a signal ends it as stopped', async () => {
    const controller = new AbortController()
    const run = jobs.run(1, 'reader', 'fill', {}, controller.signal)
    controller.abort()
    assert.equal((await run).outcome, 'stopped')
  })
}

describe('a job in its thread on SQLite', () => suite())
await withMariaDb('a job in its thread on MariaDB', (server) => suite(server))
