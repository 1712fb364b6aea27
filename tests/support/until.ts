import assert from 'node:assert/strict'
import { setTimeout } from 'node:timers/promises'

/** Waits for a condition; fails with what was waited for. */
export async function until(condition: () => unknown | Promise<unknown>, what: string, seconds = 20): Promise<void> {
  const deadline = performance.now() + seconds * 1000
  while (!(await condition())) {
    if (performance.now() > deadline) assert.fail(`not within ${seconds} s: ${what}`)
    await setTimeout(10)
  }
}
