import type { Logger } from 'pino'
import type { CatalogRules } from './catalog/tenant-rules.js'
import type { Config } from './config/config.js'
import type { RunJob, Target } from './cron/contract.js'
import type { CronSubstitutes } from './cron/cron.js'
import { kernelJobs } from './cron/kernel-jobs.js'
import { LazyCron } from './cron/lazy-cron.js'
import { tenantSource } from './cron/tenant-source.js'
import type { JobRunner } from './cron/threads/run-job.js'
import type { ConnectionGate, Engine } from './engines/contract.js'
import type { Discovery } from './modules/discover.js'
import type { ModuleStore } from './modules/load.js'
import type { ModuleVersionName } from './names.js'
import { bringUp } from './tenants/bring-up.js'
import type { TenantBuilderParts } from './tenants/build-tenant.js'
import type { PublisherOf } from './tenants/contract.js'

export interface CronAssemblyParts {
  /** The app root, absolute. */
  readonly root: string
  readonly config: Config
  readonly log: Logger
  readonly engine: Engine
  readonly discovery: Discovery
  readonly store: ModuleStore
  readonly rules: CatalogRules
  readonly tenantParts: TenantBuilderParts
  readonly gate: ConnectionGate
  readonly publisherOf: PublisherOf
  backUp(target: Target, signal: AbortSignal): Promise<unknown>
  readonly substitutes?: CronSubstitutes
}

export interface CronAssembly {
  readonly cron: LazyCron
  /** Threads of jobs that cannot be ended. */
  stuckThreads(): number
}

/** Puts the cron jobs of a kernel together. Their calendar and their threads are loaded when they are first needed. */
export function assembleCron(parts: CronAssemblyParts): CronAssembly {
  const { config, log, engine, store, rules, tenantParts, gate, substitutes } = parts
  let runner: Promise<JobRunner> | undefined
  let loaded: JobRunner | undefined
  const runJob: RunJob = async (task, signal) => {
    runner ??= loadRunner(parts)
    loaded = await runner
    return loaded.run(task, signal)
  }
  const cron = new LazyCron(async () => {
    const { Cron } = await import('./cron/cron.js')
    return new Cron({
      ...{ engine, log, gate, runJob },
      tenants: tenantSource(engine.catalog, rules),
      closureOf: tenantParts.closureOf,
      jobsOf: (module) => store.cronjobs(module),
      ownJobs: kernelJobs({ backUp: parts.backUp }, config.backups.repeat),
      bringUp: (tenant, database, modules) => bringUp(tenantParts, tenant, database, modules),
      autoMigration: config.autoMigration,
      timeZone: config.timeZone,
      config: config.cron,
      limits: config.limits,
      ...substitutes,
    })
  })
  return { cron, stuckThreads: () => loaded?.abandoned() ?? 0 }
}

async function loadRunner(parts: CronAssemblyParts): Promise<JobRunner> {
  const { root, config, log, engine, discovery, store, publisherOf } = parts
  const { createRunJob } = await import('./cron/threads/run-job.js')
  const filesOf = async (name: ModuleVersionName) => {
    const source = discovery.sources.get(name)
    return source && { root: source.file, cron: store.cronjobs(name)?.file }
  }
  const { customLengths: lengths } = config.tenants
  return createRunJob({ engine, root, lengths, log, filesOf, limits: config.cron, publisherOf })
}
