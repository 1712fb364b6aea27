import type { TenantId } from '../../names.js'
import type { TenantState } from './fleet-decisions.js'
import type { RunState, TenantError, TenantReport } from './fleet-events.js'

export interface FleetTenant {
  readonly id: TenantId
  readonly name: string
}

/** What a migration of all tenants is given. */
export interface FleetParts<T extends FleetTenant> {
  /** The tenants behind `after` in the order of their ids, a page of them; empty at the end. */
  page(after: TenantId): Promise<readonly T[]>
  prepare(tenant: T): Promise<PreparedTenant>
  readonly state: RunStateStore
  /** Main seeds are set back even where there is nothing to migrate. */
  readonly forcesSeeds: boolean
  /** Told of what nobody foresaw; the run goes on. */
  unforeseen(error: unknown, tenant: T): void
  /** Milliseconds on a clock that never goes back. */
  now(): number
}

/** A tenant that was looked at: nothing of it is changed before `migrate`. Whoever got it closes it. */
export interface PreparedTenant {
  /** Of what its modules declare. */
  readonly fingerprint: string
  readonly upToDate: boolean
  migrate(): Promise<TenantReport>
  close(): Promise<void>
}

/** Where a run keeps how far it has come. */
export interface RunStateStore {
  readonly run: number
  readonly continued: boolean
  /** How many there were at its beginning. */
  readonly tenants: number
  known(ids: readonly TenantId[]): Promise<ReadonlyMap<TenantId, TenantState>>
  /** Resolves once it is written. */
  write(note: TenantNote): Promise<void>
  /** As `write`, but for what can be found out again: in portions, the rest with what comes next. */
  writeLater(note: TenantNote): Promise<void>
  /** After all that was noted. */
  end(state: RunState): Promise<void>
}

/** What is noted of a tenant. */
export interface TenantNote extends TenantState {
  readonly tenant: TenantId
  readonly error?: TenantError
  readonly ms: number | null
}
