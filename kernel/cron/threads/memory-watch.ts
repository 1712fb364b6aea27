import { memoryUsage } from 'node:process'

/** What the watch knows of a thread. */
export interface WatchedThread {
  /** Bytes that it may hold. */
  readonly limit: number
  /** Ends it: it holds more. */
  end(): void
}

interface Known {
  readonly thread: WatchedThread
  bytes: number
  /** Of the last report, on the clock of `performance.now()`. */
  reported: number
}

const TICK_MILLISECONDS = 50
/** A thread that reports every 100 ms and has not for so long is busy, and may be taking memory. */
const SILENT_MILLISECONDS = 250
/** What a thread may seem to take by itself while it loads, or by what others do to the memory of the process. */
const SLACK = 48 * 1024 * 1024

/**
 * Ends threads that hold too much. V8's own limit cannot be the limit: one allocation that passes it by more than 16 MB,
 * as when a big Map grows, ends the whole process (https://github.com/nodejs/node/blob/v20.x/src/node_worker.cc,
 * Worker::NearHeapLimit); and it does not count Buffers. Threads report what they hold; of those that are too busy to,
 * it is reckoned from how much the process has grown since all had reported.
 */
export class MemoryWatch {
  readonly #threads = new Set<Known>()
  /** Bytes of the process that no thread has reported. */
  #rest = 0
  #timer: NodeJS.Timeout | undefined
  #ticked = 0

  add(thread: WatchedThread): { report(bytes: number): void; remove(): void } {
    const known: Known = { thread, bytes: 0, reported: performance.now() }
    if (this.#threads.size === 0) {
      this.#rest = bytesOfThreads()
      this.#ticked = performance.now()
      this.#timer = setInterval(() => this.#tick(), TICK_MILLISECONDS)
    }
    this.#threads.add(known)
    return {
      report: (bytes) => {
        known.bytes = bytes
        known.reported = performance.now()
        if (bytes > thread.limit) thread.end()
      },
      remove: () => {
        this.#threads.delete(known)
        if (this.#threads.size === 0) clearInterval(this.#timer)
      },
    }
  }

  #tick(): void {
    const now = performance.now()
    const late = now - this.#ticked > SILENT_MILLISECONDS
    this.#ticked = now
    // This thread was busy itself: reports are waiting to be read.
    if (late) return
    const silent = [...this.#threads].filter(({ reported }) => now - reported > SILENT_MILLISECONDS)
    const reported = [...this.#threads].reduce((sum, { bytes }) => sum + bytes, 0)
    const unaccounted = bytesOfThreads() - reported
    if (silent.length === 0) {
      this.#rest = unaccounted
      return
    }
    const grown = unaccounted - this.#rest
    for (const { thread, bytes } of silent) if (bytes + grown > thread.limit + SLACK) thread.end()
  }
}

/** Of the whole process without the heap of this thread, which serves HTTP. */
function bytesOfThreads(): number {
  const { rss, heapTotal, external } = memoryUsage()
  return rss - heapTotal - external
}
