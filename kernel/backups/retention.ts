import type { NamedBackup } from './contract.js'

/** How many backups of a database are kept; less than 1 is unlimited. */
export interface RetentionRule {
  /** The newest of each calendar date. */
  readonly perDay: number
  /** The newest of all. */
  readonly max: number
}

/**
 * The names of those backups of a database that go, the oldest first, after the one named `fresh` was made. Ordinary
 * backups: of each date the newest `perDay` stay, and of these the newest `max`. Backups before migrations are counted
 * apart, by `max` alone: what a later migration of the day begins with must not push out what the first began with. The
 * fresh one stays whatever the clocks say, and counts as the newest. Exports are nobody's to remove. Pure; `dateOf` gives
 * the calendar date of a moment where the rule is meant.
 */
export function expired(
  backups: readonly NamedBackup[],
  database: string,
  rule: RetentionRule,
  dateOf: (moment: Date) => string,
  fresh: string,
): readonly string[] {
  const archives = backups
    .filter((backup) => backup.database === database && backup.format === 'archive')
    .sort((a, b) => rank(b, fresh) - rank(a, fresh) || b.taken.getTime() - a.taken.getTime())
  const ordinary = archives.filter(({ beforeMigration }) => !beforeMigration)
  const ofDay = new Map<string, number>()
  const kept = ordinary.filter(({ taken }) => {
    const date = dateOf(taken)
    const place = (ofDay.get(date) ?? 0) + 1
    ofDay.set(date, place)
    return rule.perDay < 1 || place <= rule.perDay
  })
  const staying = new Set([
    ...newest(kept, rule.max),
    ...newest(
      archives.filter(({ beforeMigration }) => beforeMigration),
      rule.max,
    ),
  ])
  return archives
    .filter((backup) => !staying.has(backup))
    .map(({ name }) => name)
    .reverse()
}

function newest(backups: readonly NamedBackup[], max: number): readonly NamedBackup[] {
  return max < 1 ? backups : backups.slice(0, max)
}

function rank({ name }: NamedBackup, fresh: string): number {
  return name === fresh ? 1 : 0
}
