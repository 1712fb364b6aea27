import { describeFaults } from '../errors.js'
import type { MigrationStep } from '../migrations/diff/step.js'
import type { PlanReport } from '../migrations/plan-report.js'

/**
 * What a migration would do, in order. Under each step its SQL; `!` marks one that can lose data.
 */
export function describePlan({ database, upToDate, written, backsUp, steps, refusals, drift }: PlanReport): string {
  const lines = [
    ...written.map((name) => `  ${name} runs, written by hand`),
    ...(backsUp ? ['  the database is backed up'] : []),
    ...steps.flatMap((step) => [
      `${step.destructive ? '!' : ' '} ${describeStep(step)}`,
      ...step.sql.map((statement) => indent(statement)),
    ]),
  ]
  return [
    `${database}: ${summaryOf(upToDate, lines.length > 0)}`,
    ...lines,
    ...(steps.some(({ destructive }) => destructive) ? ['! can lose data'] : []),
    ...(refusals.length > 0
      ? [
          `refused, so that nothing would be done${written.length > 0 ? ', as the rows are before the migrations written by hand' : ''}:\n${describeFaults(refusals)}`,
        ]
      : []),
    ...(drift.length > 0 ? [`changed since the last migration:\n${describeFaults(drift)}`] : []),
  ].join('\n')
}

function summaryOf(upToDate: boolean, hasSteps: boolean): string {
  if (upToDate) return hasSteps ? 'migrated, but changed since; "m3saas migrate force" would mend it so' : 'up to date'
  return hasSteps ? 'to be migrated' : 'to be looked at; nothing of it changes'
}

/** What happens to a table or a view. */
export function describeStep({ table, changes }: Pick<MigrationStep, 'table' | 'changes'>): string {
  return `${table}: ${changes.join(', ')}`
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '      ')
}
