import type { TenantId } from '../names.js'
import type { BuiltTenant, LiveTenant, Scope } from './contract.js'

/** How long a connection may be in use after the last request: a handler may have left something running. */
const CONNECTION_SECONDS = 10

/** A live tenant with its requests counted, so that it closes after the last of them and not before. */
export class ServedTenant implements LiveTenant {
  readonly id: TenantId
  readonly name: string
  readonly signature: string
  readonly scope: Scope
  readonly #close: (seconds: number) => Promise<void>
  #inFlight = 0
  #lastUsed = performance.now()
  #drained: (() => void) | undefined
  #cut = false

  constructor(built: BuiltTenant) {
    this.id = built.id
    this.name = built.name
    this.signature = built.signature
    this.scope = built.scope
    this.#close = (seconds) => built.close(seconds)
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
    await this.#close(this.#cut ? 0 : CONNECTION_SECONDS)
  }

  /** Ends a drain now, whatever is still in flight. */
  cut(): void {
    this.#cut = true
    this.#drained?.()
  }
}
