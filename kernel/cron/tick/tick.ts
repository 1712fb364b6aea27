import { setMaxListeners } from 'node:events'
import type { PagedTenant } from '../../catalog/tenant-pages.js'
import type { CronEvent, RegisteredJob } from '../contract.js'
import { isShort } from '../due/due.js'
import type { JobStore } from '../store/job-store.js'
import { notProvisioned } from '../target-failure.js'
import { JobsBySubscriptions } from './closures.js'
import type { TickTime } from './decide.js'
import { runDueJobs } from './due-jobs.js'
import { claimedIn, keep, type Look, lookAt, needsDatabase } from './look.js'
import { catalogPlace, type Place, tenantPlace } from './place.js'
import { add, NOTHING_YET, type Tally } from './tally.js'
import { tenantsFrom } from './tenant-tour.js'
import { type Claimed, type TickContext, type TickRequest, tellFailure } from './tick-context.js'
import type { TickParts } from './tick-parts.js'
import { toWatch, type Visited, watchOthers } from './watch.js'

export type Emit = (event: CronEvent) => Promise<void>

const ANOTHER = 'another process runs it'

/**
 * Looks at every database once, and runs what is due. Databases that are looked at do not wait for jobs that run. What
 * fails of one tenant is told and holds up no other; what the catalog throws ends the tick. The signal ends it after the
 * jobs that run.
 */
export async function runTick(parts: TickParts, request: TickRequest, emit: Emit, signal: AbortSignal): Promise<void> {
  await new Tick(parts, request, emit, signal).toItsEnd()
}

class Tick implements TickContext {
  readonly time: TickTime
  readonly #began: number
  readonly #controller = new AbortController()
  readonly ending = this.#controller.signal
  readonly #tasks = new Set<Promise<void>>()
  #tally: Tally = NOTHING_YET
  /** What no tenant is to blame for. */
  #broken: { readonly error: unknown } | undefined

  constructor(
    readonly parts: TickParts,
    readonly request: TickRequest,
    readonly tell: Emit,
    readonly signal: AbortSignal,
  ) {
    const wall = parts.clock.now()
    const { now = wall, shortOnly = false } = request
    this.time = { now, wall, timeZone: parts.timeZone, shortOnly }
    this.#began = parts.clock.elapsed()
    // Whatever waits for its turn listens to it.
    setMaxListeners(0, this.ending)
  }

  async toItsEnd(): Promise<void> {
    const end = () => this.#controller.abort()
    const signals = [this.signal, this.parts.closing]
    for (const signal of signals) {
      signal.addEventListener('abort', end)
      if (signal.aborted) end()
    }
    try {
      this.#spawn(this.#lookRound())
      while (this.#tasks.size > 0) await Promise.all(this.#tasks)
      if (this.#broken) throw this.#broken.error
      await this.#summarize()
    } finally {
      for (const signal of signals) signal.removeEventListener('abort', end)
    }
  }

  /** A task reports its own failures: what gets here is the tick's. */
  #spawn(work: Promise<void>): void {
    const task = work
      .catch((error: unknown) => {
        this.#broken ??= { error }
        this.#controller.abort()
      })
      .finally(() => this.#tasks.delete(task))
    this.#tasks.add(task)
  }

  async #lookRound(): Promise<void> {
    const { tenants, closureOf, jobsOf, ownJobs, shares } = this.parts
    const looked = this.time.shortOnly ? undefined : this.#lookAtCatalog(ownJobs)
    const jobs = new JobsBySubscriptions(await tenants.dependencies(), closureOf, jobsOf, ownJobs)
    const highest = await tenants.highestId()
    const tour = tenantsFrom(1 + Math.floor(Math.random() * highest), (after) => tenants.page(after))
    const walk = async () => {
      for await (const tenant of { [Symbol.asyncIterator]: () => ({ next: () => tour.next() }) }) {
        if (this.ending.aborted) return
        await this.parts.looks.within(this.ending, () => this.#firstLook(tenant, jobs))
      }
    }
    await Promise.all([looked, ...Array.from({ length: shares.looks }, walk)])
    this.request.looked?.()
  }

  async #lookAtCatalog(jobs: readonly RegisteredJob[]): Promise<void> {
    await this.parts.looks.within(this.ending, () => this.#firstVisit(catalogPlace(this.parts), jobs))
  }

  async #firstLook(tenant: PagedTenant, known: JobsBySubscriptions): Promise<void> {
    if (tenant.suspended || this.parts.inWork.has(tenant.id)) return
    let jobs: readonly RegisteredJob[]
    try {
      if (tenant.fault) throw tenant.fault
      jobs = (await known.of(tenant)).filter((job) => this.#concerns(job))
    } catch (error) {
      // Whether it has jobs of minutes cannot be told; the daily tick tells what is wrong with it.
      if (!this.time.shortOnly) await tellFailure(this, tenant.id, error)
      return
    }
    if (this.time.shortOnly && jobs.length === 0) return
    await this.#firstVisit(tenantPlace(this.parts, tenant), jobs)
  }

  async #firstVisit(place: Place, jobs: readonly RegisteredJob[]): Promise<void> {
    if (this.parts.inWork.has(place.target)) return
    this.#tally = { ...this.#tally, databases: this.#tally.databases + 1 }
    if (jobs.length === 0) return
    const visited = await this.#visit(place, jobs, true)
    if (typeof visited !== 'string') this.awaitOthers(place, visited)
  }

  #concerns(job: RegisteredJob): boolean {
    return !this.time.shortOnly || isShort(job.schedule)
  }

