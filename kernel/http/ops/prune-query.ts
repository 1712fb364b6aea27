import type { Fault } from '../../errors.js'
import { DAYS_RULE, type PruneChoice, parseDays } from '../../migrations/prune/prune-request.js'
import { refuseFaultyQuery } from './query-faults.js'

/** `?tables=true&copies=true&olderThan=30`. Throws VALIDATION_FAILED with every fault. */
export function pruneChoiceOf(query: Readonly<Record<string, unknown>>): PruneChoice {
  const faults: Fault[] = []
  let choice: PruneChoice = {}
  for (const [path, value] of Object.entries(query)) {
    if (path === 'tables' || path === 'copies') {
      if (value === 'true' || value === 'false') choice = { ...choice, [path]: value === 'true' }
      else faults.push({ path, message: 'must be true or false' })
    } else if (path === 'olderThan') {
      const olderThan = typeof value === 'string' ? parseDays(value) : undefined
      if (olderThan === undefined) faults.push({ path, message: `must be ${DAYS_RULE}` })
      else choice = { ...choice, olderThan }
    } else faults.push({ path, message: 'is not known; known are tables, copies, olderThan' })
  }
  refuseFaultyQuery(faults)
  return choice
}
