import type { Terminal } from './terminal.js'

export interface OrderlyEnd {
  /** The first signal has come; the work goes on to where it may end. */
  readonly asked: () => void
  /** Before the process is ended at once. */
  readonly atOnce?: () => void
}

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
  try {
    return await work(ending.signal)
  } finally {
    stopListening()
    stdout.off('error', leave)
  }
}
