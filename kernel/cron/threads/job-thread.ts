import { allowedNodeEnvironmentFlags } from 'node:process'
import { fileURLToPath } from 'node:url'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { Piscina } from 'piscina'
import type { JobMessage } from './message.js'
import { NativeGate } from './native-gate.js'

/** `worker.ts` and all that it imports in one file, made by build/bundle-thread.mjs. */
const ENTRY = fileURLToPath(new URL('./thread.js', import.meta.url))

/** How long a thread that was told to end is waited for, in milliseconds. Native code lets it go only when it is done. */
const END_MILLISECONDS = 2000
/** Far above what a job may take, which is for the memory watch to see to: passing this one may end the process. */
const HEAP_HEADROOM_MEGABYTES = 2048

export interface JobThreadOptions {
  readonly message: Omit<JobMessage, 'reports' | 'publishing' | 'gate' | 'readable'>
  /** Absent: there is no broker. */
  readonly publishing?: MessagePort | undefined
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
  /** Resolves once the thread is gone. */
  readonly exited: Promise<unknown>
  readonly #pool: Piscina
  readonly #stop = new AbortController()
  readonly #run: Promise<unknown>
  readonly #overdue = deferred()
  #patience: NodeJS.Timeout | undefined
  readonly #reports: MessagePort
  readonly #gate = new NativeGate()

  constructor({ message, publishing, addons, readable, memoryMegabytes, onReport }: JobThreadOptions) {
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
    const ports = publishing ? { reports: port2, publishing } : { reports: port2 }
    const task: JobMessage = { ...message, readable, gate: this.#gate.shared, ...ports }
    this.#run = this.#pool.run(task, { transferList: Object.values(ports), signal: this.#stop.signal })
    this.returned = Promise.race([this.#run, this.#overdue.promise])
    const [thread] = this.#pool.threads
    // What it fails with is told by `returned`.
    this.exited = new Promise((resolve) => thread?.once('exit', resolve) ?? resolve(undefined))
  }

  /** Ends it, whatever it does but for native code: `returned` rejects soon, even if the thread itself goes on for long. */
  stop(): void {
    this.#patience ??= setTimeout(() => this.#overdue.reject(new Error('it does not end')), END_MILLISECONDS)
    void this.#gate.shut().then(() => this.#stop.abort())
  }

  /** No more reports are read. */
  stopListening(): void {
    this.#reports.close()
  }

  /** Ends the thread if it runs, and resolves once it is gone: false if it does not go. */
  async end(): Promise<boolean> {
    clearTimeout(this.#patience)
    this.#reports.close()
    const ended = this.#gate.shut().then(async () => {
      await Promise.allSettled([this.#pool.destroy(), this.exited, this.#run])
      return true
    })
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

function deferred(): { readonly promise: Promise<never>; reject(reason: Error): void } {
  let reject: (reason: Error) => void = () => {}
  const promise = new Promise<never>((_resolve, refuse) => {
    reject = refuse
  })
  return { promise, reject }
}

/** Newer versions of Node call it by the shorter name. */
function permissions(addons: boolean): string[] {
  const permission = allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission'
  const quiet = ['ExperimentalWarning', 'SecurityWarning'].map((warning) => `--disable-warning=${warning}`)
  return ['--conditions=m3saas-thread', permission, ...(addons ? ['--allow-addons'] : []), ...quiet]
}
