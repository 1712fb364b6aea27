import type { CatalogTenant } from '../catalog/read.js'
import type { JobDefinition } from '../contract/define-cronjobs.js'
import type { Schedule } from '../contract/schedule.js'
import type { ErrorCode, Fault } from '../errors.js'
import type { ModuleClosure } from '../modules/load.js'
import type { ModuleVersionName, TenantId } from '../names.js'

/** Whose database a job works on. */
export type Target = 'catalog' | TenantId

/** How a run ended. `lost`: its process died, or lost its claim. `stopped`: the process was shut down. */
export type RunOutcome = 'done' | 'failed' | 'timed_out' | 'out_of_memory' | 'exited' | 'lost' | 'stopped'

/** A job of one database. */
export interface RegisteredJob {
  /** Its key in the database: `notes@v1/purge`; of the kernel's own jobs the name alone, `database_backup`. */
  readonly key: string
  /** `kernel` for its own jobs. */
  readonly module: ModuleVersionName | 'kernel'
  readonly name: string
  readonly schedule: Schedule
  /** Of a module's job: what there is to run. */
  readonly definition?: JobDefinition
  /** Of the kernel's own: what it does. Never rejects. */
  run?(target: Target, signal: AbortSignal): Promise<JobResult>
}

/** What the database keeps of a job. Moments are those of ticks. */
export interface JobState {
  readonly firstSeen: Date
  /** Of the last run that was done. */
  readonly lastRun?: Date
  /** Attempts since then. */
  readonly attempts: number
  /** Not before this moment, after a failure. */
  readonly retryAt?: Date
  /** Grows with each claim and each end of a run. */
  readonly revision: number
  /** Somebody's lease has not run out, by the clock of the database. */
  readonly claimed: boolean
}

/** A run as the history keeps it. */
export interface RunRecord {
  readonly id: string
  /** The key of the job. */
  readonly job: string
  readonly attempt: number
  /** The moment that it ran for. */
  readonly tick: Date
  readonly started: Date
  readonly ended?: Date
  readonly outcome: RunOutcome | 'running'
  readonly error?: string
}

/** A job to be run once for a tenant. */
export interface JobTask {
  readonly tenant: CatalogTenant
  readonly closure: ModuleClosure
  readonly module: ModuleVersionName
  readonly definition: JobDefinition
  readonly attempt: number
  readonly now: Date
  /** How many connections it may open: so many places of the budget are kept for it. */
  readonly connections?: number
}

export interface JobResult {
  readonly outcome: Exclude<RunOutcome, 'lost'>
  /** Why it was not done: the message of what was thrown, or which limit was passed. No stack, no secret of the kernel's. */
  readonly error?: string
}

/**
 * Runs a job in a thread of its own and leaves nothing of it behind, however it ends. Never rejects for anything that the
 * job does. The signal ends it: `stopped`.
 */
export type RunJob = (task: JobTask, signal: AbortSignal) => Promise<JobResult>

/** A job as it is listed. */
export interface JobSummary {
  readonly target: Target
  readonly module: RegisteredJob['module']
  readonly job: string
  readonly schedule: Schedule
  /** When it is due next: a calendar date of `timeZone` (`2026-12-01`), or a moment of ISO 8601 for minutes and hours. */
  readonly nextDue: string
  readonly due: boolean
  readonly running: boolean
  readonly lastRun?: string
  /** Of the newest run, whatever came of it. */
  readonly last?: RunSummary
}

/** `tick`, `started` and `ended` are moments of ISO 8601. */
export interface RunSummary {
  readonly id: string
  readonly target: Target
  readonly module: RegisteredJob['module']
  readonly job: string
  readonly attempt: number
  readonly tick: string
  readonly started: string
  readonly ended?: string
  readonly ms?: number
  readonly outcome: RunOutcome | 'running'
  readonly error?: string
}

export interface JobsReport {
  readonly timeZone: string
  readonly jobs: readonly JobSummary[]
  /** Of the modules of these databases: what is declared wrongly. */
  readonly leftOut: readonly LeftOutJob[]
  /** Tenants whose jobs cannot be told of, and why. */
  readonly failures: readonly TargetFailure[]
}

/** What a module declares wrongly, and is left out for it. */
export interface LeftOutJob {
  readonly module: ModuleVersionName
  /** Absent: the cron file as a whole. */
  readonly job?: string
  readonly reason: string
}

export interface TargetFailure {
  readonly target: Target
  readonly code: ErrorCode
  readonly message: string
  readonly faults?: readonly Fault[]
}

/** What a tick tells of as it goes. */
export type CronEvent =
  | ({ readonly event: 'run' } & Omit<RunSummary, 'outcome'> & { readonly outcome: RunOutcome })
  /** In a dry run: it would be run now. */
  | { readonly event: 'due'; readonly target: Target; readonly module: RegisteredJob['module']; readonly job: string }
  /** It is due, and another process runs it. */
  | {
      readonly event: 'left'
      readonly target: Target
      readonly module: RegisteredJob['module']
      readonly job: string
      readonly reason: string
    }
  | ({ readonly event: 'failure' } & TargetFailure)
  | CronSummaryEvent

export interface CronSummaryEvent {
  readonly event: 'summary'
  readonly tick: string
  /** Databases that were looked at, the catalog's included. */
  readonly databases: number
  readonly due: number
  readonly done: number
  readonly failed: number
  readonly left: number
  /** Databases that could not be looked at. */
  readonly failures: number
  readonly ms: number
}

export interface TickOptions {
  /** As if it were this moment. */
  readonly now?: Date
  /** Tells what is due and runs nothing; writes nothing. */
  readonly dryRun?: boolean
  /** Only jobs of minutes and hours. */
  readonly shortOnly?: boolean
}

/** What commands and ops routes do with cron jobs. */
export interface CronActions {
  /** The signal, or whoever stops reading, ends it after the jobs that run; they are waited for. */
  tick(options: TickOptions, signal: AbortSignal): AsyncIterable<CronEvent>
  /** Of one database, or of all. Throws TENANT_UNKNOWN, TENANT_UNAVAILABLE, DATABASE_UNAVAILABLE for one. Writes nothing. */
  list(target: Target | undefined, now?: Date): Promise<JobsReport>
  /** The newest first, `most` of them at most. Throws as `list`. */
  runs(target: Target, filter: { readonly job?: string; readonly most: number }): Promise<readonly RunSummary[]>
  /** Runs a job now, due or not. Throws JOB_UNKNOWN, JOB_RUNNING, TENANT_UNKNOWN, TENANT_SUSPENDED. */
  run(target: Target, module: string, job: string, now?: Date): Promise<RunSummary>
}
