import type { Withheld } from '../engines/dump.js'
import { M3Error, messageOf } from '../errors.js'

/** The backup that was taken before values could be lost. */
export interface TakenBackup {
  /** Of the file. */
  readonly name: string
  readonly bytes: number
  readonly rows: number
  readonly ms: number
}

/** Backs up the database that is about to be migrated; its lock is held by whoever calls. */
export type TakeBackup = (withheld: Withheld) => Promise<TakenBackup>

/** Throws MIGRATION_REFUSED if there is no backup to go back to: then nothing is changed. */
export async function backUpFirst(takeBackup: TakeBackup, withheld: Withheld): Promise<TakenBackup> {
  try {
    return await takeBackup(withheld)
  } catch (error) {
    const message =
      'Values could be lost, and the database could not be backed up before; nothing of the tables was changed'
    const own = error instanceof M3Error ? error : undefined
    const hint = 'see to it, or set migrations.destructive to "allow"'
    throw new M3Error('MIGRATION_REFUSED', message, {
      faults: [{ path: own?.code ?? '', message: `${messageOf(error)}; ${hint}` }],
      ...(own?.retryAfter === undefined ? {} : { retryAfter: own.retryAfter }),
      cause: error,
    })
  }
}
