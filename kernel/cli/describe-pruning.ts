import { describeFaults } from '../errors.js'
import type { PrunedTable, PruneReport } from '../migrations/prune/prune.js'
import { describeTaken } from './describe-report.js'

/** What was pruned, or would be, a line each. `again`: the command that does it. */
export function describePruning({ database, pruned, tables, backup, kept }: PruneReport, again: string): string {
  const lines = tables.map(describeTable)
  const isNothing = lines.length === 0
  const heading = isNothing ? 'nothing to prune' : pruned ? 'pruned' : 'can be pruned'
  return [
    `${database}: ${heading}`,
    ...(backup ? [`  ${describeTaken(backup)}`] : []),
    ...lines.map((line) => `  ${line}`),
    ...(kept.length > 0 ? [`kept, though their modules are not loaded:\n${describeFaults(kept)}`] : []),
    ...(isNothing || pruned ? [] : [`nothing was changed; to drop it: ${again}`]),
  ].join('\n')
}

function describeTable({ name, kind, modules, rows }: PrunedTable): string {
  const counted = rows === null ? '' : `, ${count(rows)}`
  return `the ${kind} ${name}${counted}, of ${modules.join(', ')}, which ${modules.length > 1 ? 'are' : 'is'} not loaded`
}

function count(rows: number): string {
  return rows === 1 ? '1 row' : `${rows} rows`
}
