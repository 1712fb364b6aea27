import type { Withheld } from '../../kernel/engines/dump.js'
import type { TakenBackup } from '../../kernel/migrations/take-backup.js'

/** In place of backups that are written: what is asked for is counted. */
export class FakeBackups {
  readonly taken: Withheld[] = []

  readonly take = async (withheld: Withheld = {}): Promise<TakenBackup> => {
    this.taken.push(withheld)
    return backupNamed(this.taken.length)
  }
}

export function backupNamed(number: number): TakenBackup {
  return { name: `backup ${number}`, bytes: 1, rows: 1, ms: 1 }
}
