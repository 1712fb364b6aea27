import type {
  BackupEvent,
  BackupReport,
  BackupSummary,
  HistoryEntry,
  RestoreReport,
  Target,
} from '../backups/contract.js'
import { describeFaults } from '../errors.js'
import { table } from './output.js'

export function describeBackup(report: BackupReport): string {
  const { target, name, bytes, tables, rows, ms, removed, warnings } = report
  return [
    `${whose(target)} is backed up to ${name}: ${counted(rows, 'row')} of ${counted(tables, 'table')}, ${size(bytes)}, in ${seconds(ms)}`,
    ...removed.map((each) => `  removed ${each}, as the rule of its backups says`),
    ...warnings.map((each) => `  warning: ${each}`),
  ].join('\n')
}

/** What a backup of all tells of, a line each. */
export function describeBackupEvent(event: BackupEvent): string {
  switch (event.event) {
    case 'begin':
      return `backing up ${counted(event.databases, 'database')}`
    case 'backup':
      return describeBackup(event)
    case 'skipped':
      return `${whose(event.target)} is left: ${event.reason}`
    case 'failure': {
      const faults = event.faults ? `\n${describeFaults(event.faults)}` : ''
      return `${whose(event.target)} failed: ${event.code}: ${event.message}${faults}`
    }
    case 'summary': {
      const { databases, done, skipped, failed, bytes, rows, ms } = event
      const calledOff = databases - done - skipped - failed
      const counts = [
        `${done} backed up`,
        ...(skipped > 0 ? [`${skipped} left`] : []),
        `${failed} failed`,
        ...(calledOff > 0 ? [`${calledOff} called off`] : []),
      ]
      const figures = `${counted(rows, 'row')}, ${size(bytes)}`
      return `${counted(databases, 'database')} in ${seconds(ms)}: ${counts.join(', ')}; ${figures}`
    }
  }
}

export function describeBackups(backups: readonly BackupSummary[]): string {
  if (backups.length === 0) return 'no backups'
  const rows = backups.map(({ target, database, taken, bytes, rows, name, beforeMigration, format }) => [
    String(target ?? '-'),
    database,
    taken,
    size(bytes),
    rows === undefined ? '' : String(rows),
    format === 'sql' ? 'sql' : beforeMigration ? 'before a migration' : '',
    name,
  ])
  return table([['of', 'database', 'taken', 'size', 'rows', 'kind', 'name'], ...rows])
}

export function describeHistory(entries: readonly HistoryEntry[]): string {
  if (entries.length === 0) return 'nothing was backed up yet'
  const rows = entries.map(({ started, action, target, database, reason, ms, bytes, rows, name, error }) => [
    started,
    action,
    String(target ?? '-'),
    database,
    reason,
    seconds(ms),
    bytes === undefined ? '' : size(bytes),
    rows === undefined ? '' : String(rows),
    error === undefined ? (name ?? '') : `failed: ${error.split('\n').join('; ')}`,
  ])
  return table([['started', 'what', 'of', 'database', 'why', 'took', 'size', 'rows', ''], ...rows])
}

export function describeRestore(report: RestoreReport): string {
  const { target, database, name, taken, dryRun, added, subscriptions, bytes, tables, rows, warnings, ms } = report
  const what = `${counted(rows, 'row')} of ${counted(tables, 'table')}, ${size(bytes)}, in ${seconds(ms)}`
  const place = added
    ? `the new tenant ${target}, ${database},`
    : target === 'catalog'
      ? 'the catalog'
      : `tenant ${target}`
  const first = dryRun
    ? `${name} loads as it should: ${what}; nothing is changed`
    : `${place} is restored from ${name}, as of ${taken}: ${what}`
  return [
    first,
    ...(added && subscriptions ? [`  subscribed to ${subscriptions.join(' ') || 'nothing'}`] : []),
    ...warnings.map((each) => `  warning: ${each}`),
  ].join('\n')
}

/** `1.4 MB`, a thousand bytes a kilobyte. */
export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  let value = bytes / 1000
  let unit = 0
  // By what is shown: 999.9 kB would be "1000 kB".
  while (Math.round(value) >= 1000 && unit < UNITS.length - 1) {
    value /= 1000
    unit++
  }
  const shown = value.toFixed(1)
  return `${shown.length > 4 ? Math.round(value) : shown} ${UNITS[unit]}`
}

const UNITS = ['kB', 'MB', 'GB', 'TB'] as const

export function whose(target: Target): string {
  return target === 'catalog' ? 'the catalog' : `tenant ${target}`
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
