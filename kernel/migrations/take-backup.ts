import { type ErrorCode, M3Error, messageOf } from '../errors.js'

/** The backup that was taken before values could be lost. */
export interface TakenBackup {
  /** Of the file. */
  readonly name: string
  readonly bytes: number
  readonly rows: number
  readonly ms: number
}

/** Backs up the database that is about to be migrated; its lock is held by whoever calls. */
export type TakeBackup = () => Promise<TakenBackup>

/** They pass by themselves and say when: no space has to be made for them, and no setting changed. */
const PASSING: readonly ErrorCode[] = ['LOCKED', 'DATABASE_UNAVAILABLE', 'OVERLOADED', 'SHUTTING_DOWN']

/**
 * Throws MIGRATION_REFUSED if there is no backup to go back to, and LOCKED, DATABASE_UNAVAILABLE, OVERLOADED or
 * SHUTTING_DOWN as they are: then no step is begun.
 */
export async function backUpFirst(takeBackup: TakeBackup): Promise<TakenBackup> {
  try {
    return await takeBackup()
  } catch (error) {
    if (error instanceof M3Error && PASSING.includes(error.code)) throw error
    const message =
      'Values could be lost, and the database could not be backed up before; nothing of the tables was changed'
    const own = error instanceof M3Error ? error : undefined
    const hint = 'make room or see to what it says, or set migrations.destructive to "allow"'
    throw new M3Error('MIGRATION_REFUSED', message, {
      faults: [{ path: own?.code ?? '', message: `${messageOf(error)}; ${hint}` }],
      ...(own?.retryAfter === undefined ? {} : { retryAfter: own.retryAfter }),
      cause: error,
    })
  }
}
