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

/** Of these the tenant is refused on purpose: nobody need look into it. */
export const ON_PURPOSE: ReadonlySet<ErrorCode> = new Set(['TENANT_UNKNOWN', 'TENANT_SUSPENDED'])

/** How long "there is no such tenant" and "it cannot be served" are believed, so that repeated calls spare the catalog. */
const BELIEVED_MS = 1000
/** What cannot be served is tried again ever later, up to this: an attempt may take a lock and a look at the database. */
const LONGEST_BELIEVED_MS = 5000
const MOST_BELIEVED = 10_000
/** Of so many tenants the reason is kept for those who run the deployment. */
const MOST_FAILURES = 1000

/** Errors of a build that mean what they say to a client; any other is the tenant's trouble, and its reason the log's. */
const PLAIN = new Set([
  'TENANT_UNKNOWN',
  'TENANT_SUSPENDED',
  'TENANT_UNAVAILABLE',
  'DATABASE_UNAVAILABLE',
  'OVERLOADED',
  'SHUTTING_DOWN',
])
/** Of these another attempt may find nothing left. */
const PASSING = new Set(['DATABASE_UNAVAILABLE', 'OVERLOADED', 'SHUTTING_DOWN'])

/** Why tenants could not be built. */
export class Refusals {
  readonly #believed = new LRUCache<TenantId, M3Error>({ max: MOST_BELIEVED, ttl: BELIEVED_MS })
  readonly #inRow = new LRUCache<TenantId, number>({ max: MOST_BELIEVED })
  readonly #failures = new LRUCache<TenantId, M3Error>({ max: MOST_FAILURES })

  /** What a call is refused with at once, without a build. */
  believed(id: TenantId): M3Error | undefined {
    return this.#believed.get(id)
  }

  /** Keeps the reason of a failed build. */
  add(id: TenantId, refusal: M3Error): void {
    const { code } = refusal
    const inRow = code === 'TENANT_UNAVAILABLE' ? (this.#inRow.get(id) ?? 0) : 0
    this.#inRow.set(id, inRow + 1)
    const ttl = Math.min(LONGEST_BELIEVED_MS, BELIEVED_MS * 2 ** inRow)
    if (!PASSING.has(code)) this.#believed.set(id, refusal, { ttl })
    if (ON_PURPOSE.has(code)) this.#failures.delete(id)
    else this.#failures.set(id, refusal)
  }

  /** It could be built, after all. */
  clear(id: TenantId): void {
    this.#believed.delete(id)
    this.#inRow.delete(id)
    this.#failures.delete(id)
  }

  /** The latest first. */
  failures(): TenantFailure[] {
    return [...this.#failures].map(([tenant, { code, message, faults }]) => ({ tenant, code, message, faults }))
  }
}

/** Whatever a build threw, as the reason why the tenant cannot be served. */
export function refusalOf(id: TenantId, error: unknown): M3Error {
  const own = error instanceof M3Error ? error : undefined
  if (own && PLAIN.has(own.code)) return own
  return new M3Error('TENANT_UNAVAILABLE', `Tenant ${id} cannot be served`, {
    cause: error,
    faults: [{ path: own?.code ?? '', message: messageOf(error) }, ...(own?.faults ?? [])],
    ...(own?.retryAfter === undefined ? {} : { retryAfter: own.retryAfter }),
  })
}
