import { constants, setPriority } from 'node:os'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { NO_BROKER } from '../../contract/no-broker.js'
import { collectGarbage } from '../../engines/collect-garbage.js'
import { openTenant } from '../../engines/open-tenant.js'
import { describeThrown } from './describe-thrown.js'
import { raiseFence, requirePermissions } from './fence.js'
import { JobLog } from './job-log.js'
import { runJob } from './job-run.js'
import type { JobEnd, JobMessage, ThreadReport } from './message.js'
import { NativeGate } from './native-gate.js'
import { openGate } from './open-gate.js'
import { ThreadMqtt } from './thread-mqtt.js'

const MEMORY_MILLISECONDS = 100
/** Connections that the job still uses at its end. */
const CLOSE_SECONDS = 1

/**
 * The entry of a job's thread: one job, then the thread is gone. Whatever of the job's is done to this thread's globals
 * is done to what runs here after it, too: so all that is told from here is looked at on the other side.
 */
export default async function entry(message: JobMessage): Promise<JobEnd> {
  requirePermissions()
  // Those of this thread alone, on Linux: HTTP goes first.
  if (process.platform === 'linux') setPriority(0, constants.priority.PRIORITY_BELOW_NORMAL)
  const post = message.reports.postMessage.bind(message.reports)
  const tell = (report: ThreadReport) => post(report)
  const log = new JobLog(message.log, tell)
  replaceStream('stdout', log)
  replaceStream('stderr', log)
  reportMemory(message.memory, tell)
  process.env.LIBC = message.libc
  const publishing = message.publishing && new ThreadMqtt(message.publishing)
  const opened = (id: number) => tell({ kind: 'session', id })
  const database = await openTenant(message.connection, openGate, opened, new NativeGate(message.gate))
  delete process.env.LIBC
  await raiseFence(message.readable)
  // Here the job could still ask Node for the port by which this task came; it is not asked for in a turn of its own.
  await nextTurn()
  let end: Pick<JobEnd, 'outcome' | 'error'> = { outcome: 'done' }
  try {
    await runJob(message, { database, log, mqtt: publishing?.mqtt ?? NO_BROKER })
    await publishing?.idle()
    // A rejection that nobody waits for ends the thread here, before the run counts as done.
    await nextTurn()
  } catch (error) {
    end = { outcome: 'failed', error: describeThrown(error) }
    // What it has published before it failed is published.
    await publishing?.idle()
  }
  const closing = performance.now()
  await database.close(CLOSE_SECONDS)
  // Only what is cut off takes all of this time; its server may go on with it.
  const closed = performance.now() - closing < CLOSE_SECONDS * 1000
  return { ...end, closed, unwritten: log.unwritten }
}

function replaceStream(name: 'stdout' | 'stderr', log: JobLog): void {
  const value = log.stream(name === 'stdout' ? 'info' : 'warn', name)
  Object.defineProperty(process, name, { value, configurable: true, enumerable: true })
}

function reportMemory(limit: number, tell: (report: ThreadReport) => void): void {
  const { memoryUsage } = process
  const measure = () => {
    const { heapUsed, external } = memoryUsage()
    return heapUsed + external
  }
  const timer = setInterval(() => {
    let bytes = measure()
    if (bytes > limit) {
      // Garbage is not held against a job.
      collectGarbage()
      bytes = measure()
    }
    tell({ kind: 'memory', bytes })
  }, MEMORY_MILLISECONDS)
  timer.unref()
}
