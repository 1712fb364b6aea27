import { setTimeout } from 'node:timers/promises'
import type { WithinNative } from '../../engines/contract.js'

/** Nothing native runs; it runs; it runs and is the last; none runs and none begins any more. */
const [FREE, INSIDE, LAST, SHUT] = [0, 1, 2, 3]
const POLL_MILLISECONDS = 10

// Taken now: a job may change what others find there.
const { compareExchange, load, store, wait } = Atomics

/** Shared by a thread and whoever terminates it, so that this does not happen while native code runs in it. */
export class NativeGate implements WithinNative {
  readonly #state: Int32Array
  #depth = 0

  constructor(readonly shared = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.#state = new Int32Array(shared)
  }

  /** In the thread. It sleeps here until it is terminated once the gate is shut. */
  enter(): void {
    if (this.#depth++ > 0) return
    if (compareExchange(this.#state, 0, FREE, INSIDE) === SHUT) wait(this.#state, 0, SHUT)
  }

  leave(): void {
    if (--this.#depth > 0) return
    if (compareExchange(this.#state, 0, INSIDE, FREE) !== LAST) return
    store(this.#state, 0, SHUT)
    wait(this.#state, 0, SHUT)
  }

  /** On the other side. Resolves once no native code runs there and none can begin. */
  async shut(): Promise<void> {
    if (compareExchange(this.#state, 0, FREE, SHUT) === FREE) return
    compareExchange(this.#state, 0, INSIDE, LAST)
    while (load(this.#state, 0) !== SHUT) {
      // It became free between the two looks.
      if (compareExchange(this.#state, 0, FREE, SHUT) === FREE) return
      compareExchange(this.#state, 0, INSIDE, LAST)
      await setTimeout(POLL_MILLISECONDS)
    }
  }
}
