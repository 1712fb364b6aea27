import type { TenantId } from '../names.js'
import type { BuiltTenant, LiveTenant, Scope } from './contract.js'

/** A live tenant with its requests counted, so that it closes after the last of them and not before. */
export class ServedTenant implements LiveTenant {
  readonly id: TenantId
  readonly name: string
  readonly signature: string
  readonly scope: Scope
  readonly #close: () => Promise<void>
  #inFlight = 0
  #lastUsed = performance.now()
  #drained: (() => void) | undefined

  constructor(built: BuiltTenant) {
    this.id = built.id
    this.name = built.name
    this.signature = built.signature
    this.scope = built.scope
    this.#close = () => built.close()
  }

  get inFlight(): number {
    return this.#inFlight
  }

  /** Milliseconds on the clock of `performance.now()`. */
  get lastUsed(): number {
    return this.#lastUsed
  }

  touch(): void {
    this.#lastUsed = performance.now()
  }

  begin(): void {
    this.#inFlight++
  }

  end(): void {
    this.#inFlight--
    if (this.#inFlight === 0) this.#drained?.()
  }

  /** Waits for the requests in flight, then closes. */
  async drain(): Promise<void> {
    if (this.#inFlight > 0) {
      await new Promise<void>((resolve) => {
        this.#drained = resolve
      })
    }
    await this.#close()
  }
}
