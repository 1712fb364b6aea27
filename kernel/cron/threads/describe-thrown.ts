import { inspect } from 'node:util'
import { reasonOf } from '../../modules/import-file.js'
import { MOST_CHARACTERS, type ThrownDescription } from './message.js'

/** What was thrown, be it an error or anything else, and be it made to hurt whoever looks at it. No stack. */
export function describeThrown(thrown: unknown): ThrownDescription {
  try {
    return { name: thrown instanceof Error ? String(thrown.name).slice(0, 200) : 'Error', message: shortText(thrown) }
  } catch {
    // Its own getters throw.
    return { name: 'Error', message: 'it threw something that cannot be looked at' }
  }
}

function shortText(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown.slice(0, MOST_CHARACTERS)
  if (thrown instanceof Error) return reasonOf(thrown).slice(0, MOST_CHARACTERS)
  const shown = inspect(thrown, {
    customInspect: false,
    depth: 2,
    maxArrayLength: 20,
    maxStringLength: 200,
    breakLength: Infinity,
  })
  return `it threw ${shown}`.slice(0, MOST_CHARACTERS)
}
