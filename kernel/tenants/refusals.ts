import { LRUCache } from 'lru-cache'
import { type ErrorCode, type Fault, M3Error, messageOf } from '../errors.js'
import type { TenantId } from '../names.js'

/** A tenant that could not be built, and why. */
export interface TenantFailure {
  readonly tenant: TenantId
  readonly code: ErrorCode
  readonly message: string
  readonly faults: readonly Fault[]
}

/** How long "there is no such tenant" and "it cannot be served" are believed, so that repeated calls spare the catalog. */
const BELIEVED_MS = 1000
const MOST_BELIEVED = 10_000
/** Of so many tenants the reason is kept for those who run the deployment. */
const MOST_FAILURES = 1000

/** Why tenants could not be built. */
export class Refusals {
  readonly #believed = new LRUCache<TenantId, M3Error>({ max: MOST_BELIEVED, ttl: BELIEVED_MS })
  readonly #failures = new LRUCache<TenantId, M3Error>({ max: MOST_FAILURES })

  /** What a call is refused with at once, without a build. */
  believed(id: TenantId): M3Error | undefined {
    return this.#believed.get(id)
  }

  /** Keeps the reason of a failed build. */
  add(id: TenantId, refusal: M3Error): void {
    const { code } = refusal
    if (code === 'TENANT_UNKNOWN' || code === 'TENANT_UNAVAILABLE') this.#believed.set(id, refusal)
    if (code === 'TENANT_UNKNOWN') this.#failures.delete(id)
    else this.#failures.set(id, refusal)
  }

  /** It could be built, after all. */
  clear(id: TenantId): void {
    this.#believed.delete(id)
    this.#failures.delete(id)
  }

  /** The latest first. */
  failures(): TenantFailure[] {
    return [...this.#failures].map(([tenant, { code, message, faults }]) => ({ tenant, code, message, faults }))
  }
}

/** Whatever a build threw, as the reason why the tenant cannot be served. */
export function refusalOf(id: TenantId, error: unknown): M3Error {
  if (error instanceof M3Error) return error
  const faults = [{ path: '', message: messageOf(error) }]
  return new M3Error('TENANT_UNAVAILABLE', `Tenant ${id} cannot be served`, { cause: error, faults })
}
