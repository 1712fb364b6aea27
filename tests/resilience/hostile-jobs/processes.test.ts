import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import type { RunSummary } from '../../../kernel/cron/contract.js'
import { makeAppRoot } from '../../modules/app-root.js'
import { repository } from '../../support/app.js'
import { type Call, clientOf } from '../../support/client.js'
import { type CommandOptions, type Outcome, runCommand, startCommand } from '../../support/command.js'
import { seedFiles } from '../../support/seeds.js'
import { until } from '../../support/until.js'

/** On SQLite a thread cannot be ended while a statement runs. */
const ENDLESS = 'WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT COUNT(*) AS n FROM c'
const MODULE = `import { defineModule } from 'm3saas'
export const module = defineModule({ name: 'hostile', version: 1, routes(app) { app.get('/', () => 'served') } })`
const JOBS = `import { defineCronjobs } from 'm3saas'
export default defineCronjobs({
  endless: { timeoutSeconds: 2, run: ({ sql }) => sql\`${ENDLESS}\` },
  fails: { timeoutSeconds: 2, run() { throw new Error('never told') } },
  works: { run() {} },
})`

/** Every thread of the process posts rubbish to Piscina, and no end of a job that failed. */
const POISONED = {
  NODE_OPTIONS: `--import=${pathToFileURL(path.join(repository, 'tests/fixtures/poisoned-thread/process.mjs'))}`,
}

function appRoot(t: TestContext): Promise<string> {
  return makeAppRoot(
    { after: (undo) => t.after(undo) },
    {
      'package.json': JSON.stringify({ name: 'app', private: true, type: 'module' }),
      'config.json': JSON.stringify({
        cron: { enabled: false },
        http: { shutdownSeconds: 10 },
        mqtt: { embedded: false },
      }),
      'plugins/hostile/v1/hostile.module.mjs': MODULE,
      'plugins/hostile/v1/hostile.cron.mjs': JOBS,
      ...seedFiles({
        tenants: [{ id: 1, name: 'first', user: 'first', password: 'a password of first' }],
        modules: [{ id: 1, name: 'hostile' }],
        subscriptions: [{ id: 1, tenant_id: 1, module_id: 1, version: 1 }],
      }),
    },
  )
}

/** As the history has them, the last first. */
async function recorded(root: string): Promise<readonly Pick<RunSummary, 'job' | 'outcome'>[]> {
  const { stdout } = await runCommand(['cron', 'runs', '1', '--json'], { cwd: root })
  const lines = stdout.trim().split('\n')
  return lines.flatMap((line) => JSON.parse(line) as RunSummary).map(({ job, outcome }) => ({ job, outcome }))
}

async function timed(args: readonly string[], options: CommandOptions): Promise<Outcome & { readonly ms: number }> {
  const start = performance.now()
  const outcome = await runCommand(args, options)
  return { ...outcome, ms: performance.now() - start }
}

async function serving(t: TestContext, root: string, env: Readonly<Record<string, string>> = {}) {
  const server = await startCommand({ cwd: root, env })
  t.after(() => server.stop('SIGKILL'))
  const token = (await readFile(path.join(root, 'secrets/ops_token.secret'), 'utf8')).trim()
  const call: Call = (method, place, options) => clientOf(server.url)(method, place, { token, ...options })
  return { server, call }
}

test('a command whose job holds its thread for ever tells how it ended, records it, and is over', async (t) => {
  const root = await appRoot(t)
  const { status, stdout, stderr, ms } = await timed(['cron', 'run', '1', 'hostile@v1', 'endless'], { cwd: root })
  assert.match(stdout, /^1 hostile@v1\/endless: timed out in .*\n {2}it did not end within 2 s\n$/)
  assert.match(stderr, /the thread of this job does not end/)
  assert.equal(status, null, 'it is killed, for Node would wait for the thread')
  assert.ok(ms < 60_000, `${ms} ms`)
  assert.deepEqual(await recorded(root), [{ job: 'endless', outcome: 'timed_out' }])
  t.diagnostic(
    `endless statement in m3saas cron run: recorded as timed_out, the process over after ${Math.round(ms)} ms`,
  )
})

test('a server with such a thread serves on, and is over in time when it is asked to end', async (t) => {
  const root = await appRoot(t)
  const { server, call } = await serving(t, root)
  const { body } = await call('POST', '/1/cron/hostile@v1/endless')
  assert.equal((body as RunSummary).outcome, 'timed_out', JSON.stringify(body))
  assert.equal((await call('GET', '/1/hostile/v1')).body, 'served')
  const start = performance.now()
  const { status } = await server.stop()
  const ms = performance.now() - start
  assert.equal(status, null)
  // The whole of a shutdown, and what a busy machine takes besides; not killed by the test, which takes 20 s.
  assert.ok(ms < 18_000, `${ms} ms`)
  assert.ok(server.log().some(({ msg }) => msg === 'shutting down'))
  t.diagnostic(`endless statement in m3saas start: the process over ${Math.round(ms)} ms after SIGTERM`)
})

test('rubbish on the port of Piscina ends neither the command nor the runs', async (t) => {
  const root = await appRoot(t)
  const works = await runCommand(['cron', 'run', '1', 'hostile@v1', 'works'], { cwd: root, env: POISONED })
  assert.match(works.stdout, /^1 hostile@v1\/works: done in /)
  assert.equal(works.status, 0, works.stderr)
  assert.match(works.stderr, /nobody caught this error/)
  const fails = await runCommand(['cron', 'run', '1', 'hostile@v1', 'fails'], { cwd: root, env: POISONED })
  assert.match(fails.stdout, /^1 hostile@v1\/fails: timed out in /)
  assert.equal(fails.status, 1, fails.stderr)
  assert.deepEqual(await recorded(root), [
    { job: 'fails', outcome: 'timed_out' },
    { job: 'works', outcome: 'done' },
  ])
  t.diagnostic('rubbish on the port of Piscina, m3saas cron run: recorded as done and timed_out')
})

test('rubbish on the port of Piscina does not end the server', async (t) => {
  const { server, call } = await serving(t, await appRoot(t), POISONED)
  const outcomes = await Promise.all(
    ['works', 'fails'].map(async (job) => {
      const { body } = await call('POST', `/1/cron/hostile@v1/${job}`)
      return (body as RunSummary).outcome
    }),
  )
  assert.deepEqual(outcomes, ['done', 'timed_out'])
  assert.equal((await call('GET', '/1/hostile/v1')).body, 'served')
  await until(() => server.log().some(({ msg }) => /nobody caught/.test(String(msg))), 'it is logged', 5)
  assert.equal((await server.stop()).status, 0)
  t.diagnostic('rubbish on the port of Piscina, m3saas start: recorded as done and timed_out; it serves on')
})
