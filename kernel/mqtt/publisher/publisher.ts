import type { MqttConfig } from '../../config/config.js'
import { M3Error } from '../../errors.js'
import type { BrokerTarget } from '../target.js'
import { type BrokerProperties, fitMessage, windowOf } from './broker-limits.js'
import { BrokerLog, type PublisherLog } from './broker-log.js'
import { nameOf } from './broker-stream.js'
import { type Absence, BrokerConnection } from './connection.js'
import type { Message } from './message.js'
import { type FullBound, MessageQueue } from './message-queue.js'

export interface PublisherParts {
  readonly target: BrokerTarget
  readonly bounds: MqttConfig['queue']
  readonly log: PublisherLog
}

const MEGABYTE = 1024 * 1024
/** The most that a goodbye takes. */
const GOODBYE_SECONDS = 0.5
/** Seconds after which a caller may find room again. */
const RETRY = { away: 5, there: 1 }

/** Takes messages over and brings them to the broker, in their order, whether it is there at the moment or not. */
export class Publisher {
  readonly #connection: BrokerConnection
  readonly #queue: MessageQueue
  readonly #log: BrokerLog
  readonly #isEmbedded: boolean
  #broker: BrokerProperties = {}
  #window = 1
  #inFlight = 0
  #isAway = false
  /** Messages of QoS 0 of which the log has not told yet. */
  #lost = 0
  #whenEmpty: (() => void) | undefined
  #whenAway: (() => void) | undefined
  #closing: Promise<number> | undefined

  constructor({ target, bounds: { messages, messagesPerTenant, megabytes }, log }: PublisherParts) {
    this.#queue = new MessageQueue({ messages, messagesPerTenant, bytes: megabytes * MEGABYTE })
    this.#log = new BrokerLog(log, nameOf(target))
    this.#isEmbedded = target.kind === 'socket'
    this.#connection = new BrokerConnection(target, {
      accepted: (broker) => this.#accepted(broker),
      ready: () => this.#pump(),
      absent: (absence) => this.#absent(absence),
      drained: () => this.#pump(),
    })
  }

  /** Throws QUEUE_FULL, SHUTTING_DOWN. Of QoS 0 a message for which there is no way is lost, and counted. */
  publish(message: Message): void {
    if (this.#closing) throw new M3Error('SHUTTING_DOWN', 'The server is shutting down and publishes nothing more')
    if (message.qos === 0) {
      this.#publishOnce(message)
      return
    }
    const full = this.#queue.fullFor(message)
    if (full) {
      const error = this.#queueFull(full)
      this.#log.full(message.tenant, error.message)
      throw error
    }
    this.#queue.push(message)
    this.#pump()
  }

  /** Brings what waits to the broker, for so many seconds at most. Resolves to the number of messages that are lost. */
  close(seconds: number): Promise<number> {
    this.#closing ??= this.#end(seconds)
    return this.#closing
  }

  /** Behind those that wait: a message of QoS 0 does not overtake others of its topic. */
  #publishOnce(message: Message): void {
    if (this.#isAway) {
      this.#lost++
    } else if (!this.#queue.mustWait(message) && this.#maySend(message)) {
      this.#transmit(message)
    } else if (this.#queue.fullFor(message)) {
      this.#lost++
    } else {
      this.#queue.push(message)
      this.#pump()
    }
  }

  #pump(): void {
    for (;;) {
      const message = this.#queue.peek()
      if (!message || !this.#maySend(message)) break
      this.#queue.take()
      this.#transmit(message, () => {
        this.#queue.settle(message)
        if (this.#queue.size === 0) this.#emptied()
      })
    }
    if (this.#lost > 0 && !this.#isAway && this.#queue.size === 0) this.#log.tooSlow(this.#takeLost())
  }

  #maySend({ qos }: Message): boolean {
    const connection = this.#connection
    return connection.isReady && !connection.isCongested && (qos === 0 || this.#inFlight < this.#window)
  }

  #transmit(message: Message, done?: () => void): void {
    const fitted = fitMessage(message, this.#broker)
    if ('refused' in fitted) {
      this.#log.refused(message, fitted.refused)
      done?.()
      return
    }
    if (fitted.qos === 0) {
      this.#connection.send(message, fitted, () => {})
      done?.()
      return
    }
    this.#inFlight++
    this.#connection.send(message, fitted, (refusal) => {
      this.#inFlight--
      if (refusal !== undefined) this.#log.refused(message, refusal)
      done?.()
      this.#pump()
    })
  }

  #accepted(broker: BrokerProperties): void {
    this.#broker = broker
    this.#window = windowOf(broker)
    this.#isAway = false
    this.#log.there({ waiting: this.#queue.size, lost: this.#takeLost() })
  }

  #absent(absence: Absence): void {
    this.#isAway = true
    this.#lost += this.#queue.dropUnacknowledged()
    if (this.#queue.size === 0) this.#emptied()
    this.#whenAway?.()
    this.#log.away(absence)
  }

  #emptied(): void {
    this.#log.empty()
    this.#whenEmpty?.()
  }

  #takeLost(): number {
    const lost = this.#lost
    this.#lost = 0
    return lost
  }

  async #end(seconds: number): Promise<number> {
    if (this.#queue.size > 0) await this.#waitUntilEmpty(seconds)
    this.#lost += this.#queue.dropUnacknowledged()
    const left = this.#queue.waiting()
    this.#log.undelivered(left, this.#takeLost())
    await this.#connection.end(GOODBYE_SECONDS)
    return left.reduce((sum, { messages }) => sum + messages, 0)
  }

  #waitUntilEmpty(seconds: number): Promise<void> {
    return new Promise((resolve) => {
      let timer = setTimeout(resolve, seconds * 1000)
      this.#whenEmpty = () => {
        clearTimeout(timer)
        resolve()
      }
      this.#whenAway = () => {
        // No server runs in this app root, and none will because this process waits.
        if (!this.#isEmbedded) return
        clearTimeout(timer)
        timer = setTimeout(resolve, Math.min(seconds, GOODBYE_SECONDS) * 1000)
        this.#whenAway = undefined
      }
      if (this.#isAway) this.#whenAway()
    })
  }

  #queueFull(bound: FullBound): M3Error {
    const { where, hint } = FULL[bound]
    const why = this.#isAway ? 'the message broker is away' : 'the message broker does not keep up'
    const retryAfter = this.#isAway ? RETRY.away : RETRY.there
    return new M3Error('QUEUE_FULL', `Too many messages ${where}: ${why} (${hint})`, { retryAfter })
  }
}

const FULL: Readonly<Record<FullBound, { readonly where: string; readonly hint: string }>> = {
  messages: { where: 'wait', hint: 'the bound is mqtt.queue.messages' },
  messagesPerTenant: { where: 'of this tenant wait', hint: 'the bound is mqtt.queue.messagesPerTenant' },
  bytes: { where: 'wait', hint: 'the bound is mqtt.queue.megabytes' },
  bytesPerTenant: { where: 'of this tenant wait', hint: 'the bound is a tenant’s share of mqtt.queue.megabytes' },
}
