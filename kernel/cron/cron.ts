import { setMaxListeners } from 'node:events'
import type { Logger } from 'pino'
import type { CronConfig } from '../config/config.js'
import type { ConnectionGate } from '../engines/contract.js'
import { M3Error } from '../errors.js'
import type { ModuleVersionName } from '../names.js'
import { eventsOf } from '../tenants/event-channel.js'
import { Reservations } from '../tenants/reservation.js'
import { type Clock, systemClock } from './clock.js'
import type { CronActions, CronEvent, JobsReport, RunSummary, Target, TickOptions } from './contract.js'
import { listJobs, listRuns } from './list-jobs.js'
import { runByHand } from './run-by-hand.js'
import { Scheduler } from './scheduler.js'
import { anyShortJob } from './short-jobs.js'
import { LEASE, type Lease } from './tick/claim-keeper.js'
import { sharesOf } from './tick/shares.js'
import { Slots } from './tick/slots.js'
import { runTick } from './tick/tick.js'
import type { TickRequest } from './tick/tick-context.js'
import type { TenantSource, TickParts } from './tick/tick-parts.js'
import { logEvent } from './tick-log.js'

type Given = 'engine' | 'closureOf' | 'jobsOf' | 'bringUp' | 'ownJobs' | 'autoMigration' | 'runJob' | 'timeZone'

export interface CronParts extends Pick<TickParts, Given> {
  readonly tenants: TenantSource & {
    /** The module versions that tenants subscribe to, each once. */
    subscribed(): Promise<readonly ModuleVersionName[]>
  }
  readonly log: Logger
  readonly config: CronConfig
  readonly limits: { readonly connections: number; readonly connectionsPerTenant: number }
  readonly gate: ConnectionGate
  readonly clock?: Clock
  readonly lease?: Lease
}

/** What tests have of their own. */
export type CronSubstitutes = Partial<Pick<CronParts, 'runJob' | 'ownJobs' | 'clock' | 'lease'>>

/** Of the time that a shutdown has, the part in which jobs may come to their own end. The rest is for what ends them. */
const PATIENT_SHARE = 0.8

/** The cron jobs of this process: its scheduler, and what commands and ops routes do with them. */
export class Cron implements CronActions {
  readonly #parts: TickParts
  readonly #given: CronParts
  readonly #closing = new AbortController()
  readonly #stop = new AbortController()
  readonly #running = new Set<Promise<unknown>>()
  #scheduler: Scheduler | undefined
  /** Of the tick of minutes that has not looked at every database yet. */
  #looking: object | undefined
  #closed: Promise<void> | undefined

  constructor(given: CronParts) {
    const { engine, tenants, closureOf, jobsOf, ownJobs, bringUp, autoMigration, runJob, timeZone } = given
    const shares = sharesOf(given.limits, given.config.parallel)
    // Each job that runs or waits listens to them.
    setMaxListeners(0, this.#closing.signal, this.#stop.signal)
    this.#given = given
    this.#parts = {
      ...{ engine, tenants, closureOf, jobsOf, ownJobs, bringUp, autoMigration, runJob, timeZone, shares },
      clock: given.clock ?? systemClock,
      lease: given.lease ?? LEASE,
      keepDays: given.config.keepDays,
      looks: new Slots(shares.looks),
      slots: new Slots(shares.jobs),
      reservations: new Reservations(given.gate),
      inWork: new Set(),
      watched: new Set(),
      closing: this.#closing.signal,
      stop: this.#stop.signal,
      unforeseen: (error, target) =>
        given.log.error({ err: error, target }, 'cron jobs failed for a reason of their own'),
    }
  }

  tick(options: TickOptions, signal: AbortSignal): AsyncIterable<CronEvent> {
    return this.#tick({ ...options, patience: 'once' }, signal)
  }

  list(target: Target | undefined, now = this.#parts.clock.now()): Promise<JobsReport> {
    return listJobs(this.#parts, target, now)
  }

  runs(target: Target, filter: { readonly job?: string; readonly most: number }): Promise<readonly RunSummary[]> {
    return listRuns(this.#parts, target, filter)
  }

  run(target: Target, module: string, job: string, now = this.#parts.clock.now()): Promise<RunSummary> {
    this.#refuseClosing()
    return this.#noted(runByHand(this.#parts, target, module, job, now))
  }

  /** Ticks by itself from now on: daily, and at each minute where there are jobs of minutes or hours. */
  start(): void {
    if (this.#closing.signal.aborted) return
    const { at } = this.#given.config
    const { clock, timeZone } = this.#parts
    const daily = () => void this.#noted(this.#tickAlone({ patience: 'endless' }))
    const minutely = () => this.#minutely()
    this.#scheduler = new Scheduler({ clock, at, timeZone, random: Math.random, daily, minutely })
    this.#scheduler.start()
  }

  /**
   * Begins no job any more and waits for those that run; after most of the `seconds` they are ended, recorded as stopped,
   * and tried again at the next tick. Further calls wait for the first.
   */
  close(seconds: number): Promise<void> {
    this.#closed ??= this.#close(seconds)
    return this.#closed
  }

  async #close(seconds: number): Promise<void> {
    this.#scheduler?.stop()
    this.#closing.abort()
    await this.#settled(seconds * PATIENT_SHARE)
    this.#stop.abort()
    await this.#settled(seconds * (1 - PATIENT_SHARE))
  }

  /** All that runs has ended, or the time is up. */
  async #settled(seconds: number): Promise<void> {
    if (this.#running.size === 0) return
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, seconds * 1000)
    })
    await Promise.race([Promise.allSettled(this.#running), late])
    clearTimeout(timer)
  }

  #tick(request: TickRequest, signal: AbortSignal): AsyncIterable<CronEvent> {
    this.#refuseClosing()
    return eventsOf<CronEvent>((emit, leaving) => {
      // A reader that takes its time, or stops reading, must not keep the slots of jobs: what it is told waits for it.
      const tell = async (event: CronEvent) => void emit(event)
      return this.#noted(runTick(this.#parts, request, tell, leaving))
    }, signal)
  }

  /** Jobs that run may go on beyond the next minute; a round of looks may not. */
  #minutely(): void {
    if (this.#looking) return
    const own = {}
    this.#looking = own
    const looked = () => {
      if (this.#looking === own) this.#looking = undefined
    }
    void this.#noted(this.#tickShort(looked).finally(looked))
  }

  /** The module versions that are subscribed to are few: asking for them costs less than looking at the tenants. */
  async #tickShort(looked: () => void): Promise<void> {
    try {
      const { tenants } = this.#given
      if (!(await anyShortJob(this.#parts, () => tenants.subscribed()))) return
    } catch (error) {
      this.#given.log.error({ err: error }, 'the catalog cannot be read: jobs of minutes and hours do not run')
      return
    }
    await this.#tickAlone({ shortOnly: true, patience: 'none', looked })
  }

  /** A tick that nobody reads but the log. */
  async #tickAlone(request: TickRequest): Promise<void> {
    const { log } = this.#given
    try {
      await runTick(this.#parts, request, async (event) => logEvent(log, event), this.#closing.signal)
    } catch (error) {
      log.error({ err: error }, 'a tick of the cron jobs failed')
    }
  }

  #refuseClosing(): void {
    if (!this.#closing.signal.aborted) return
    throw new M3Error('SHUTTING_DOWN', 'The process is shutting down', { retryAfter: 5 })
  }

  #noted<T>(work: Promise<T>): Promise<T> {
    const settled = work.then(
      () => {},
      () => {},
    )
    this.#running.add(settled)
    settled.finally(() => this.#running.delete(settled))
    return work
  }
}
