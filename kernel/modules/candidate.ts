import type { Fault } from '../errors.js'
import type { CronSource } from './cron-file.js'

/** A module version that was found at one place. Another place may hold the same one. */
export interface Candidate {
  readonly module: string
  readonly version: number
  readonly folder: string
  /** The place as the user knows it: `plugins/test/v1` or `package m3saas-weather (v1)`. */
  readonly origin: string
  /** What to import, absolute; absent if there is a problem. */
  readonly file?: string
  /** Absent if there is no cron file beside the root file. */
  readonly cron?: CronSource
  /** Why it cannot be loaded. */
  readonly problem?: string
}

/** What a search found, and what it met that has no place there. */
export interface Findings {
  readonly candidates: readonly Candidate[]
  readonly faults: readonly Fault[]
}
