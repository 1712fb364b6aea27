import { drawnBar } from './drawn-bar.js'
import type { Terminal } from './terminal.js'

/** How many of many are done, with rate and time left. */
export interface CountingBar {
  begin(total: number): void
  /** One more is done, or has failed. */
  step(hasFailed: boolean): void
  /** Lets something be printed on a line of its own: the bar is drawn over what stands behind it. */
  aside(print: () => void): void
  end(): void
}

/** What the bar leaves to the words beside it: four digits of what is counted, minutes left. */
const WORDS = 54

/** `noun`: what is counted, of seven letters or so. */
export async function countingBar(stream: Terminal['stderr'], noun: string): Promise<CountingBar> {
  const drawn = await drawnBar(
    stream,
    `{bar} {value}/{total} ${noun} | {failed} failed | {rate}/s | {eta_formatted} left`,
    WORDS,
  )
  const began = performance.now()
  let [total, done, failed] = [0, 0, 0]
  const payload = () => ({ rate: Math.round((done * 1000) / Math.max(1, performance.now() - began)), failed })
  const stop = () => {
    if (drawn.isActive) drawn.stop()
  }
  return {
    begin(number) {
      total = number
      drawn.start(total, 0, payload())
    },
    step(hasFailed) {
      done++
      if (hasFailed) failed++
      drawn.update(done, payload())
    },
    aside(print) {
      const isDrawn = drawn.isActive
      stop()
      print()
      if (isDrawn) drawn.start(total, done, payload())
    },
    end: stop,
  }
}
