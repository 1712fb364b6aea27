import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, type TestContext } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import type { RunSummary } from '../../../kernel/cron/contract.js'
import { collectGarbage } from '../../../kernel/engines/collect-garbage.js'
import { repository } from '../../support/app.js'
import type { Ending } from '../../support/ending.js'
import { type JobApp, startJobApp } from '../../support/job-app.js'
import type { SharedMariaDb } from '../../support/mariadb.js'
import { startMosquitto } from '../../support/mosquitto.js'
import { rootQuery } from '../../support/root-query.js'
import { type Received, subscribe } from '../../support/subscriber.js'
import { until } from '../../support/until.js'

const FIXTURES = path.join(repository, 'tests/fixtures/hostile-jobs')

/** The kernel's login. */
export const BROKER = { username: 'kernel', password: 'the login of the kernel at its broker' }

/** Tenant 1's jobs are hostile; tenant 2's go on. */
const HOSTILE = 1
const CALM = 2

const VAULT = `import { defineModule, defineTable, text, varchar } from 'm3saas'
export const hintsTable = defineTable('hints', { columns: { kind: varchar(50), text: text() } })
export const vault = defineModule({
  name: 'vault', version: 1, tables: [hintsTable],
  routes(app, { table }) {
    app.get('/', () => table(hintsTable).findAll())
    app.post('/', (request) => table(hintsTable).create(request.body))
  },
})`
const CALM_MODULE = `import { defineModule } from 'm3saas'
export const calm = defineModule({
  name: 'calm', version: 1,
  routes(app, { sql }) {
    app.get('/', () => sql\`SELECT COUNT(*) AS n FROM hints\`)
  },
})`
const CALM_JOBS = `import { defineCronjobs } from 'm3saas'
export default defineCronjobs({
  tick: { async run({ sql }) { await sql.run\`INSERT INTO hints (kind, text) VALUES ('tick', 'x')\` } },
})`

export interface HostileApp {
  readonly jobs: JobApp
  /** Of messages that the broker has had so far. */
  readonly topics: readonly string[]
  /** Leaves something for the hostile jobs in their own tenant's database. */
  hint(kind: string, texts: readonly string[]): Promise<void>
  /** What went well of another tenant meanwhile. */
  readonly served: { readonly jobs: number; readonly requests: number }
  /**
   * Runs a hostile job, while jobs of another tenant run and its requests are served. Prints a line of what it got and
   * how it is recorded.
   */
  attack(t: TestContext, module: string, job: string): Promise<Attack>
}

export interface Attack {
  /** As the history of the tenant has it. */
  readonly result: Pick<RunSummary, 'outcome' | 'error'>
  /** What it says it got. */
  readonly got: readonly string[]
  /** Attempts that were refused. */
  readonly refused: number
  /** Until it was over, in milliseconds. */
  readonly ms: number
}

/** Registers the hooks of a suite: a server whose tenants have all hostile jobs. */
export function hostileApp(server?: SharedMariaDb): HostileApp {
  const left: (() => Promise<void>)[] = []
  const ending: Ending = { after: (undo) => void left.push(undo) }
  const end = async () => {
    for (const undo of left.reverse()) await undo()
  }
  let jobs: JobApp | undefined
  let meanwhile: Others | undefined
  let earlier: Belongings | undefined
  let topics: readonly Received[] = []
  const app = (): JobApp => {
    assert.ok(jobs, 'the suite has not started')
    return jobs
  }
  before(async () => {
    const names = readdirSync(FIXTURES)
      .map((file) => path.basename(file, '.mjs'))
      .filter((name) => name !== 'attempt')
    const { host, port } = await startMosquitto(ending, { users: { [BROKER.username]: BROKER.password } })
    topics = (await subscribe(ending, { port, ...BROKER })).messages
    jobs = await startJobApp(ending, {
      server,
      modules: ['vault', 'calm', ...names],
      plugins: {
        'attempt.mjs': readFileSync(path.join(FIXTURES, 'attempt.mjs'), 'utf8'),
        'vault/v1/vault.module.mjs': VAULT,
        ...Object.assign({}, ...names.map(moduleFile)),
        'calm/v1/calm.module.mjs': CALM_MODULE,
        'calm/v1/calm.cron.mjs': CALM_JOBS,
        ...Object.fromEntries(
          names.map((name) => [
            `${name}/v1/${name}.cron.mjs`,
            readFileSync(path.join(FIXTURES, `${name}.mjs`), 'utf8'),
          ]),
        ),
      },
      config: {
        limits: { connectionIdleSeconds: 1, connections: 40 },
        cron: { enabled: false, parallel: 8, timeoutSeconds: 120 },
        mqtt: { host, port, ...BROKER, sharedTopics: ['news/#'] },
      },
    })
    // Loads what is loaded once, so that it does not count as left behind.
    await jobs.app.kernel.cron.run(CALM, 'calm@v1', 'tick')
    await jobs.call('GET', `/${CALM}/calm/v1`)
    earlier = belongings()
    meanwhile = others(jobs)
  })
  after(async () => {
    await meanwhile?.end()
    if (jobs && earlier) await nothingLeft(jobs, server, earlier)
    await end()
  })
  return {
    get served() {
      return { ...(meanwhile?.served ?? { jobs: 0, requests: 0 }) }
    },
    get jobs() {
      return app()
    },
    get topics() {
      return topics.map(({ topic }) => topic)
    },
    async hint(kind, texts) {
      for (const text of texts) {
        const { status } = await app().call('POST', `/${HOSTILE}/vault/v1`, { body: { kind, text } })
        assert.equal(status, 200)
      }
    },
    async attack(t, module, job) {
      const seen = app().logged(HOSTILE, module).length
      const start = performance.now()
      const { cron } = app().app.kernel
      await cron.run(HOSTILE, `${module}@v1`, job)
      const ms = performance.now() - start
      const [recorded] = await cron.runs(HOSTILE, { job: `${module}@v1/${job}`, most: 1 })
      assert.ok(recorded, 'the run is in the history')
      const { outcome, error } = recorded
      const result = { outcome, ...(error === undefined ? {} : { error }) }
      const attempts = app()
        .logged(HOSTILE, module)
        .slice(seen)
        .map(({ data }) => data)
      const got = attempts.filter((data) => 'got' in data).map(({ what, got }) => `${what}: ${JSON.stringify(got)}`)
      const refused = attempts.filter((data) => 'refused' in data).length
      const reason = result.error === undefined ? '' : `: ${result.error.slice(0, 100).replaceAll('\n', ' ')}`
      const what = got.length > 0 ? got.join('; ').slice(0, 300) : 'nothing'
      t.diagnostic(`${module}/${job}: got ${what}; recorded as ${result.outcome}${reason} (${Math.round(ms)} ms)`)
      return { result, got, refused, ms }
    },
  }
}

