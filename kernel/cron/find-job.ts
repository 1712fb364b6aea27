import { closest } from 'fastest-levenshtein'
import { M3Error } from '../errors.js'
import type { RegisteredJob, Target } from './contract.js'

/** The job of a database. Throws JOB_UNKNOWN, naming those that there are. */
export function findJob(jobs: readonly RegisteredJob[], target: Target, module: string, name: string): RegisteredJob {
  const found = jobs.find((job) => job.module === module && job.name === name)
  if (found) return found
  const whose = target === 'catalog' ? 'The catalog' : `Tenant ${target}`
  const known = jobs.map((job) => `${job.module} ${job.name}`)
  const nearest = known.length > 0 ? closest(`${module} ${name}`, known) : undefined
  const hint = nearest === undefined ? 'it has none' : `did you mean ${nearest}? It has: ${known.join(', ')}`
  throw new M3Error('JOB_UNKNOWN', `${whose} has no job ${name} of ${module}; ${hint}`)
}
