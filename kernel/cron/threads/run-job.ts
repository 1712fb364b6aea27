import { existsSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import type { Logger } from 'pino'
import type { CronConfig, CustomLengths } from '../../config/config.js'
import type { DatabaseConnection, Engine } from '../../engines/contract.js'
import { messageOf } from '../../errors.js'
import type { ModuleClosure } from '../../modules/load.js'
import { formatModuleVersion, type ModuleVersionName } from '../../names.js'
import type { PublisherOf } from '../../tenants/contract.js'
import type { JobResult, JobTask, RunJob } from '../contract.js'
import { JobPublishing } from './job-publishing.js'
import { JobThread, type JobThreadOptions } from './job-thread.js'
import { MemoryWatch } from './memory-watch.js'
import { readDescription, readEnd } from './message.js'
import { readableFor } from './readable.js'
import { ReportReader } from './report-reader.js'

/** The files of a module version, absolute. */
export interface ModuleFiles {
  readonly root: string
  readonly cron?: string | undefined
}

export interface RunJobParts {
  readonly engine: Pick<Engine, 'connectionOf' | 'cutOff'>
  /** The app root. */
  readonly root: string
  readonly lengths: CustomLengths
  readonly log: Logger
  readonly filesOf: (module: ModuleVersionName) => Promise<ModuleFiles | undefined>
  /** For jobs that declare none. */
  readonly limits: Pick<CronConfig, 'timeoutSeconds' | 'memoryMegabytes'>
  readonly publisherOf: PublisherOf
}

export interface JobRunner {
  readonly run: RunJob
  /**
   * Threads that were told to end and have not: native code, such as a statement of SQLite, holds them. Node waits for
   * them before it lets the process exit.
   */
  abandoned(): number
}

type ThreadTask = JobThreadOptions['message']
type Ending = 'timed_out' | 'out_of_memory' | 'stopped'

const MEGABYTE = 1024 * 1024

/** Runs jobs, each in a thread of its own that has the tenant's connection and nothing else. */
export function createRunJob(parts: RunJobParts): JobRunner {
  const tools: ThreadTools = { watch: new MemoryWatch(), readable: rememberedReadable(parts.root) }
  let abandoned = 0
  const run: RunJob = async (task, signal) => {
    if (signal.aborted) return { outcome: 'stopped', error: 'the process is shutting down' }
    try {
      const message = await messageFor(parts, task)
      const { result, gone } = await runIn(parts, tools, task, message, signal)
      if (gone !== true) {
        abandoned++
        void gone.then(() => abandoned--)
        parts.log.error({ tenant: task.tenant.id, module: task.module, job: task.definition.name }, STUCK)
      }
      return result
    } catch (error) {
      return { outcome: 'failed', error: messageOf(error) }
    }
  }
  return { run, abandoned: () => abandoned }
}

/** What all threads of a runner share. */
interface ThreadTools {
  readonly watch: MemoryWatch
  readonly readable: (files: readonly string[]) => readonly string[]
}

/** The same modules give the same places, as long as the process lives: it does not look for modules again either. */
function rememberedReadable(root: string): ThreadTools['readable'] {
  const known = new Map<string, readonly string[]>()
  return (files) => {
    const key = files.join('\n')
    const places = known.get(key) ?? readableFor(root, files)
    known.set(key, places)
    return places
  }
}

const STUCK =
  'the thread of this job does not end: it runs a statement that cannot be interrupted; it ends with the statement, or ' +
  'with this process'

async function runIn(
  parts: RunJobParts,
  { watch, readable }: ThreadTools,
  task: JobTask,
  message: ThreadTask,
  signal: AbortSignal,
): Promise<{ result: JobResult; gone: true | Promise<unknown> }> {
  const { timeoutSeconds, memoryMegabytes } = { ...parts.limits, ...limitsOf(task) }
  let ending: Ending | undefined
  const end = (reason: Ending) => {
    ending ??= reason
    thread.stop()
  }
  const reader = new ReportReader(message, {
    log: parts.log,
    memory: (bytes) => watched.report(bytes),
    flooded: () => thread.stopListening(),
  })
  const { id, name } = task.tenant
  const mqtt = parts.publisherOf({ id, name })
  const log = parts.log.child({ tenant: id, module: task.module, job: task.definition.name })
  const publishing = mqtt.enabled
    ? new JobPublishing(mqtt, (error) => log.error({ err: error }, 'a message of this job was not published'))
    : undefined
  const thread = new JobThread({
    message,
    publishing: publishing?.port,
    addons: message.connection.kind === 'sqlite',
    readable: readable([...message.modules.map(({ file }) => file), message.job.file]),
    memoryMegabytes,
    onReport: (report) => reader.read(report),
  })
  const watched = watch.add({ limit: message.memory, end: () => end('out_of_memory') })
  const limit = setTimeout(() => end('timed_out'), timeoutSeconds * 1000)
  const onAbort = () => end('stopped')
  signal.addEventListener('abort', onAbort, { once: true })
  let result: JobResult
  let isClosed = false
  try {
    const told = readEnd(await thread.returned)
    isClosed = told?.closed ?? false
    reader.unwritten(told?.unwritten ?? 0)
    result = told
      ? { outcome: told.outcome, ...(told.error ? { error: textOf(told.error) } : {}) }
      : { outcome: 'failed', error: 'its thread told of no end that makes sense' }
  } catch (error) {
    result = ending ? endedBy(ending, timeoutSeconds, memoryMegabytes) : brokenBy(error, memoryMegabytes)
  } finally {
    clearTimeout(limit)
    signal.removeEventListener('abort', onAbort)
    watched.remove()
  }
  publishing?.close()
  const gone = await thread.end()
  if (!isClosed) await cutOff(parts, task, reader.sessions)
  return { result, gone: gone || thread.exited }
}

async function messageFor(parts: RunJobParts, task: JobTask): Promise<ThreadTask> {
  const { tenant, definition, module, closure, attempt, now } = task
  const wanted = neededBy(module, closure)
  const modules = await Promise.all(
    closure.modules
      .map(({ name, version }) => formatModuleVersion(name, version))
      .filter((name) => wanted.has(name))
      .map(async (name) => {
        const files = await parts.filesOf(name)
        if (!files) throw new Error(`no plugin and no package provides ${name} any more`)
        // A thread cannot follow links to what it may read: the links themselves lie elsewhere.
        return { name, file: await realpath(files.root) }
      }),
  )
  const file = (await parts.filesOf(module))?.cron
  if (file === undefined) throw new Error(`${module} has no cron file any more`)
  const { memoryMegabytes } = { ...parts.limits, ...limitsOf(task) }
  return {
    connection: limited(parts.engine.connectionOf(tenant), task.connections),
    tenant: { id: tenant.id, name: tenant.name },
    lengths: parts.lengths,
    modules,
    dependencies: new Map([...closure.dependencies].filter(([name]) => wanted.has(name))),
    job: { module, file: await realpath(file), name: definition.name, attempt, now },
    log: { level: parts.log.level, lines: 1000, characters: 256 * 1024 },
    memory: memoryMegabytes * MEGABYTE,
    libc: existsSync('/etc/alpine-release') ? 'musl' : 'glibc',
  }
}

function limited(connection: DatabaseConnection, connections = connection.limits.connections): DatabaseConnection {
  return { ...connection, limits: { ...connection.limits, connections } }
}

function limitsOf({ definition: { timeoutSeconds, memoryMegabytes } }: JobTask): Partial<RunJobParts['limits']> {
  return { ...(timeoutSeconds ? { timeoutSeconds } : {}), ...(memoryMegabytes ? { memoryMegabytes } : {}) }
}

/** The module and all that it depends on, however far down. */
function neededBy(module: ModuleVersionName, { dependencies }: ModuleClosure): ReadonlySet<ModuleVersionName> {
  const needed = new Set([module])
  for (const name of needed) for (const dependency of dependencies.get(name) ?? []) needed.add(dependency)
  return needed
}

function endedBy(ending: Ending, timeoutSeconds: number, memoryMegabytes: number): JobResult {
  switch (ending) {
    case 'timed_out':
      return { outcome: 'timed_out', error: `it did not end within ${timeoutSeconds} s` }
    case 'out_of_memory':
      return { outcome: 'out_of_memory', error: `it took more than ${memoryMegabytes} MB of memory` }
    case 'stopped':
      return { outcome: 'stopped', error: 'the process was shut down' }
  }
}

/** The thread ended by itself. */
function brokenBy(error: unknown, memoryMegabytes: number): JobResult {
  const { code } = (error ?? {}) as { code?: unknown }
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') return endedBy('out_of_memory', 0, memoryMegabytes)
  const description = readDescription(error)
  const exit = /^worker exited with code: (\d+)$/.exec(description.message)
  if (exit) return { outcome: 'exited', error: `it ended its thread, with the exit code ${exit[1]}` }
  return { outcome: 'failed', error: textOf(description) }
}

function textOf({ name, message }: { readonly name: string; readonly message: string }): string {
  return name === 'Error' || name === 'M3Error' ? message : `${name}: ${message}`
}

/** What the thread has left at the database server. */
async function cutOff({ engine, log }: RunJobParts, { tenant }: JobTask, sessions: ReadonlySet<number>): Promise<void> {
  if (sessions.size === 0) return
  try {
    await engine.cutOff(tenant, [...sessions])
  } catch (error) {
    log.error({ err: error, tenant: tenant.id }, 'connections that a job left at the database server may go on there')
  }
}
