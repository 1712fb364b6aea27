import { M3Error, messageOf } from '../../../errors.js'
import { errnoOf } from '../failures.js'

/**
 * What a server cannot do for its own sake, whatever it is told: its disk or memory is full (1021, 1037, 1038, 1041, 1114),
 * somebody holds a lock (1205, 1213) or stopped the statement (1317, 1969, 3024), it is read-only (1290, 1836).
 */
const SERVER_TROUBLE = new Set([1021, 1037, 1038, 1041, 1114, 1205, 1213, 1290, 1317, 1836, 1969, 3024])

/** What the server refuses is the file’s fault, unless the server is in trouble or gone. */
export async function loading<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof M3Error) throw error
    const message = messageOf(error)
    if (SERVER_TROUBLE.has(errnoOf(error))) {
      throw new M3Error('RESTORE_FAILED', `The database server could not load ${what}: ${message}`, { cause: error })
    }
    const refusal = `The server does not take ${what} as it was backed up: ${message}`
    throw new M3Error('BACKUP_INVALID', refusal, { cause: error })
  }
}