  /** Gives those of the jobs that others have. What is due is run in a task of its own. */
  async #visit(place: Place, jobs: readonly RegisteredJob[], isFirst: boolean): Promise<Visited> {
    const { engine, inWork } = this.parts
    // Another tick may have taken it while the jobs of its modules were found out.
    if (inWork.has(place.target)) return 'missed'
    inWork.add(place.target)
    const store = place.open()
    let isHandedOver = false
    try {
      const look = await lookAt(engine, store, jobs, this.time)
      if (isFirst) this.#tally = { ...this.#tally, due: this.#tally.due + look.due.length + look.claimed.length }
      if (this.request.dryRun) await this.#foretell(place, look)
      else if (needsDatabase(look)) {
        if (look.missing && !this.parts.autoMigration) throw notProvisioned(place.target, look.missing.cause)
        isHandedOver = true
        const work = runDueJobs(this, place, store, look, !isFirst)
        this.#spawn(work.finally(() => this.#letGo(place, store)))
      } else await keep(look, store, this.time.now)
      return this.request.dryRun || look.claimed.length === 0 ? 'seen' : claimedIn(look)
    } catch (error) {
      await tellFailure(this, place.target, error)
      return 'missed'
    } finally {
      if (!isHandedOver) await this.#letGo(place, store)
    }
  }

  async #letGo(place: Place, store: JobStore): Promise<void> {
    try {
      await place.close(store)
    } finally {
      this.parts.inWork.delete(place.target)
    }
  }

  awaitOthers(place: Place, claimed: Claimed): void {
    const { patience } = this.request
    const wanted = toWatch(this.parts.watched, place, claimed, patience)
    if (!wanted) return
    const watch = async () => {
      try {
        const left = await watchOthers(this, wanted, patience, (jobs) => this.#visit(place, jobs, false))
        for (const job of left) await this.#leave(place, job)
      } finally {
        wanted.release()
      }
    }
    this.#spawn(watch())
  }

  async #foretell(place: Place, { due, claimed }: Look): Promise<void> {
    const { target } = place
    for (const { module, name } of due) await this.emit({ event: 'due', target, module, job: name })
    for (const { job } of claimed) await this.#leave(place, job)
  }

  #leave({ target }: Place, { module, name }: RegisteredJob): Promise<void> {
    return this.emit({ event: 'left', target, module, job: name, reason: ANOTHER })
  }

  emit = async (event: CronEvent): Promise<void> => {
    this.#tally = add(this.#tally, event)
    await this.tell(event)
  }

  async #summarize(): Promise<void> {
    const ms = Math.round(this.parts.clock.elapsed() - this.#began)
    await this.tell({ event: 'summary', tick: this.time.now.toISOString(), ...this.#tally, ms })
  }
}
