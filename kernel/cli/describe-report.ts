import type { RevertReport } from '../migrations/down.js'
import type { ModeReport } from '../migrations/run-mode.js'
import type { TakenBackup } from '../migrations/take-backup.js'
import { size } from './describe-backup.js'
import { describeStep } from './describe-plan.js'

/** A migration's report as a person reads it: what was done, a line each. */
export function describeReport(report: ModeReport & { readonly provisioned?: readonly string[] }): string {
  const seeds = report.seeds.flatMap(({ table, ...counts }) => {
    const done = Object.entries(counts).filter(([, count]) => typeof count === 'number' && count > 0)
    return [
      ...(done.length === 0
        ? []
        : [`seeds of ${table}: ${done.map(([what, count]) => `${count} ${what}`).join(', ')}`]),
      ...counts.conflicts.map((key) => `seed ${key} of ${table} left out: a row of somebody else has its key`),
    ]
  })
  const lines = [
    ...(report.provisioned ?? []),
    ...report.written.map((name) => `ran ${name}`),
    // After those written by hand, which may have made it needless.
    ...(report.backup ? [describeTaken(report.backup)] : []),
    ...report.steps.map(describeStep),
    ...seeds,
  ]
  if (!report.upToDate && lines.length === 0) lines.push('nothing had to change')
  const summary = `${report.database}: ${report.upToDate ? 'up to date' : 'migrated'} in ${report.ms} ms`
  return [summary, ...lines.map((line) => `  ${line}`)].join('\n')
}

/** The backup that came before the steps. */
export function describeTaken({ name, bytes }: TakenBackup): string {
  return `backed up to ${name}, ${size(bytes)}`
}

/** What was reverted, a line each. */
export function describeReverting({ database, reverted, ms }: RevertReport): string {
  if (reverted.length === 0) return `${database}: no hand-written migration to revert`
  return [`${database}: reverted in ${ms} ms`, ...reverted.map((name) => `  ${name}`)].join('\n')
}
