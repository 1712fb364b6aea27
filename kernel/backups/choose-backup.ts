import { M3Error } from '../errors.js'
import type { NamedBackup } from './contract.js'
import { parseBackupName } from './folder/backup-name.js'

const DATE = /^\d{4}-\d\d-\d\d$/
/** So many names are shown to whoever asked for one that there is not. */
const MOST_SHOWN = 5

/** Goes on from "must be". */
export const AT_RULE = 'a date, such as 2026-11-27, or the name of a backup'

export function isAt(text: string): boolean {
  return isDate(text) || parseBackupName(text) !== undefined
}

/**
 * Which backup of a database is meant: the latest, the latest of a calendar date, or one by its name. `backups` are the
 * newest first. Throws BACKUP_UNKNOWN, telling which there are. Pure.
 */
export function chooseBackup<B extends NamedBackup>(
  backups: readonly B[],
  database: string,
  at: string | undefined,
  dateOf: (moment: Date) => string,
): B {
  const archives = backups.filter((backup) => backup.database === database && backup.format === 'archive')
  const chosen = archives.find((backup) => {
    if (at === undefined) return true
    return isDate(at) ? dateOf(backup.taken) === at : backup.name === at
  })
  if (chosen) return chosen
  const wanted =
    at === undefined ? 'no backup' : isDate(at) ? `no backup of ${at}` : `no backup named ${at.slice(0, 200)}`
  const shown = archives.slice(0, MOST_SHOWN).map(({ name }) => name)
  const more = archives.length > shown.length ? `, and ${archives.length - shown.length} more` : ''
  const hint = shown.length === 0 ? 'there is none' : `there are ${shown.join(', ')}${more}`
  throw new M3Error('BACKUP_UNKNOWN', `The database ${database} has ${wanted}: ${hint}`)
}

function isDate(text: string): boolean {
  return DATE.test(text)
}
