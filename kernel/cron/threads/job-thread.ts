import { once } from 'node:events'
import { allowedNodeEnvironmentFlags } from 'node:process'
import { fileURLToPath } from 'node:url'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { Piscina } from 'piscina'
import type { JobMessage } from './message.js'

const ENTRY = fileURLToPath(new URL('./worker.js', import.meta.url))

/** How long a thread that was told to end is waited for, in milliseconds. Native code lets it go only when it is done. */
const END_MILLISECONDS = 3000
/** Far above what a job may take, which is for the memory watch to see to: passing this one may end the process. */
const HEAP_HEADROOM_MEGABYTES = 2048

export interface JobThreadOptions {
  readonly message: Omit<JobMessage, 'reports'>
  /** Whether it may load native code, as the driver for SQLite does. */
  readonly addons: boolean
  readonly readable: readonly string[]
  readonly memoryMegabytes: number
  /** Whatever the thread posts. */
  readonly onReport: (report: unknown) => void
}

/** One thread for one job: a pool of one, gone afterwards, since Piscina keeps what a thread has loaded. */
export class JobThread {
  /** What the entry returned. Rejects if the thread ended before: what was thrown in it, or Piscina's own words. */
  readonly returned: Promise<unknown>
  readonly #pool: Piscina
  readonly #stop = new AbortController()
  readonly #reports: MessagePort
  readonly #exited: Promise<unknown>

  constructor({ message, addons, readable, memoryMegabytes, onReport }: JobThreadOptions) {
    this.#pool = new Piscina({
      filename: ENTRY,
      minThreads: 0,
      maxThreads: 1,
      env: {},
      argv: [],
      execArgv: [...permissions(addons), ...readable.map((place) => `--allow-fs-read=${place}`)],
      resourceLimits: { maxOldGenerationSizeMb: memoryMegabytes + HEAP_HEADROOM_MEGABYTES },
      atomics: 'disabled',
      workerHistogram: false,
      recordTiming: false,
    })
    // Errors that are nobody's: a thread that fails after its end, or messages that a job made up.
    this.#pool.on('error', () => {})
    const { port1, port2 } = new MessageChannel()
    this.#reports = port1
    port1.on('message', onReport)
    const transferList = [port2]
    this.returned = this.#pool.run({ ...message, reports: port2 }, { transferList, signal: this.#stop.signal })
    const [thread] = this.#pool.threads
    this.#exited = thread ? once(thread, 'exit') : Promise.resolve()
    // Its failure is told by `returned`.
    this.#exited.catch(() => {})
  }

  /** Ends it now, whatever it does; `returned` rejects. */
  stop(): void {
    this.#stop.abort()
  }

  /** No more reports are read. */
  stopListening(): void {
    this.#reports.close()
  }

  /** Ends the thread if it runs, and resolves once it is gone: false if it does not go. */
  async end(): Promise<boolean> {
    this.#reports.close()
    const ended = Promise.allSettled([this.#pool.destroy(), this.#exited]).then(() => true)
    let timer: NodeJS.Timeout | undefined
    const patience = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), END_MILLISECONDS)
    })
    try {
      return await Promise.race([ended, patience])
    } finally {
      clearTimeout(timer)
    }
  }
}

/** Newer versions of Node call it by the shorter name. */
function permissions(addons: boolean): string[] {
  const permission = allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission'
  const quiet = ['ExperimentalWarning', 'SecurityWarning'].map((warning) => `--disable-warning=${warning}`)
  return [permission, ...(addons ? ['--allow-addons'] : []), ...quiet]
}
