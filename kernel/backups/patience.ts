import { M3Error } from '../errors.js'

/** How long a migration of the database, or another backup or restore of it, is waited for. */
const WAIT_SECONDS = 60
/** So often whoever waits looks whether it is still wanted. */
const LOOK_SECONDS = 1

/**
 * Takes a lock, waiting for whoever holds it for a minute. `attempt` waits as long as it is told to, and calls `begin` once
 * it has the lock. Throws LOCKED when the time is up, and the signal’s reason within a second of its being called off.
 */
export async function patiently<T>(
  signal: AbortSignal,
  attempt: (waitSeconds: number, begin: () => void) => Promise<T>,
): Promise<T> {
  const last = performance.now() + (WAIT_SECONDS - LOOK_SECONDS) * 1000
  for (;;) {
    signal.throwIfAborted()
    let hasBegun = false
    try {
      return await attempt(LOOK_SECONDS, () => {
        hasBegun = true
      })
    } catch (error) {
      const isWaiting = !hasBegun && error instanceof M3Error && error.code === 'LOCKED'
      if (!isWaiting || performance.now() > last) throw error
    }
  }
}
