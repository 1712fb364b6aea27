import type { Fault } from '../../errors.js'
import type { TenantId } from '../../names.js'
import type { MigrationReport } from '../migrate.js'

/** What a migration of all tenants tells as it goes; plain data, ready for JSON. First `begin`, last `summary`. */
export type FleetEvent = FleetBegin | TenantEvent | FleetSummary

export interface FleetBegin {
  readonly event: 'begin'
  /** Its number in the catalog. */
  readonly run: number
  /** It takes up a run that was stopped or killed, or had failures. */
  readonly continued: boolean
  /** How many there are in the catalog. */
  readonly tenants: number
}

/** `skipped`: done earlier in the same run, and still as it was left. */
export type TenantOutcome = 'migrated' | 'upToDate' | 'skipped' | 'failed'

export interface TenantEvent {
  readonly event: 'tenant'
  readonly tenant: TenantId
  readonly name: string
  readonly outcome: TenantOutcome
  readonly ms: number
  /** What was done, if its migration was begun and did not fail. */
  readonly report?: TenantReport
  /** Of `failed` alone. */
  readonly error?: TenantError
}

export interface TenantReport extends Pick<MigrationReport, 'upToDate' | 'written' | 'steps' | 'backup' | 'seeds'> {
  /** What was made or mended before: the database, its user, rights. */
  readonly provisioned: readonly string[]
}

export interface TenantError {
  /** Of the catalogue of errors; INTERNAL for what nobody foresaw. */
  readonly code: string
  readonly message: string
  readonly faults?: readonly Fault[]
}

/** Tenants that failed alike. */
export interface FailureGroup {
  readonly code: string
  readonly message: string
  /** Of the first of these tenants, the first few. */
  readonly faults?: readonly Fault[]
  readonly count: number
  /** The first of them. */
  readonly tenants: readonly TenantId[]
}

/** Why a run ended before its last tenant. */
export type StopReason = 'canary' | 'failures' | 'asked'

/** `failed`: all tenants had their turn, some failed. */
export type RunState = 'running' | 'done' | 'failed' | 'stopped'

export interface FleetSummary {
  readonly event: 'summary'
  readonly run: number
  readonly state: Exclude<RunState, 'running'>
  readonly stopped?: StopReason
  readonly tenants: number
  readonly migrated: number
  readonly upToDate: number
  readonly skipped: number
  readonly failed: number
  /** Those that did not have their turn. */
  readonly remaining: number
  readonly failures: readonly FailureGroup[]
  readonly ms: number
}
