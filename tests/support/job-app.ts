import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { readTenant } from '../../kernel/catalog/read.js'
import { catalogRules } from '../../kernel/catalog/tenant-rules.js'
import type { JobDefinition } from '../../kernel/contract/define-cronjobs.js'
import type { JobResult } from '../../kernel/cron/contract.js'
import { createRunJob, type JobRunner } from '../../kernel/cron/threads/run-job.js'
import type { TenantIdentity } from '../../kernel/engines/contract.js'
import { discover } from '../../kernel/modules/discover.js'
import { ModuleStore } from '../../kernel/modules/load.js'
import { makeAppRoot } from '../modules/app-root.js'
import { type App, databaseOn, startApp } from './app.js'
import { type Call, clientOf } from './client.js'
import type { Ending } from './ending.js'
import type { SharedMariaDb } from './mariadb.js'
import { seedFiles } from './seeds.js'

/** A server with modules whose jobs are run one by one, past the tick. */
export interface JobApp {
  readonly app: App
  readonly call: Call
  readonly runner: JobRunner
  /** The databases, and users, of the tenants 1, 2, … */
  readonly databases: readonly string[]
  readonly identities: readonly TenantIdentity[]
  readonly passwords: readonly string[]
  /** Runs a job of `<module>@v1` for a tenant. */
  run(tenant: number, module: string, job: string, limits?: JobLimits, signal?: AbortSignal): Promise<JobResult>
  /** What jobs of the module have logged for the tenant: their own fields and the text. */
  logged(tenant: number, module: string): { readonly text: string; readonly data: Record<string, unknown> }[]
}

export type JobLimits = Pick<JobDefinition, 'timeoutSeconds' | 'memoryMegabytes'>

export interface JobAppOptions {
  readonly server?: SharedMariaDb | undefined
  /** Files below `plugins/`, path → content. */
  readonly plugins: Readonly<Record<string, string>>
  /** Other files of the app root, path → content. */
  readonly files?: Readonly<Record<string, string>>
  /** Changes the app root before it is looked through. */
  readonly prepare?: (root: string) => Promise<void>
  /** Modules (version 1) that every tenant subscribes to. */
  readonly modules: readonly string[]
  readonly tenants?: number
  readonly config?: object
}

export async function startJobApp(
  ending: Ending,
  { server, plugins, files = {}, prepare, modules, tenants = 2, config }: JobAppOptions,
): Promise<JobApp> {
  const run = randomBytes(4).toString('hex')
  const ids = Array.from({ length: tenants }, (_, i) => i + 1)
  const databases = ids.map((id) => `job_${id}_${run}`)
  const passwords = databases.map((name) => `the password of ${name}`)
  const root = await makeAppRoot(ending, {
    'package.json': JSON.stringify({ name: 'app', private: true, type: 'module' }),
    ...Object.fromEntries(Object.entries(plugins).map(([file, content]) => [`plugins/${file}`, content])),
    ...files,
    ...seedFiles({
      tenants: databases.map((name, i) => ({ id: i + 1, name, user: name, password: passwords[i] })),
      modules: modules.map((name, i) => ({ id: i + 1, name })),
      subscriptions: ids.flatMap((tenant_id) =>
        modules.map((_, i) => ({
          id: (tenant_id - 1) * modules.length + i + 1,
          tenant_id,
          module_id: i + 1,
          version: 1,
        })),
      ),
    }),
  })
  await prepare?.(root)
  const database = server && databaseOn(server)
  const app = await startApp({ root, config: { ...(database ? { tenants: { database } } : {}), ...config } })
  ending.after(() => app.close())
  const { engine, config: parsed, log } = app.kernel
  const discovery = await discover(root)
  const store = new ModuleStore(discovery)
  const lengths = parsed.tenants.customLengths
  const runner = createRunJob({
    engine,
    root,
    lengths,
    log,
    filesOf: async (name) => {
      const source = discovery.sources.get(name)
      const cron = source && path.join(source.folder, `${source.module}.cron.mjs`)
      return source && { root: source.file, ...(cron && existsSync(cron) ? { cron } : {}) }
    },
    limits: { timeoutSeconds: 20, memoryMegabytes: 64 },
    publisherOf: (tenant) => app.kernel.mqtt.of(tenant),
  })
  const call = clientOf(app.url)
  // Migrated and served: its jobs find what they need.
  for (const id of ids) await app.kernel.registry.build(id)
  const rows = await Promise.all(
    ids.map((id) => readTenant(engine.catalog, id, catalogRules(parsed, engine.catalog.name))),
  )
  const identities = rows.filter((row) => row !== undefined)
  return {
    app,
    call,
    runner,
    identities,
    databases,
    passwords,
    async run(id, module, job, limits = {}, signal = new AbortController().signal) {
      const tenant = identities[id - 1]
      if (!tenant) throw new Error(`there is no tenant ${id}`)
      const closure = await store.closure(tenant.subscriptions, tenant.dependencies)
      const definition = { name: job, schedule: { repeat: 'day', every: 1 }, run: () => {}, ...limits } as const
      return runner.run({ tenant, closure, module: `${module}@v1`, definition, attempt: 1, now: new Date() }, signal)
    },
    logged: (tenant, module) =>
      app.log
        .filter((line) => line.tenant === tenant && line.module === `${module}@v1`)
        .map((line) => ({
          text: String(line.msg),
          data: { job: line.job, ...(line.data as Record<string, unknown> | undefined) },
        })),
  }
}
