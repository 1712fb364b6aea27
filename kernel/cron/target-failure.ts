import { errorCatalogue, M3Error } from '../errors.js'
import type { Target, TargetFailure } from './contract.js'

/** What is told of what a database threw. Of what nobody foresaw the log has the rest: it may hold secrets. */
export function failureOf(target: Target, thrown: unknown): TargetFailure {
  if (!(thrown instanceof M3Error)) {
    return { target, code: 'INTERNAL', message: `${errorCatalogue.INTERNAL.title}: the log has the reason` }
  }
  const { code, message, faults } = thrown
  return { target, code, message, ...(faults.length > 0 ? { faults } : {}) }
}

/** Of a tenant whose database was never made, where no tick may make it. */
export function notProvisioned(target: Target, cause: unknown): M3Error {
  const message = `The database of tenant ${target} is not there, or refuses its user: run "m3saas migrate ${target}"`
  return new M3Error('DATABASE_UNAVAILABLE', message, { cause })
}
