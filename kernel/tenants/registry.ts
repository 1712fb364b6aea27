import type { FastifyBaseLogger } from 'fastify'
import { M3Error } from '../errors.js'
import type { TenantId } from '../names.js'
import { Coalesced } from './coalesced.js'
import type { BuiltTenant, LiveTenant, TenantSource } from './contract.js'
import { ON_PURPOSE, Refusals, refusalOf, type TenantFailure } from './refusals.js'
import { ServedTenant } from './served-tenant.js'

export interface RegistryParts {
  readonly log: FastifyBaseLogger
  readonly limits: { readonly liveTenants: number; readonly tenantIdleSeconds: number }
  readonly pollSeconds: number
  /** Throws TENANT_UNKNOWN, TENANT_SUSPENDED, TENANT_UNAVAILABLE, DATABASE_UNAVAILABLE or OVERLOADED. */
  build(id: TenantId): Promise<BuiltTenant>
  /** The signatures of those of the given tenants that the catalog still has. */
  signatures(ids: readonly TenantId[]): Promise<ReadonlyMap<TenantId, string>>
}

/** Changed tenants being rebuilt at the same time. */
const REBUILDS = 4

/**
 * The tenants of this process: cold → building → live → draining. One build at a time a tenant, however many wait.
 * Too many live: the least recently used goes. Changed in the catalog: a new one takes over between two requests.
 */
export class TenantRegistry implements TenantSource {
  readonly #parts: RegistryParts
  readonly #live = new Map<TenantId, ServedTenant>()
  readonly #building = new Map<TenantId, Promise<ServedTenant>>()
  readonly #draining = new Map<ServedTenant, Promise<void>>()
  readonly #refusals = new Refusals()
  readonly #changed = new Set<ServedTenant>()
  readonly #rebuilds = new Set<Promise<void>>()
  readonly #timers: NodeJS.Timeout[]
  readonly #comparison = new Coalesced(() => this.#compare())
  #closed = false

  constructor(parts: RegistryParts) {
    this.#parts = parts
    const { tenantIdleSeconds } = parts.limits
    this.#timers = [
      setInterval(() => void this.refresh(), parts.pollSeconds * 1000),
      setInterval(() => this.releaseIdle(), Math.max(100, (tenantIdleSeconds * 1000) / 10)),
    ]
    for (const timer of this.#timers) timer.unref()
  }

  /** Tenants being served at this moment, those that finish their last requests not counted. */
  get size(): number {
    return this.#live.size
  }

  live(id: TenantId): LiveTenant | undefined {
    const tenant = this.#live.get(id)
    tenant?.touch()
    return tenant
  }

