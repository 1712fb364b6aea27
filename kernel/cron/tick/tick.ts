import { setMaxListeners } from 'node:events'
import type { PagedTenant } from '../../catalog/tenant-pages.js'
import type { Database } from '../../engines/contract.js'
import { pause } from '../clock.js'
import type { CronEvent, RegisteredJob, TickOptions } from '../contract.js'
import { isShort } from '../due/due.js'
import { jobsOfCatalog, whyUnavailable } from '../registry.js'
import { summaryOf } from '../run-summary.js'
import { JobStore, type StoredJob } from '../store/job-store.js'
import { TENANT_TABLES } from '../store/job-tables.js'
import { failureOf, notProvisioned } from '../target-failure.js'
import { JobsBySubscriptions } from './closures.js'
import { decide, type TickTime } from './decide.js'
import { keep, type Look, lookAt, needsDatabase } from './look.js'
import { runTenantJob, type TenantInWork } from './run-job.js'
import { add, NOTHING_YET, type Tally } from './tally.js'
import { tenantsFrom } from './tenant-tour.js'
import type { TickParts } from './tick-parts.js'

/** How often a job of another process is looked at again, in case that one has died: not at all, once, until it is done. */
export type Patience = 'none' | 'once' | 'endless'

export interface TickRequest extends TickOptions {
  readonly patience: Patience
  /** Called when every database has been looked at; jobs may run on. */
  looked?(): void
}

export type Emit = (event: CronEvent) => Promise<void>

/** Jobs of a database that another process has. */
interface Claimed {
  readonly jobs: readonly RegisteredJob[]
  /** Milliseconds until the last of their leases runs out. */
  readonly leaseLeft: number
}

/** `missed`: another tick of this process has to do with it, or it could not be looked at. */
type Visited = Claimed | 'seen' | 'missed'

const ANOTHER = 'another process runs it'
/** Behind the end of a lease: its process may be late with a sign of life by some milliseconds. */
const GRACE_MS = 500
const LONGEST_WAIT_MS = 45_000
/** Another process may have done meanwhile what waited for a slot for longer. */
const STALE_MS = 1000
/** How often a job is tried to get that changes between being read and being claimed. */
const MOST_CLAIMS = 5

/**
 * Looks at every database once, and runs what is due. Databases that are looked at do not wait for jobs that run. What
 * fails of one tenant is told and holds up no other; what the catalog throws ends the tick. The signal ends it after the
 * jobs that run.
 */
export async function runTick(parts: TickParts, request: TickRequest, emit: Emit, signal: AbortSignal): Promise<void> {
  await new Tick(parts, request, emit, signal).toItsEnd()
}

class Tick {
  readonly #time: TickTime
  readonly #began: number
  readonly #ending = new AbortController()
  readonly #tasks = new Set<Promise<void>>()
  #tally: Tally = NOTHING_YET
  /** What no tenant is to blame for. */
  #broken: { readonly error: unknown } | undefined

  constructor(
    readonly parts: TickParts,
    readonly request: TickRequest,
    readonly emit: Emit,
    readonly signal: AbortSignal,
  ) {
    const wall = parts.clock.now()
    const { now = wall, shortOnly = false } = request
    this.#time = { now, wall, timeZone: parts.timeZone, shortOnly }
    this.#began = parts.clock.elapsed()
    // Whatever waits for its turn listens to it.
    setMaxListeners(0, this.#ending.signal)
  }

  async toItsEnd(): Promise<void> {
    const end = () => this.#ending.abort()
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
        this.#ending.abort()
      })
      .finally(() => this.#tasks.delete(task))
    this.#tasks.add(task)
  }

