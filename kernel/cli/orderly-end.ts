import type { Terminal } from './terminal.js'

export interface OrderlyEnd {
  /** The first signal has come; the work goes on to where it may end. */
  readonly asked: () => void
  /** Before the process is ended at once. */
  readonly atOnce?: () => void
}

const LONGEST_INTERVAL_MS = 2 ** 31 - 1

/**
 * Lets `work` go on until SIGTERM or SIGINT come, or until whoever read standard output has left: then its signal asks it
 * to end in order. A second signal ends the process at once.
 */
export async function withOrderlyEnd<Result>(
  { stdout, onSignal, exit }: Pick<Terminal, 'stdout' | 'onSignal' | 'exit'>,
  { asked, atOnce = () => {} }: OrderlyEnd,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const ending = new AbortController()
  const leave = () => ending.abort()
  const stopListening = onSignal(['SIGTERM', 'SIGINT'], () => {
    if (ending.signal.aborted) {
      atOnce()
      exit(1)
    }
    leave()
    asked()
  })
  // As with the routes that tell of long work.
  stdout.once('error', leave)
  // Work may wait for timers that keep no process alive, as is right in a server: a command waits for them.
  const alive = setInterval(() => {}, LONGEST_INTERVAL_MS)
  try {
    return await work(ending.signal)
  } finally {
    clearInterval(alive)
    stopListening()
    stdout.off('error', leave)
  }
}