interface Others {
  /** How many jobs and requests of the other tenant went well so far. */
  readonly served: { jobs: number; requests: number }
  end(): Promise<void>
}

/** Requests to another tenant and jobs of it, one after another, until the end: all must go well. */
function others(jobs: JobApp): Others {
  const served = { jobs: 0, requests: 0 }
  let over = false
  const keepOn = async (what: keyof typeof served, pause: number, once: () => Promise<void>) => {
    while (!over) {
      await once()
      served[what]++
      await setTimeout(pause)
    }
  }
  const all = Promise.all([
    keepOn('requests', 20, async () => {
      assert.equal((await jobs.call('GET', `/${CALM}/calm/v1`)).status, 200)
    }),
    keepOn('jobs', 200, async () => {
      const { outcome, error } = await jobs.app.kernel.cron.run(CALM, 'calm@v1', 'tick')
      assert.equal(outcome, 'done', `a job of the other tenant: ${error}`)
    }),
  ])
  // Told at the end.
  all.catch(() => {})
  return {
    served,
    async end() {
      over = true
      await all
    },
  }
}

/** Threads, descriptors and what else a process has open. */
interface Belongings {
  readonly threads: number
  readonly files: number
  readonly resources: Readonly<Record<string, number>>
}

function belongings(): Belongings {
  const resources: Record<string, number> = {}
  for (const name of process.getActiveResourcesInfo()) resources[name] = (resources[name] ?? 0) + 1
  return { threads: readdirSync('/proc/self/task').length, files: readdirSync('/proc/self/fd').length, resources }
}

/** Nothing more than before: threads, open files, ports; at the server no connection of the hostile tenant. */
async function nothingLeft(jobs: JobApp, server: SharedMariaDb | undefined, earlier: Belongings): Promise<void> {
  const left = () => {
    // Handles of SQLite that the server itself has closed wait for it.
    collectGarbage()
    const now = belongings()
    const more = (name: string) => (now.resources[name] ?? 0) > (earlier.resources[name] ?? 0)
    // Connections of HTTP come and go.
    return now.threads > earlier.threads || now.files > earlier.files + 6 || more('MessagePort') || more('Worker')
  }
  await until(() => !left(), `nothing is left behind of ${JSON.stringify(earlier)}`, 60)
  if (!server) return
  const user = jobs.databases[HOSTILE - 1]
  const open = () =>
    rootQuery(server)<{ n: number }>(`SELECT COUNT(*) AS n FROM information_schema.PROCESSLIST WHERE USER = '${user}'`)
  await until(async () => Number((await open())[0]?.n) === 0, 'no connection of the tenant is left', 30)
}

function moduleFile(name: string): Record<string, string> {
  const source = `import { defineModule } from 'm3saas'
import { vault } from '../../vault/v1/vault.module.mjs'
export const own = defineModule({ name: '${name}', version: 1, dependsOn: [vault] })`
  return { [`${name}/v1/${name}.module.mjs`]: source }
}
