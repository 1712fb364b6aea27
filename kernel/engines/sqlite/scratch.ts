import type { Session } from '../contract.js'
import { HeldConnection } from '../held-connection.js'
import type { HandleCloser } from './handle-closer.js'
import { openMemory } from './sqlite-driver.js'

const NAME = 'scratch'

/** A database in memory for as long as `fn` runs. */
export async function scratch<T>(closer: HandleCloser, fn: (session: Session) => Promise<T>): Promise<T> {
  const connection = await openMemory(NAME, closer)
  try {
    return await fn(new HeldConnection(connection, 'BEGIN'))
  } finally {
    await connection.close()
  }
}
