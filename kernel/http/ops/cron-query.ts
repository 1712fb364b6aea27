import { MOMENT_RULE, parseMoment } from '../../moment.js'
import { MOST_RULE, parseMost } from '../../run-filter.js'
import { TRUE_OR_FALSE } from './query.js'

/** What routes of cron jobs can be asked for. */
export const CRON_QUERY = {
  now: { rule: MOMENT_RULE, parse: parseMoment },
  dryRun: TRUE_OR_FALSE,
  job: { rule: 'the name of a job, such as notes@v1/purge', parse: (text: string) => text || undefined },
  most: { rule: MOST_RULE, parse: parseMost },
} as const
