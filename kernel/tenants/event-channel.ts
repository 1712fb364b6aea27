/**
 * What `work` emits, to be read one event after another. `emit` waits until its event is taken. A reader that stops early
 * has the signal tell `work` so; what is emitted from then on is dropped, and the reader waits for the end of `work`.
 */
export async function* eventsOf<T>(
  work: (emit: (event: T) => Promise<void>, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): AsyncGenerator<T, void, undefined> {
  const leaving = new AbortController()
  const waiting: { readonly event: T; readonly taken: () => void }[] = []
  let wake = () => {}
  let over = false
  const emit = (event: T) =>
    new Promise<void>((taken) => {
      if (leaving.signal.aborted) return taken()
      waiting.push({ event, taken })
      wake()
    })
  const running = work(emit, AbortSignal.any([signal, leaving.signal])).finally(() => {
    over = true
    wake()
  })
  // It is thrown below, to the reader.
  running.catch(() => undefined)
  try {
    for (;;) {
      const next = waiting.shift()
      if (next) {
        // The reader asked for it; it may not ask again.
        next.taken()
        yield next.event
      } else if (over) break
      else {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    }
  } finally {
    leaving.abort()
    for (const { taken } of waiting.splice(0)) taken()
    await running
  }
}
