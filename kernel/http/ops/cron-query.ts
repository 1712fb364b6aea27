import type { Fault } from '../../errors.js'
import { MOMENT_RULE, parseMoment } from '../../moment.js'
import { MOST_RULE, parseMost } from '../../run-filter.js'
import { refuseFaultyQuery } from './query-faults.js'

/** What routes of cron jobs can be asked for, each with its rule, which goes on from "must be". */
const PARAMETERS = {
  now: { rule: MOMENT_RULE, parse: parseMoment },
  dryRun: { rule: 'true or false', parse: (text: string) => ({ true: true, false: false })[text] },
  job: { rule: 'the name of a job, such as notes@v1/purge', parse: (text: string) => text || undefined },
  most: { rule: MOST_RULE, parse: parseMost },
} as const

type Parameters = typeof PARAMETERS
type Parameter = keyof Parameters

export type CronQuery<Known extends Parameter> = {
  readonly [Name in Known]?: NonNullable<ReturnType<Parameters[Name]['parse']>>
}

/** Throws VALIDATION_FAILED with every fault, parameters that this route does not know among them. */
export function cronQueryOf<Known extends Parameter>(
  query: Readonly<Record<string, unknown>>,
  known: readonly Known[],
): CronQuery<Known> {
  const faults: Fault[] = []
  const read: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(query)) {
    const parameter = known.find((each) => each === name)
    if (parameter === undefined) {
      faults.push({ path: name, message: `is not known; known are ${known.join(', ')}` })
      continue
    }
    const { rule, parse } = PARAMETERS[parameter]
    const parsed = typeof value === 'string' ? parse(value) : undefined
    if (parsed === undefined) faults.push({ path: name, message: `must be ${rule}` })
    else read[name] = parsed
  }
  refuseFaultyQuery(faults)
  return read as CronQuery<Known>
}
