import { CanaryGate, type Passage } from './canary-gate.js'
import { decide, stopReason } from './fleet-decisions.js'
import type { FleetEvent, StopReason, TenantEvent } from './fleet-events.js'
import type { FleetOptions } from './fleet-options.js'
import type { FleetParts, FleetTenant, PreparedTenant } from './fleet-parts.js'
import { add, errorOf, NOTHING_YET, summarize } from './fleet-tally.js'
import { type FleetEntry, TenantCursor } from './tenant-cursor.js'

/** What a tenant's turn comes to. */
type Ending = Pick<TenantEvent, 'outcome' | 'report' | 'error'>

/**
 * Migrates all tenants, `parallel` at a time, the first `canary` that have something to do one after another. It ends
 * early, those in work being finished, when a canary fails, after `maxFailures` failures, or when `signal` says so. A
 * tenant's failure is told and is no failure of the run; what `page` and `state` throw is. Whoever calls it holds the
 * lock of the fleet. `emit` is waited for, so that whoever listens is not run over.
 */
export async function runFleet<T extends FleetTenant>(
  parts: FleetParts<T>,
  options: Omit<FleetOptions, 'restart'>,
  emit: (event: FleetEvent) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { run, continued, tenants } = parts.state
  await emit({ event: 'begin', run, continued, tenants })
  await new FleetRun(parts, options, emit, signal).toItsEnd()
}

class FleetRun<T extends FleetTenant> {
  readonly #began: number
  readonly #gate: CanaryGate
  readonly #cursor: TenantCursor<T>
  #tally = NOTHING_YET
  /** Tenants whose turn it was as the run was stopped. */
  #turned = 0
  /** What neither a tenant nor its migration is to blame for. */
  #broken: { readonly error: unknown } | undefined

  constructor(
    readonly parts: FleetParts<T>,
    readonly options: Omit<FleetOptions, 'restart'>,
    readonly emit: (event: FleetEvent) => Promise<void>,
    readonly signal: AbortSignal,
  ) {
    this.#began = parts.now()
    this.#gate = new CanaryGate(options.canary)
    this.#cursor = new TenantCursor(parts)
  }

  async toItsEnd(): Promise<void> {
    const { state, now } = this.parts
    await Promise.all(Array.from({ length: this.options.parallel }, () => this.#work()))
    if (this.#broken) throw this.#broken.error
    const stopped = this.#stopReason
    const isMore = stopped !== undefined && (await this.#cursor.next()) !== undefined
    const left = { stopped, turned: this.#turned, isMore }
    const summary = summarize(state, this.#tally, left, Math.round(now() - this.#began))
    await state.end(summary.state)
    await this.emit(summary)
  }

  get #stopReason(): StopReason | undefined {
    const so = { asked: this.signal.aborted, canaryFailed: this.#gate.failed, failed: this.#tally.failed }
    return stopReason(so, this.options)
  }

  get #stops(): boolean {
    return this.#broken !== undefined || this.#stopReason !== undefined
  }

  /** One tenant after another; as many of these run at a time as are to be in work. */
  async #work(): Promise<void> {
    try {
      while (!this.#stops) {
        const entry = await this.#cursor.next()
        if (!entry) return
        await this.#turnOf(entry)
      }
    } catch (error) {
      this.#broken ??= { error }
    }
  }

  async #turnOf(entry: FleetEntry<T>): Promise<void> {
    const since = this.parts.now()
    let passage: Passage = 'idle'
    let prepared: PreparedTenant | undefined
    try {
      const looked = await settled(this.parts.prepare(entry.tenant))
      prepared = looked.value
      const outcome = prepared && decide(entry.known, prepared, this.parts.forcesSeeds)
      if (prepared && outcome && outcome !== 'migrate') return await this.#pass(entry, prepared, outcome, since)
      if (!(await this.#gate.enter(entry.place)) || this.#stops) {
        this.#turned++
        return
      }
      const failure = prepared ? await this.#migrate(entry, prepared, since) : looked.failure
      if (failure) await this.#fail(entry, failure.error, since)
      passage = failure ? 'badly' : 'well'
    } finally {
      this.#gate.leave(entry.place, passage)
      await prepared?.close()
    }
  }

  async #pass(
    { tenant }: FleetEntry<T>,
    { fingerprint }: PreparedTenant,
    outcome: 'upToDate' | 'skipped',
    since: number,
  ): Promise<void> {
    if (outcome === 'upToDate') {
      await this.parts.state.writeLater({ tenant: tenant.id, state: 'done', fingerprint, ms: this.#msSince(since) })
    }
    await this.#tell(tenant, since, { outcome })
  }

  /** Gives what the migration threw; what else goes wrong is the run's. */
  async #migrate({ tenant }: FleetEntry<T>, prepared: PreparedTenant, since: number): Promise<Failure | undefined> {
    const { state } = this.parts
    await state.write({ tenant: tenant.id, state: 'running', fingerprint: null, ms: null })
    const { value: report, failure } = await settled(prepared.migrate())
    if (!report) return failure
    const { fingerprint } = prepared
    await state.write({ tenant: tenant.id, state: 'done', fingerprint, ms: this.#msSince(since) })
    // Another process may have migrated it while this one waited for its lock.
    await this.#tell(tenant, since, { outcome: report.upToDate ? 'upToDate' : 'migrated', report })
    return undefined
  }

  async #fail({ tenant }: FleetEntry<T>, thrown: unknown, since: number): Promise<void> {
    const error = errorOf(thrown)
    if (error.code === 'INTERNAL') this.parts.unforeseen(thrown, tenant)
    const ms = this.#msSince(since)
    await this.parts.state.write({ tenant: tenant.id, state: 'failed', fingerprint: null, error, ms })
    await this.#tell(tenant, since, { outcome: 'failed', error })
  }

  async #tell({ id, name }: T, since: number, ending: Ending): Promise<void> {
    const event: TenantEvent = { event: 'tenant', tenant: id, name, ...ending, ms: this.#msSince(since) }
    this.#tally = add(this.#tally, event)
    await this.emit(event)
  }

  #msSince(since: number): number {
    return Math.round(this.parts.now() - since)
  }
}

interface Failure {
  readonly error: unknown
}

async function settled<V>(
  promise: Promise<V>,
): Promise<
  { readonly value: V; readonly failure?: undefined } | { readonly value?: undefined; readonly failure: Failure }
> {
  try {
    return { value: await promise }
  } catch (error) {
    return { failure: { error } }
  }
}
