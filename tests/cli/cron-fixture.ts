import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { pino } from 'pino'
import { loadConfig } from '../../kernel/config/load-config.js'
import type { CronEvent } from '../../kernel/cron/contract.js'
import type { TenantIdentity } from '../../kernel/engines/contract.js'
import { assembleKernel, type Kernel } from '../../kernel/kernel.js'
import { makeAppRoot } from '../modules/app-root.js'
import { databaseOn } from '../support/app.js'
import { callCommand, type Outcome } from '../support/command.js'
import type { Ending } from '../support/ending.js'
import type { SharedMariaDb } from '../support/mariadb.js'
import { seedFiles } from '../support/seeds.js'

const TABLE = `import { defineTable, varchar } from 'm3saas'
export const traces = defineTable('traces', { columns: { job: varchar(50), moment: varchar(30) } })
`
const moduleOf = (name: string) => `import { isMainThread } from 'node:worker_threads'
import { defineModule } from 'm3saas'
import { traces } from '../../shop/v1/traces.table.mjs'
export const ${name} = defineModule({ name: '${name}', version: 1, tables: [traces] })
if ('${name}' === 'careless' && isMainThread) Promise.reject(new Error('nobody waits for this'))
`
/** Each job leaves a trace of its run in the tenant's database. */
const cronOf = (jobs: Readonly<Record<string, string>>) => `import { existsSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { defineCronjobs } from 'm3saas'
import { traces } from '../../shop/v1/traces.table.mjs'
const flag = (name) => existsSync(new URL('./' + name, import.meta.url))
const trace = ({ table, job }) => table(traces).create({ job: job.name, moment: job.now.toISOString() })
export default defineCronjobs({ ${Object.entries(jobs).map(([name, job]) => `${name}: ${job}`)} })
`

/** The modules that tenants may have, and their jobs. */
const JOBS = {
  shop: { count: '{ run: trace }', bill: "{ repeat: 'month', day: 15, run: trace }" },
  frail: {
    print: "{ async run(context) { if (flag('raised')) throw new Error('it is out of paper'); await trace(context) } }",
  },
  slow: { wait: "{ async run(context) { await trace(context); while (flag('raised')) await setTimeout(5) } }" },
  odd: { sing: "{ repeat: 'fortnight', run: trace }", hum: '{ run: trace }' },
  careless: { hum: '{ run: trace }' },
} as const

export type JobModule = keyof typeof JOBS

/** An app root whose tenants, from 1 on, have the modules that are named. `print` fails and `wait` waits while raised. */
export class CronRoot {
  private constructor(
    readonly root: string,
    readonly ending: Ending,
    readonly run: string,
  ) {}

  static async make(
    ending: Ending,
    server: SharedMariaDb | undefined,
    tenants: readonly (readonly JobModule[])[],
    config: object = {},
  ): Promise<CronRoot> {
    const run = randomBytes(4).toString('hex')
    const names = Object.keys(JOBS) as JobModule[]
    const subscribed = tenants.flatMap((modules, i) => modules.map((module) => [i + 1, names.indexOf(module) + 1]))
    const root = await makeAppRoot(ending, {
      'config.json': JSON.stringify({
        dbSalt: 'salt of the tests',
        http: { port: 0 },
        backups: { repeat: 'never' },
        ...(server ? { tenants: { database: databaseOn(server) } } : {}),
        ...config,
      }),
      'plugins/shop/v1/traces.table.mjs': TABLE,
      ...Object.fromEntries(
        names.flatMap((name) => [
          [`plugins/${name}/v1/${name}.module.mjs`, moduleOf(name)],
          [`plugins/${name}/v1/${name}.cron.mjs`, cronOf(JOBS[name])],
        ]),
      ),
      ...seedFiles({
        tenants: tenants.map((_modules, i) => {
          const name = `c${i + 1}_${run}`
          return { id: i + 1, name, user: name, password: 'plain' }
        }),
        modules: names.map((name, i) => ({ id: i + 1, name })),
        subscriptions: subscribed.map(([tenant_id, module_id], i) => ({ id: i + 1, tenant_id, module_id, version: 1 })),
      }),
    })
    return new CronRoot(root, ending, run)
  }

  raise(module: JobModule): Promise<void> {
    return writeFile(path.join(this.root, `plugins/${module}/v1/raised`), '')
  }

  lower(module: JobModule): Promise<void> {
    return rm(path.join(this.root, `plugins/${module}/v1/raised`))
  }

  async configuration(): Promise<object> {
    return JSON.parse(await readFile(path.join(this.root, 'config.json'), 'utf8'))
  }

  /** Closed at the end. */
  async kernel(): Promise<Kernel> {
    const config = await loadConfig(this.root, {})
    const kernel = await assembleKernel({ root: this.root, config, log: pino({ level: 'silent' }) })
    this.ending.after(() => kernel.close())
    return kernel
  }

  call(line: string): Promise<Outcome> {
    return callCommand(line.split(' '), { cwd: this.root })
  }

  /** `m3saas cron --json`, and what it tells. */
  async tick(options = ''): Promise<Ticked> {
    const { status, stdout, stderr } = await this.call(`cron --json${options === '' ? '' : ` ${options}`}`)
    assert.equal(stderr, '')
    return { status, ...ticked(stdout) }
  }

  /** What the jobs of a tenant have left in its database, in order: `count 2026-12-01T07:30:00.000Z`. */
  async traces(kernel: Kernel, tenant: number): Promise<string[]> {
    const name = `c${tenant}_${this.run}`
    const [identity] = await kernel.engine.catalog.select<TenantIdentity>(
      'SELECT name, user, password AS secret FROM tenants WHERE name = ?',
      [name],
    )
    assert.ok(identity)
    const database = kernel.engine.tenant(identity)
    const rows = await database
      .select<{ job: string; moment: string }>('SELECT job, moment FROM traces ORDER BY id')
      .finally(() => database.close())
    return rows.map(({ job, moment }) => `${job} ${moment}`)
  }
}

export interface Ticked {
  readonly status: number | null
  /** All but the summary: `run 1 count done`, sorted, for ticks begin at any tenant. */
  readonly events: readonly string[]
  readonly summary: Extract<CronEvent, { event: 'summary' }> | undefined
}

export function ticked(ndjson: string): Omit<Ticked, 'status'> {
  const events = ndjson
    .split('\n')
    .slice(0, -1)
    .map((line): CronEvent => JSON.parse(line))
  const last = events.at(-1)
  const told = events.filter((event) => event.event !== 'summary')
  assert.equal(events.length - told.length, last?.event === 'summary' ? 1 : 0, 'the summary is the last')
  return { events: told.map(shortly).sort(), summary: last?.event === 'summary' ? last : undefined }
}

function shortly(event: Exclude<CronEvent, { event: 'summary' }>): string {
  switch (event.event) {
    case 'run':
      return `run ${event.target} ${event.job} ${event.outcome}`
    case 'failure':
      return `failure ${event.target} ${event.code}`
    default:
      return `${event.event} ${event.target} ${event.job}`
  }
}
