import { fileURLToPath } from 'node:url'
import { MessageChannel } from 'node:worker_threads'
import { Piscina } from 'piscina'
import { M3Error } from '../../errors.js'
import type { WorkOptions } from '../contract.js'
import { fromSent, type ProgressMessage, type Work, type WorkAnswer } from './message.js'
import type { DumpResult, LoadResult } from './tasks.js'

const ENTRY = fileURLToPath(new URL('./worker.js', import.meta.url))
/** A thread that has nothing to do ends after so long. */
const IDLE_MS = 2000
const HEAP_MEGABYTES = 256
/** What is made and forgotten at once: the less of it is kept, the less memory a large database takes. */
const YOUNG_MEGABYTES = 8
/** How long work that is to end may take to clean up. A statement of SQLite cannot be called off. */
const PATIENCE_MS = 5000

/** Threads in which backups are written and read. */
export class ThreadPool {
  readonly #pool: Piscina
  readonly #closing = new AbortController()
  readonly #running = new Set<Promise<unknown>>()

  constructor(parallel: number) {
    this.#pool = new Piscina({
      filename: ENTRY,
      minThreads: 0,
      maxThreads: parallel,
      idleTimeout: IDLE_MS,
      env: {},
      argv: [],
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MEGABYTES, maxYoungGenerationSizeMb: YOUNG_MEGABYTES },
      atomics: 'disabled',
      workerHistogram: false,
      recordTiming: false,
    })
  }

  /** Throws what the work threw; of one that was told to end the signal’s reason. */
  async run(work: Work, options: WorkOptions): Promise<DumpResult | LoadResult> {
    const running = this.#run(work, options)
    this.#running.add(running)
    try {
      return await running
    } finally {
      this.#running.delete(running)
    }
  }

  async #run(work: Work, { signal, progress }: WorkOptions): Promise<DumpResult | LoadResult> {
    const ending = AbortSignal.any([signal, this.#closing.signal])
    ending.throwIfAborted()
    const kill = new AbortController()
    const { port1, port2 } = new MessageChannel()
    let patience: NodeJS.Timeout | undefined
    const end = () => {
      port1.postMessage('end')
      patience = setTimeout(() => kill.abort(), PATIENCE_MS)
    }
    ending.addEventListener('abort', end, { once: true })
    port1.on('message', (told: ProgressMessage) => progress?.(told))
    try {
      const message = { work, port: port2 }
      const answer: WorkAnswer = await this.#pool.run(message, { transferList: [port2], signal: kill.signal })
      if ('result' in answer) return answer.result
      if ('error' in answer) throw fromSent(answer.error)
      throw ending.reason
    } catch (error) {
      throw kill.signal.aborted ? ending.reason : threadFailure(error, work.kind)
    } finally {
      clearTimeout(patience)
      ending.removeEventListener('abort', end)
      port1.close()
    }
  }

  async close(): Promise<void> {
    this.#closing.abort()
    // What runs cleans up before its thread goes; who asked for it hears what became of it.
    await Promise.allSettled(this.#running)
    // Idle threads would keep the process for a while.
    await this.#pool.destroy()
  }
}

/** Of a thread that the system ended. Any other error as it is. */
function threadFailure(error: unknown, kind: Work['kind']): unknown {
  if ((error as NodeJS.ErrnoException).code !== 'ERR_WORKER_OUT_OF_MEMORY') return error
  const code = kind === 'dump' ? 'BACKUP_FAILED' : 'RESTORE_FAILED'
  return new M3Error(code, `It needs more memory than the ${HEAP_MEGABYTES} MiB of its thread`, { cause: error })
}
