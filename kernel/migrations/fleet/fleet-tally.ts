import { errorCatalogue, type Fault, M3Error } from '../../errors.js'
import type { FailureGroup, FleetSummary, StopReason, TenantError, TenantEvent } from './fleet-events.js'

/** What has come of a run so far. Its size does not grow with the number of tenants. */
export type Tally = Pick<FleetSummary, 'migrated' | 'upToDate' | 'skipped' | 'failed' | 'failures'>

/** What a run leaves. */
export interface Unbegun {
  readonly stopped: StopReason | undefined
  readonly turned: number
  readonly isMore: boolean
}

export const NOTHING_YET: Tally = { migrated: 0, upToDate: 0, skipped: 0, failed: 0, failures: [] }

/** Of each group of failures so many tenants are named, and so many groups are told apart. */
const NAMED = 10
const GROUPS = 20
const OTHERS = 'for other reasons'
/** Of the first tenant of a group so many faults are told. */
const FAULTS = 5

export function add(tally: Tally, { outcome, tenant, name, error }: TenantEvent): Tally {
  const counted = { ...tally, [outcome]: tally[outcome] + 1 }
  if (!error) return counted
  // Tenants that failed alike must not differ by what they are called.
  const message = error.message.replaceAll(`database ${name}`, 'database')
  return { ...counted, failures: group(tally.failures, { ...error, message }, tenant) }
}

/** Alike are failures with the same message about the same tables, columns or modules, whichever rows they name. */
function group(groups: readonly FailureGroup[], error: TenantError, tenant: number): FailureGroup[] {
  const { code, message, faults = [] } = error
  const cause = causeOf(error)
  const known = groups.findIndex((each) => causeOf(each) === cause)
  const others = groups.findIndex((each) => each.message === OTHERS)
  const at = known >= 0 || groups.length < GROUPS ? known : others
  const found = groups[at]
  if (!found) {
    const isLast = groups.length >= GROUPS
    const what = isLast ? { code: '', message: OTHERS } : { code, message, ...firstOf(faults) }
    return [...groups, { ...what, count: 1, tenants: [tenant] }]
  }
  const tenants = found.tenants.length < NAMED ? [...found.tenants, tenant] : found.tenants
  return groups.with(at, { ...found, count: found.count + 1, tenants })
}

function causeOf({ code, message, faults = [] }: TenantError | FailureGroup): string {
  return [code, message, ...faults.slice(0, FAULTS).map(({ path }) => path)].join('\n')
}

function firstOf(faults: readonly Fault[]): Pick<FailureGroup, 'faults'> {
  return faults.length > 0 ? { faults: faults.slice(0, FAULTS) } : {}
}

/**
 * `stopped`: why no more tenants were begun. `turned`: those that were about to be, and were not; `isMore`: there are others
 * behind them. A run is taken up by the next one unless every tenant is done.
 */
export function summarize(
  { run, tenants }: Pick<FleetSummary, 'run' | 'tenants'>,
  tally: Tally,
  { stopped, turned, isMore }: Unbegun,
  ms: number,
): FleetSummary {
  const { migrated, upToDate, skipped, failed } = tally
  const begun = migrated + upToDate + skipped + failed
  // Tenants that were added or removed since the beginning are not counted.
  const remaining = turned + (isMore ? Math.max(1, tenants - begun - turned) : 0)
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
