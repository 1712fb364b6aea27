import type { NamedBackup } from '../contract.js'

/** A database's name has no `-`: names that begin alike are no trouble. Moments stand in UTC and sort as text. */
const NAME =
  /^([A-Za-z][A-Za-z0-9_]{0,63})-(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d\.\d{3})Z(\.migration)?\.(backup|sql)\.gz(\.enc)?$/

/** Such as `shop-2026-11-27T21-02-03.456Z.backup.gz`. No colon, which some file systems refuse. */
export function formatBackupName(backup: Omit<NamedBackup, 'name'>): string {
  const { database, taken, beforeMigration, format, encrypted } = backup
  const moment = taken.toISOString().replaceAll(':', '-')
  const kind = `${beforeMigration ? '.migration' : ''}.${format === 'sql' ? 'sql' : 'backup'}`
  return `${database}-${moment}${kind}.gz${encrypted ? '.enc' : ''}`
}

/** Undefined for any name that `formatBackupName` does not give: a foreign file. */
export function parseBackupName(name: string): NamedBackup | undefined {
  const match = NAME.exec(name)
  if (!match) return undefined
  const [, database = '', date, hour, minute, second, migration, kind, encrypted] = match
  const taken = new Date(`${date}T${hour}:${minute}:${second}Z`)
  const backup: NamedBackup = {
    name,
    database,
    taken,
    beforeMigration: migration !== undefined,
    format: kind === 'sql' ? 'sql' : 'archive',
    encrypted: encrypted !== undefined,
  }
  // A date that there is not, such as 30 February, is none of ours.
  return !Number.isNaN(taken.getTime()) && formatBackupName(backup) === name ? backup : undefined
}
