/** Work that runs once at a time, however many ask for it. */
export class Coalesced {
  readonly #work: () => Promise<void>
  #running: Promise<void> | undefined
  #queued: Promise<void> | undefined

  constructor(work: () => Promise<void>) {
    this.#work = work
  }

  /**
   * Resolves after a run that begins from now on: one under way may have missed what its caller has just done. All who
   * ask during one run share the next.
   */
  run(): Promise<void> {
    if (this.#running) this.#queued ??= this.#running.then(this.#begin, this.#begin)
    return this.#queued ?? this.#begin()
  }

  /** Resolves when nothing runs, and nothing is to run, any more. */
  settled(): Promise<void> {
    return this.#queued ?? this.#running ?? Promise.resolve()
  }

  readonly #begin = (): Promise<void> => {
    this.#queued = undefined
    this.#running = this.#work().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }
}
