import { describeFaults } from '../errors.js'
import type { MigrationStep } from '../migrations/diff/step.js'
import type { PlanReport } from '../migrations/plan-report.js'

/**
 * What a migration would do, in order. Under each step its SQL; `!` marks one that can lose data.
 */
export function describePlan({ database, upToDate, written, steps, refusals, drift }: PlanReport): string {
  const lines = [
    ...written.map((name) => `  ${name} runs, written by hand`),
    ...steps.flatMap((step) => [
      `${step.destructive ? '!' : ' '} ${describeStep(step)}`,
      ...step.sql.map((statement) => indent(statement)),
    ]),
  ]
  return [
    `${database}: ${upToDate ? 'up to date' : lines.length > 0 ? 'to be migrated' : 'to be looked at; nothing of it changes'}`,
    ...lines,
    ...(steps.some(({ destructive }) => destructive) ? ['! can lose data'] : []),
    ...(refusals.length > 0 ? [`refused, so that nothing would be done:\n${describeFaults(refusals)}`] : []),
    ...(drift.length > 0 ? [`changed since the last migration:\n${describeFaults(drift)}`] : []),
  ].join('\n')
}

/** What happens to a table or a view. */
export function describeStep({ table, changes }: Pick<MigrationStep, 'table' | 'changes'>): string {
  return `${table}: ${changes.join(', ')}`
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '      ')
}
