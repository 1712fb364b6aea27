import { describeFaults } from '../errors.js'
import type { ListedCopy } from '../migrations/copies.js'
import type { PrunedTable, PruneReport } from '../migrations/prune/prune.js'

/** What was pruned, or would be, a line each. `again`: the command that does it. */
export function describePruning({ database, pruned, tables, copies, kept }: PruneReport, again: string): string {
  const lines = [...tables.map(describeTable), ...copies.map(describeCopy)]
  const isNothing = lines.length === 0
  const heading = isNothing ? 'nothing to prune' : pruned ? 'pruned' : 'can be pruned'
  return [
    `${database}: ${heading}`,
    ...lines.map((line) => `  ${line}`),
    ...(kept.length > 0 ? [`kept, though their modules are not loaded:\n${describeFaults(kept)}`] : []),
    ...(isNothing || pruned ? [] : [`nothing was changed; to drop it for good: ${again}`]),
  ].join('\n')
}

function describeTable({ name, kind, modules, rows }: PrunedTable): string {
  const counted = rows === null ? '' : `, ${count(rows)}`
  return `the ${kind} ${name}${counted}, of ${modules.join(', ')}, which ${modules.length > 1 ? 'are' : 'is'} not loaded`
}

function describeCopy({ name, table, migration, takenAt, rows }: ListedCopy): string {
  const state = takenAt === null ? 'never finished' : `taken ${takenAt}`
  return `${name}, a copy of ${table}${rows === null ? '' : `, ${count(rows)}`}, ${state}, before ${migration}`
}

function count(rows: number): string {
  return rows === 1 ? '1 row' : `${rows} rows`
}
