import { type Fault, M3Error } from '../../errors.js'

/** Throws VALIDATION_FAILED with all that is wrong with a query. */
export function refuseFaultyQuery(faults: readonly Fault[]): void {
  if (faults.length === 0) return
  const list = faults.map(({ path, message }) => `${path} ${message}`).join('; ')
  throw new M3Error('VALIDATION_FAILED', `The request is not valid: ${list}`, { faults })
}
