import type { MysqlConnection } from '../connection.js'

/** Of a machine that dies without a word, and with it the lock of what it restored. */
const FORGOTTEN_SECONDS = 120
const SIGN_OF_LIFE_MS = 20_000
/** Whoever reads the tables and cannot be ended, such as an export of an administrator's, is waited for so long. */
const LOCK_WAIT_SECONDS = 60

/**
 * A load may take hours, in which the connection that holds the lock has nothing to do: it says now and then that it is
 * there. Gives what ends that.
 */
export async function keepAwake(root: MysqlConnection): Promise<() => void> {
  await root.execute(`SET SESSION wait_timeout = ${FORGOTTEN_SECONDS}, lock_wait_timeout = ${LOCK_WAIT_SECONDS}`)
  let isAsking = false
  const timer = setInterval(() => {
    if (isAsking) return
    isAsking = true
    // If it is gone, the next statement of the restore says so.
    void root
      .execute('DO 0')
      .catch(() => undefined)
      .finally(() => {
        isAsking = false
      })
  }, SIGN_OF_LIFE_MS)
  return () => clearInterval(timer)
}
