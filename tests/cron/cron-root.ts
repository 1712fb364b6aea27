import { randomBytes } from 'node:crypto'
import { pino } from 'pino'
import type { Config } from '../../kernel/config/config.js'
import { loadConfig } from '../../kernel/config/load-config.js'
import type { CronEvent, JobResult, JobTask, RunJob, TickOptions } from '../../kernel/cron/contract.js'
import type { CronSubstitutes } from '../../kernel/cron/cron.js'
import type { Database } from '../../kernel/engines/contract.js'
import { assembleKernel, type Kernel } from '../../kernel/kernel.js'
import type { TenantId } from '../../kernel/names.js'
import { makeAppRoot, moduleSource } from '../modules/app-root.js'
import { databaseOn } from '../support/app.js'
import type { Ending } from '../support/ending.js'
import type { SharedMariaDb } from '../support/mariadb.js'
import { seedFiles } from '../support/seeds.js'

export interface CronRootOptions {
  /** Absent: SQLite files in the app root. */
  readonly server?: SharedMariaDb | undefined
  /** The jobs of module `jobs@v1`, the argument of `defineCronjobs`, as source. */
  readonly jobs: string
  /** Before the declaration. */
  readonly prelude?: string
  readonly tenants?: number
  readonly config?: object
}

/** An app root whose tenants, all of them, have the jobs of one module. No tenant's database is there yet. */
export class CronRoot {
  private constructor(
    readonly root: string,
    readonly ending: Ending,
  ) {}

  static async make(ending: Ending, options: CronRootOptions): Promise<CronRoot> {
    const { server, jobs, prelude = '', tenants = 2, config } = options
    const run = randomBytes(4).toString('hex')
    const ids = Array.from({ length: tenants }, (_, i) => i + 1)
    const root = await makeAppRoot(ending, {
      'package.json': '{"type":"module"}',
      'config.json': JSON.stringify({
        dbSalt: 'salt of the tests',
        http: { port: 0 },
        // Most tests tell of the jobs of modules alone.
        backups: { repeat: 'never' },
        ...(server ? { tenants: { database: databaseOn(server) } } : {}),
        ...config,
      }),
      'plugins/jobs/v1/jobs.module.mjs': moduleSource('jobs'),
      'plugins/jobs/v1/jobs.cron.mjs': `import { defineCronjobs } from 'm3saas'\n${prelude}\nexport default defineCronjobs(${jobs})\n`,
      ...seedFiles({
        tenants: ids.map((id) => ({ id, name: `c${id}_${run}`, user: `c${id}_${run}`, password: 'plain' })),
        modules: [{ id: 1, name: 'jobs' }],
        subscriptions: ids.map((id) => ({ id, tenant_id: id, module_id: 1, version: 1 })),
      }),
    })
    return new CronRoot(root, ending)
  }

  /** As another process has it; its catalog is there. Closed at the end. */
  async kernel(cronSubstitutes: CronSubstitutes = {}, settings: Partial<Config> = {}): Promise<CronKernel> {
    const config = { ...(await loadConfig(this.root, {})), ...settings }
    const kernel = await assembleKernel({ root: this.root, config, log: pino({ level: 'silent' }), cronSubstitutes })
    this.ending.after(() => kernel.close())
    await kernel.prepareCatalog()
    return new CronKernel(kernel, this.ending)
  }
}

export class CronKernel {
  constructor(
    readonly kernel: Kernel,
    readonly ending: Ending,
  ) {}

  get cron() {
    return this.kernel.cron
  }

  async tick(options: TickOptions = {}, signal: AbortSignal = new AbortController().signal): Promise<Told> {
    const events: CronEvent[] = []
    for await (const event of this.kernel.cron.tick(options, signal)) events.push(event)
    return new Told(events)
  }

  /** The database of a tenant behind a pool of its own. Closed at the end. */
  async database(id: TenantId): Promise<Database> {
    const [row] = await this.kernel.engine.catalog.select<{ name: string; user: string; secret: string }>(
      'SELECT name, user, password AS secret FROM tenants WHERE id = ?',
      [id],
    )
    if (!row) throw new Error(`there is no tenant ${id}`)
    const database = this.kernel.engine.tenant(row)
    this.ending.after(() => database.close())
    return database
  }

  /** The history of a tenant, the oldest first: `one done`. */
  async history(id: TenantId): Promise<string[]> {
    const runs = await this.cron.runs(id, { most: 1000 })
    return runs.map(({ job, outcome }) => `${job} ${outcome}`).reverse()
  }
}

/** What a tick told. */
export class Told {
  constructor(readonly events: readonly CronEvent[]) {}

  get summary() {
    const last = this.events.at(-1)
    if (last?.event !== 'summary') throw new Error('the last event is no summary')
    return last
  }

  /** `1 one done`, in their order by tenant and job. */
  get runs(): string[] {
    return this.events.flatMap((e) => (e.event === 'run' ? `${e.target} ${e.job} ${e.outcome}` : [])).sort()
  }

  /** `1 one`. */
  named(event: 'due' | 'left'): string[] {
    return this.events.flatMap((e) => (e.event === event ? `${e.target} ${e.job}` : [])).sort()
  }

  get failures() {
    return this.events.filter((e) => e.event === 'failure')
  }
}

/** Runs jobs in this thread: what a job does is looked up by its name. Others are done at once. */
export function runHere(
  jobs: Readonly<Record<string, (task: JobTask, signal: AbortSignal) => Promise<JobResult>>> = {},
): {
  readonly runJob: RunJob
  /** `1 one`, in the order of their beginning. */
  readonly begun: string[]
} {
  const begun: string[] = []
  const runJob: RunJob = async (task, signal) => {
    begun.push(`${task.tenant.id} ${task.definition.name}`)
    return (await jobs[task.definition.name]?.(task, signal)) ?? { outcome: 'done' }
  }
  return { runJob, begun }
}

/** Runs until the signal ends it. */
export const untilStopped = (_task: JobTask, signal: AbortSignal): Promise<JobResult> =>
  new Promise((resolve) => {
    const stop = () => resolve({ outcome: 'stopped' })
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop)
  })