  async build(id: TenantId): Promise<void> {
    if (this.#closed) throw new M3Error('SHUTTING_DOWN', 'The server is shutting down', { retryAfter: 5 })
    if (this.#live.has(id)) return
    const refusal = this.#refusals.believed(id)
    if (refusal) throw refusal
    await (this.#building.get(id) ?? this.#start(id))
  }

  /** What the tenant was refused for is over, as after a restore: the next call tries again. */
  async forgive(id: TenantId): Promise<void> {
    // One that has begun before fails for what is over.
    await this.#building.get(id)?.catch(() => undefined)
    this.#refusals.clear(id)
  }

  /** Why tenants cannot be served, as of their last call, the latest first. The reasons are for ops: they may hold paths. */
  failures(): TenantFailure[] {
    return this.#refusals.failures()
  }

  /** Compares what is live with the catalog: removed tenants go at once, changed ones are rebuilt, a few at a time. */
  async refresh(): Promise<void> {
    await this.#comparison.run()
    // Not part of the comparison: one tenant that takes long to build must not hide the changes of the others.
    for (let i = Math.min(REBUILDS, this.#changed.size); i > 0; i--) {
      const rebuild = this.#rebuildChanged().finally(() => this.#rebuilds.delete(rebuild))
      this.#rebuilds.add(rebuild)
    }
    // Another call may have taken up what this one has found.
    await Promise.all(this.#rebuilds)
  }

  /** Releases the tenants that nobody has called for long enough. */
  releaseIdle(now = performance.now()): void {
    const longest = this.#parts.limits.tenantIdleSeconds * 1000
    for (const tenant of this.#live.values()) {
      if (tenant.inFlight === 0 && now - tenant.lastUsed > longest) this.#release(tenant, 'idle')
    }
  }

  /** Lets all tenants finish their requests, for `deadlineSeconds` at most. */
  async close(deadlineSeconds: number): Promise<void> {
    this.#closed = true
    for (const timer of this.#timers) clearInterval(timer)
    this.#changed.clear()
    const deadline = setTimeout(() => {
      for (const tenant of this.#draining.keys()) {
        this.#parts.log.warn({ tenant: tenant.id, inFlight: tenant.inFlight }, 'tenant is cut off: the time is up')
        tenant.cut()
      }
    }, deadlineSeconds * 1000)
    await this.#comparison.settled()
    await Promise.allSettled(this.#building.values())
    for (const tenant of this.#live.values()) this.#release(tenant, 'shutdown')
    await Promise.all(this.#draining.values())
    clearTimeout(deadline)
  }

  #start(id: TenantId): Promise<ServedTenant> {
    const building = this.#make(id).finally(() => this.#building.delete(id))
    this.#building.set(id, building)
    return building
  }

  async #make(id: TenantId): Promise<ServedTenant> {
    const { log } = this.#parts
    const started = performance.now()
    try {
      const built = await this.#parts.build(id)
      const tenant = new ServedTenant(built)
      const former = this.#live.get(id)
      this.#live.set(id, tenant)
      if (former) this.#drain(former, 'replaced')
      this.#refusals.clear(id)
      log.info({ tenant: id, name: built.name, ms: Math.round(performance.now() - started) }, 'tenant is live')
      this.#makeRoom(tenant)
      return tenant
    } catch (error) {
      const refusal = refusalOf(id, error)
      this.#refusals.add(id, refusal)
      const { code, faults } = refusal
      if (!ON_PURPOSE.has(code)) log.error({ tenant: id, code, faults, err: error }, 'tenant cannot be served')
      throw refusal
    }
  }

  #makeRoom(newest: ServedTenant): void {
    while (this.#live.size > this.#parts.limits.liveTenants) {
      let oldest: ServedTenant | undefined
      for (const tenant of this.#live.values()) {
        if (tenant !== newest && (!oldest || tenant.lastUsed < oldest.lastUsed)) oldest = tenant
      }
      if (!oldest) return
      this.#release(oldest, 'too many live tenants')
    }
  }

  async #compare(): Promise<void> {
    if (this.#live.size === 0) return
    const { log } = this.#parts
    const asked = new Set(this.#live.values())
    let signatures: ReadonlyMap<TenantId, string>
    try {
      signatures = await this.#parts.signatures([...this.#live.keys()])
    } catch (error) {
      log.warn({ err: error }, 'the catalog cannot be read: changes to it are not seen')
      return
    }
    for (const tenant of [...this.#live.values()]) {
      const signature = signatures.get(tenant.id)
      if (signature === tenant.signature) continue
      if (signature !== undefined) this.#changed.add(tenant)
      // One that was built since the catalog was asked may be newer than the answer.
      else if (asked.has(tenant)) this.#release(tenant, 'removed')
    }
  }

  async #rebuildChanged(): Promise<void> {
    for (const tenant of this.#changed) {
      this.#changed.delete(tenant)
      if (this.#closed || this.#live.get(tenant.id) !== tenant) continue
      try {
        await (this.#building.get(tenant.id) ?? this.#start(tenant.id))
      } catch (error) {
        // Logged where it failed. What it was subscribed to before must not be served on: the next request tries again.
        const reason = error instanceof M3Error && ON_PURPOSE.has(error.code) ? error.message : 'cannot be rebuilt'
        if (this.#live.get(tenant.id) === tenant) this.#release(tenant, reason)
      }
    }
  }

  #release(tenant: ServedTenant, reason: string): void {
    this.#live.delete(tenant.id)
    this.#drain(tenant, reason)
  }

  #drain(tenant: ServedTenant, reason: string): void {
    const { log } = this.#parts
    const drained = tenant
      .drain()
      .then(
        () => log.info({ tenant: tenant.id, reason }, 'tenant released'),
        (error) => log.error({ tenant: tenant.id, reason, err: error }, 'tenant released, but not cleanly'),
      )
      .finally(() => this.#draining.delete(tenant))
    this.#draining.set(tenant, drained)
  }
}
