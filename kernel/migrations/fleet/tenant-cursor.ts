import type { TenantState } from './fleet-decisions.js'
import type { FleetParts, FleetTenant } from './fleet-parts.js'

/** A tenant whose turn it is. */
export interface FleetEntry<T> {
  readonly tenant: T
  /** 0 for the first of the run, and so on. */
  readonly place: number
  readonly known: TenantState | undefined
}

/** The tenants one after another to all who ask, one page of them in memory. */
export class TenantCursor<T extends FleetTenant> {
  #page: readonly T[] = []
  #known: ReadonlyMap<number, TenantState> = new Map()
  #at = 0
  #place = 0
  #ended = false
  #turn: Promise<unknown> = Promise.resolve()

  constructor(readonly parts: Pick<FleetParts<T>, 'page' | 'state'>) {}

  /** Undefined at the end. */
  next(): Promise<FleetEntry<T> | undefined> {
    const entry = this.#turn.then(() => this.#next())
    // Whoever asked hears of the failure; the others ask again.
    this.#turn = entry.catch(() => undefined)
    return entry
  }

  async #next(): Promise<FleetEntry<T> | undefined> {
    if (this.#at === this.#page.length && !this.#ended) await this.#turnPage()
    const tenant = this.#page[this.#at]
    if (!tenant) return undefined
    this.#at++
    return { tenant, place: this.#place++, known: this.#known.get(tenant.id) }
  }

  async #turnPage(): Promise<void> {
    const { page, state } = this.parts
    const tenants = await page(this.#page.at(-1)?.id ?? 0)
    this.#known = await state.known(tenants.map(({ id }) => id))
    this.#ended = tenants.length === 0
    this.#page = tenants
    this.#at = 0
  }
}