  async #lookRound(): Promise<void> {
    const { tenants, closureOf, jobsOf, shares } = this.parts
    const jobs = new JobsBySubscriptions(await tenants.dependencies(), closureOf, jobsOf)
    const highest = await tenants.highestId()
    if (!this.#time.shortOnly) this.#tally = { ...this.#tally, databases: 1, left: jobsOfCatalog.length }
    const tour = tenantsFrom(1 + Math.floor(Math.random() * highest), (after) => tenants.page(after))
    const walk = async () => {
      for await (const tenant of { [Symbol.asyncIterator]: () => ({ next: () => tour.next() }) }) {
        if (this.#ending.signal.aborted) return
        await this.parts.looks.within(this.#ending.signal, () => this.#firstVisit(tenant, jobs))
      }
    }
    await Promise.all(Array.from({ length: shares.looks }, walk))
    this.request.looked?.()
  }

  async #firstVisit(tenant: PagedTenant, known: JobsBySubscriptions): Promise<void> {
    if (tenant.suspended || this.parts.inWork.has(tenant.id)) return
    let jobs: readonly RegisteredJob[]
    try {
      if (tenant.fault) throw tenant.fault
      jobs = (await known.of(tenant)).filter((job) => this.#concerns(job))
    } catch (error) {
      // Whether it has jobs of minutes cannot be told; the daily tick tells what is wrong with it.
      if (!this.#time.shortOnly) await this.#fail(tenant, error)
      return
    }
    if (this.#time.shortOnly && jobs.length === 0) return
    this.#tally = { ...this.#tally, databases: this.#tally.databases + 1 }
    if (jobs.length === 0) return
    const visited = await this.#visit(tenant, jobs, true)
    if (typeof visited !== 'string') this.#awaitOthers(tenant, visited)
  }

  #concerns(job: RegisteredJob): boolean {
    return whyUnavailable(job) === undefined && (!this.#time.shortOnly || isShort(job.schedule))
  }

  /** Gives those of the jobs that others have. What is due is run in a task of its own. */
  async #visit(tenant: PagedTenant, jobs: readonly RegisteredJob[], isFirst: boolean): Promise<Visited> {
    const { engine, inWork } = this.parts
    // Another tick may have taken it while the jobs of its modules were found out.
    if (inWork.has(tenant.id)) return 'missed'
    inWork.add(tenant.id)
    const database = engine.tenant(tenant)
    let isHandedOver = false
    try {
      const store = new JobStore(database, TENANT_TABLES)
      const look = await lookAt(engine, store, jobs, this.#time)
      if (isFirst) this.#tally = { ...this.#tally, due: this.#tally.due + look.due.length + look.claimed.length }
      if (this.request.dryRun) await this.#tell(tenant, look)
      else if (needsDatabase(look)) {
        if (look.missing && !this.parts.autoMigration) throw notProvisioned(tenant.id, look.missing.cause)
        isHandedOver = true
        this.#spawn(this.#work(tenant, store, look, !isFirst))
      } else await keep(look, store, this.#time.now)
      return this.request.dryRun || look.claimed.length === 0 ? 'seen' : claimedIn(look)
    } catch (error) {
      await this.#fail(tenant, error)
      return 'missed'
    } finally {
      if (!isHandedOver) await this.#letGo(tenant, database)
    }
  }

  /** The jobs of a tenant that are due, one after another, in a slot. What a dead process has left goes first. */
  async #work(tenant: PagedTenant, store: JobStore, found: Look, isUrgent: boolean): Promise<void> {
    const since = this.parts.clock.elapsed()
    const work = async () => {
      const isStale = this.parts.clock.elapsed() - since > STALE_MS
      const jobs = [...found.due, ...found.unseen]
      const look = isStale ? await lookAt(this.parts.engine, store, jobs, this.#time) : found
      if (isStale && look.claimed.length > 0) this.#awaitOthers(tenant, claimedIn(look))
      if (needsDatabase(look)) await this.#runAll(tenant, store, look)
      else await keep(look, store, this.#time.now)
    }
    try {
      await this.parts.slots.within(this.#ending.signal, work, isUrgent)
    } catch (error) {
      await this.#fail(tenant, error)
    } finally {
      await this.#letGo(tenant, store.database)
    }
  }

  async #runAll(tenant: PagedTenant, store: JobStore, look: Look): Promise<void> {
    const inWork = await this.#prepare(tenant, store)
    if (!inWork) return
    await keep(look, store, this.#time.now)
    for (const job of look.due) {
      if (this.#ending.signal.aborted) return
      await this.#run(inWork, tenant, job, look.stored.jobs.get(job.key))
    }
  }

  /** It was read some time ago. Undefined if it must not be touched: it was removed, changed or suspended meanwhile. */
  async #prepare(tenant: PagedTenant, store: JobStore): Promise<TenantInWork | undefined> {
    const { tenants, closureOf, bringUp } = this.parts
    const row = await tenants.tenant(tenant.id)
    if (!row || row.suspended) return undefined
    if (row.name !== tenant.name || row.user !== tenant.user || row.secret !== tenant.secret) return undefined
    const closure = await closureOf(row)
    await bringUp(row, store.database, closure.modules)
    return { tenant: row, closure, store }
  }

  async #run(
    inWork: TenantInWork,
    tenant: PagedTenant,
    job: RegisteredJob,
    known: StoredJob | undefined,
  ): Promise<void> {
    let state = known ?? firstState(this.#time.now)
    for (let claims = 0; claims < MOST_CLAIMS; claims++) {
      const ended = await runTenantJob(this.parts, inWork, job, state, this.#time)
      if (ended) return this.#emit({ event: 'run', ...summaryOf(tenant.id, ended) })
      // Somebody was faster: what is there to do now?
      const now = (await inWork.store.read(this.#time.now)).jobs.get(job.key)
      if (!now) return
      const { what } = decide(job, now, this.#time)
      if (what === 'leave') return this.#awaitOthers(tenant, { jobs: [job], leaseLeft: now.leaseLeft })
      if (what !== 'run') return
      state = now
    }
  }

  async #letGo(tenant: PagedTenant, database: Database): Promise<void> {
    try {
      await database.close()
    } finally {
      this.parts.inWork.delete(tenant.id)
    }
  }

  /** Looks again when the leases of other processes have run out, in case they died. */
  #awaitOthers(tenant: PagedTenant, claimed: Claimed): void {
    const { patience } = this.request
    const { watched } = this.parts
    const keyOf = ({ key }: RegisteredJob) => `${tenant.id} ${key}`
    // Jobs of minutes are looked at every minute anyhow.
    const jobs = claimed.jobs.filter(
      (job) => !watched.has(keyOf(job)) && !(patience === 'endless' && isShort(job.schedule)),
    )
    if (patience === 'none' || jobs.length === 0) return
    for (const job of jobs) watched.add(keyOf(job))
    const watch = this.#watch(tenant, { ...claimed, jobs }).finally(() => {
      for (const job of jobs) watched.delete(keyOf(job))
    })
    this.#spawn(watch)
  }

  async #watch(tenant: PagedTenant, claimed: Claimed): Promise<void> {
    const { signal } = this.#ending
    let { jobs, leaseLeft } = claimed
    for (;;) {
      await pause(this.parts.clock, Math.min(leaseLeft + GRACE_MS, LONGEST_WAIT_MS), signal)
      if (signal.aborted) break
      const visited = await this.parts.looks.within(signal, () => this.#visit(tenant, jobs, false))
      if (visited === 'seen') return
      if (visited === 'missed') leaseLeft = LONGEST_WAIT_MS
      else if (visited) ({ jobs, leaseLeft } = visited)
      if (this.request.patience === 'once') break
    }
    for (const job of jobs) await this.#leave(tenant, job, ANOTHER)
  }

  async #tell(tenant: PagedTenant, { due, claimed }: Look): Promise<void> {
    for (const { module, name } of due) await this.#emit({ event: 'due', target: tenant.id, module, job: name })
    for (const { job } of claimed) await this.#leave(tenant, job, ANOTHER)
  }

  #leave(tenant: PagedTenant, { module, name }: RegisteredJob, reason: string): Promise<void> {
    return this.#emit({ event: 'left', target: tenant.id, module, job: name, reason })
  }

  async #fail(tenant: PagedTenant, error: unknown): Promise<void> {
    // Called off by the end of the tick: that is no failure of the tenant's.
    if (this.#ending.signal.aborted && isAbort(error)) return
    const failure = failureOf(tenant.id, error)
    if (failure.code === 'INTERNAL') this.parts.unforeseen(error, tenant.id)
    await this.#emit({ event: 'failure', ...failure })
  }

  async #emit(event: CronEvent): Promise<void> {
    this.#tally = add(this.#tally, event)
    await this.emit(event)
  }

  async #summarize(): Promise<void> {
    const ms = Math.round(this.parts.clock.elapsed() - this.#began)
    await this.emit({ event: 'summary', tick: this.#time.now.toISOString(), ...this.#tally, ms })
  }
}

/** Of a job whose row was written a moment ago. */
function firstState(now: Date): StoredJob {
  return { firstSeen: now, attempts: 0, revision: 0, claimed: false, leaseLeft: 0 }
}

function claimedIn({ claimed }: Look): Claimed {
  return { jobs: claimed.map(({ job }) => job), leaseLeft: Math.max(...claimed.map(({ leaseLeft }) => leaseLeft)) }
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError'
}
