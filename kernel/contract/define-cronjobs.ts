import type { Fault } from '../errors.js'
import type { JobContext } from './context.js'
import type { Repeat, Schedule } from './schedule.js'

const CRONJOBS = Symbol.for('m3saas.cronjobs')

/** A job as its author writes it. */
export interface JobDeclaration {
  /** The unit of the interval; `day` unless it is given. */
  readonly repeat?: Repeat
  /** How many of these units lie between two runs; 1 unless it is given. */
  readonly every?: number
  readonly day?: number
  readonly month?: number
  /** A run is ended after so many seconds; the configuration's `cron.timeoutSeconds` unless it is given. */
  readonly timeoutSeconds?: number
  /** A run is ended when it takes more; the configuration's `cron.memoryMegabytes` unless it is given. */
  readonly memoryMegabytes?: number
  /** The work. It runs in a thread of its own that has the tenant's connection and nothing else. */
  readonly run: (context: JobContext) => unknown
}

/** A job that is declared well. */
export interface JobDefinition {
  /** Unique in the module version. */
  readonly name: string
  readonly schedule: Schedule
  readonly timeoutSeconds?: number
  readonly memoryMegabytes?: number
  readonly run: (context: JobContext) => unknown
}

/** The jobs of a module version: those that are declared well, and what is wrong with the others. */
export interface CronjobsDefinition {
  readonly jobs: readonly JobDefinition[]
  /** `path` is the name of the job. A faulty job is left out; the others of its module go on. */
  readonly faults: readonly Fault[]
}

/** Declares the jobs of a module version by their names. */
export function defineCronjobs(_jobs: Readonly<Record<string, JobDeclaration>>): CronjobsDefinition {
  throw new Error('not there yet')
}

export function isCronjobs(value: unknown): value is CronjobsDefinition {
  return typeof value === 'object' && value !== null && CRONJOBS in value
}
