import { setTimeout as delay } from 'node:timers/promises'

const LONGEST_MILLIS = 20

/**
 * Runs `attempt` until it fails with something else than a busy database or the time is up; then its last error is
 * thrown. Waiting is asynchronous: the busy timeout of SQLite itself would stop the whole process for its length.
 */
export async function retryBusy<T>(
  attempt: () => T | Promise<T>,
  waitSeconds: number,
  isBusy: (error: unknown) => boolean,
): Promise<T> {
  const deadline = performance.now() + waitSeconds * 1000
  for (let pause = 1; ; pause = Math.min(pause * 2, LONGEST_MILLIS)) {
    try {
      return await attempt()
    } catch (error) {
      if (!isBusy(error) || performance.now() + pause > deadline) throw error
    }
    await delay(pause)
  }
}
