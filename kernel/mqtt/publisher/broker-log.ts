import type { FastifyBaseLogger } from 'fastify'
import type { ModuleContext } from '../../contract/context.js'
import type { Absence } from './connection.js'
import type { Waiting } from './message-queue.js'

export type PublisherLog = Pick<FastifyBaseLogger, 'debug' | 'info' | 'warn' | 'error'>

/** Tenants that one line names. */
const NAMED = 5

/** Tells of the broker's coming and going, once each, however many attempts lie between. */
export class BrokerLog {
  readonly #log: PublisherLog
  /** `the broker mqtt.example.com:1883`. */
  readonly #broker: string
  #state: 'unknown' | 'there' | 'away' = 'unknown'
  #refusal: string | undefined
  #isFull = false

  constructor(log: PublisherLog, broker: string) {
    this.#log = log
    this.#broker = broker
  }

  away({ reason, isLoginRefused }: Absence): void {
    const wasAway = this.#state === 'away'
    this.#state = 'away'
    if (isLoginRefused && reason !== this.#refusal) {
      this.#refusal = reason
      this.#log.error(
        { reason },
        `${this.#broker} refuses the login of mqtt.username and mqtt.password: ${reason}; messages wait, it is tried again`,
      )
    } else if (!wasAway) {
      this.#log.warn({ reason }, `${this.#broker} is away: ${reason}; messages of QoS 1 and 2 wait for it`)
    }
  }

  /** `lost` messages of QoS 0 found no broker. */
  there({ waiting, lost }: { readonly waiting: number; readonly lost: number }): void {
    const wasAway = this.#state === 'away'
    this.#state = 'there'
    this.#refusal = undefined
    const words = wasAway
      ? `${this.#broker} is back: ${count(waiting)} waited for it, ${count(lost)} of QoS 0 ${lost === 1 ? 'was' : 'were'} lost`
      : `messages are published to ${this.#broker}`
    this.#log.info({ waiting, lost }, words)
  }

  /** The broker is there and takes less than it is sent. */
  tooSlow(lost: number): void {
    this.#log.warn({ lost }, `${this.#broker} is too slow for what it is sent: ${count(lost)} of QoS 0 lost`)
  }

  refused(
    { tenant, topic }: { readonly tenant: ModuleContext['tenant']; readonly topic: string },
    reason: string,
  ): void {
    this.#log.error(
      { tenant: tenant.id, topic, reason },
      `${this.#broker} refuses a message of tenant ${tenant.id}, ${tenant.name}, and it is lost: ${reason}`,
    )
  }

  /** A message was not taken over. Told once, until nothing waits. */
  full({ id, name }: ModuleContext['tenant'], reason: string): void {
    if (this.#isFull) return
    this.#isFull = true
    this.#log.warn({ tenant: id }, `messages are refused, one of tenant ${id}, ${name}, the first: ${reason}`)
  }

  empty(): void {
    this.#isFull = false
  }

  /** The end: what nobody will deliver any more. */
  undelivered(left: readonly Waiting[], lost: number): void {
    const messages = left.reduce((sum, waiting) => sum + waiting.messages, 0)
    if (messages > 0) {
      const named = left
        .slice(0, NAMED)
        .map(({ tenant, messages: of }) => `${of} of tenant ${tenant.id}, ${tenant.name}`)
      const others = left.length > NAMED ? `, and those of ${left.length - NAMED} more tenants` : ''
      const tenants = Object.fromEntries(left.map(({ tenant, messages: of }) => [tenant.id, of]))
      this.#log.error(
        { messages, tenants },
        `${count(messages)} did not reach ${this.#broker} before the end and ${messages === 1 ? 'is' : 'are'} lost: ${named.join('; ')}${others}`,
      )
    }
    if (lost > 0) this.#log.warn({ lost }, `${count(lost)} of QoS 0 did not reach ${this.#broker}`)
  }
}

function count(messages: number): string {
  return messages === 1 ? '1 message' : `${messages} messages`
}
