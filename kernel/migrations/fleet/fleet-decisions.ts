import type { StopReason, TenantOutcome } from './fleet-events.js'
import type { FleetOptions } from './fleet-options.js'

/** What the catalog knows of a tenant in this run. */
export interface TenantState {
  readonly state: 'pending' | 'running' | 'done' | 'failed'
  /** The declaration that its database was brought to. */
  readonly fingerprint: string | null
}

/**
 * Whether its database has all that is declared decides alone whether there is something to migrate: one that was done
 * in this run may have been changed since, by older code or a `down`.
 */
export function decide(
  known: TenantState | undefined,
  found: { readonly fingerprint: string; readonly upToDate: boolean },
  forcesSeeds: boolean,
): 'migrate' | Extract<TenantOutcome, 'upToDate' | 'skipped'> {
  if (!found.upToDate) return 'migrate'
  if (known?.state === 'done' && known.fingerprint === found.fingerprint) return 'skipped'
  return forcesSeeds ? 'migrate' : 'upToDate'
}

/** Why no further tenant may be begun; undefined if one may. Those in work are finished in any case. */
export function stopReason(
  so: { readonly asked: boolean; readonly canaryFailed: boolean; readonly failed: number },
  { maxFailures }: Pick<FleetOptions, 'maxFailures'>,
): StopReason | undefined {
  if (so.canaryFailed) return 'canary'
  if (so.failed >= maxFailures) return 'failures'
  return so.asked ? 'asked' : undefined
}
