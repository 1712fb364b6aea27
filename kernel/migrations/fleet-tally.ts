import { errorCatalogue, M3Error } from '../errors.js'
import type { FailureGroup, FleetSummary, StopReason, TenantError, TenantEvent } from './fleet-events.js'

/** What has come of a run so far. Its size does not grow with the number of tenants. */
export type Tally = Pick<FleetSummary, 'migrated' | 'upToDate' | 'skipped' | 'failed' | 'failures'>

export const NOTHING_YET: Tally = { migrated: 0, upToDate: 0, skipped: 0, failed: 0, failures: [] }

/** Of each group of failures so many tenants are named, and so many groups are told apart. */
const NAMED = 10
const GROUPS = 20
const OTHERS = 'for other reasons'

export function add(tally: Tally, { outcome, tenant, name, error }: TenantEvent): Tally {
  const counted = { ...tally, [outcome]: tally[outcome] + 1 }
  if (!error) return counted
  // Tenants that failed alike must not differ by what they are called.
  const message = error.message.replaceAll(`database ${name}`, 'database')
  return { ...counted, failures: group(tally.failures, { ...error, message }, tenant) }
}

function group(
  groups: readonly FailureGroup[],
  { code, message }: { readonly code: string; readonly message: string },
  tenant: number,
): FailureGroup[] {
  const known = groups.findIndex((each) => each.code === code && each.message === message)
  const others = groups.findIndex((each) => each.message === OTHERS)
  const at = known >= 0 || groups.length < GROUPS ? known : others
  const found = groups[at]
  if (!found) {
    const isLast = groups.length >= GROUPS
    return [...groups, { code: isLast ? '' : code, message: isLast ? OTHERS : message, count: 1, tenants: [tenant] }]
  }
  const tenants = found.tenants.length < NAMED ? [...found.tenants, tenant] : found.tenants
  return groups.with(at, { ...found, count: found.count + 1, tenants })
}

/** `stopped`: why no more tenants were begun. A run is taken up by the next one unless every tenant is done. */
export function summarize(
  { run, tenants }: Pick<FleetSummary, 'run' | 'tenants'>,
  tally: Tally,
  stopped: StopReason | undefined,
  ms: number,
): FleetSummary {
  const { migrated, upToDate, skipped, failed } = tally
  // Tenants that were added or removed meanwhile are not counted: at the end of the list nothing remains.
  const remaining = stopped ? Math.max(0, tenants - migrated - upToDate - skipped - failed) : 0
  const state = remaining > 0 ? 'stopped' : failed > 0 ? 'failed' : 'done'
  const reason = remaining > 0 && stopped ? { stopped } : {}
  return { event: 'summary', run, state, ...reason, tenants, ...tally, remaining, ms }
}

/** What is told of what a tenant's migration threw. Of what nobody foresaw the log has the rest: it may hold secrets. */
export function errorOf(thrown: unknown): TenantError {
  if (!(thrown instanceof M3Error)) {
    return { code: 'INTERNAL', message: `${errorCatalogue.INTERNAL.title}: the log of this run has the reason` }
  }
  const { code, message, faults } = thrown
  return { code, message, ...(faults.length > 0 ? { faults } : {}) }
}
