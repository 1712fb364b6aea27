/** The time of the wall, and timers. A test has one that moves when it says so. */
export interface Clock {
  now(): Date
  /** Milliseconds of a clock that nobody sets. */
  elapsed(): number
  /** Calls `fn` once after so many milliseconds, unless the returned function is called before. */
  after(ms: number, fn: () => void): () => void
}

export const systemClock: Clock = {
  now: () => new Date(),
  elapsed: () => performance.now(),
  after(ms, fn) {
    const timer = setTimeout(fn, ms)
    return () => clearTimeout(timer)
  },
}

/** Resolves after so many milliseconds, or as soon as the signal says so. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const end = () => {
      cancel()
      signal.removeEventListener('abort', end)
      resolve()
    }
    const cancel = clock.after(ms, end)
    signal.addEventListener('abort', end)
  })
}
