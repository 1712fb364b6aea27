import type { Logger } from 'pino'
import type { MqttConfig } from '../config/config.js'
import type { ModuleContext, Mqtt } from '../contract/context.js'
import { NO_BROKER } from '../contract/no-broker.js'
import { M3Error } from '../errors.js'
import type { EmbeddedBroker } from './broker/embedded-broker.js'
import { socketPath } from './broker/socket-path.js'
import type { Publisher } from './publisher/publisher.js'
import { verifyMessage } from './publisher/verify-message.js'
import type { BrokerTarget } from './target.js'

export interface LazyMqttParts {
  /** The app root, absolute. */
  readonly root: string
  readonly config: MqttConfig
  readonly log: Logger
}

/** Publishing, and the embedded broker of a server, whose packages are loaded when they are first needed. */
export class LazyMqtt {
  readonly #parts: LazyMqttParts
  readonly #target: BrokerTarget | undefined
  #publisher: Promise<Publisher> | undefined
  #loaded: Publisher | undefined
  #broker: EmbeddedBroker | undefined
  #starting: Promise<void> | undefined
  #closing: Promise<void> | undefined
  #undelivered = 0

  constructor(parts: LazyMqttParts) {
    this.#parts = parts
    this.#target = targetOf(parts)
  }

  /** Where the embedded broker of this process listens, as it is shown to people. */
  get listeners(): readonly string[] {
    return this.#broker?.listeners ?? []
  }

  /** After `close`: messages of QoS 1 and 2 that the broker never had. */
  get undelivered(): number {
    return this.#undelivered
  }

  /** What the modules and jobs of a tenant publish by. */
  of(tenant: ModuleContext['tenant']): Mqtt {
    if (!this.#target) return NO_BROKER
    return Object.freeze<Mqtt>({
      enabled: true,
      publish: async (topic, payload, options) => {
        // Looked at, and copied, before anything is waited for: the caller may change its bytes afterwards.
        const message = verifyMessage(tenant, { topic, payload, options }, this.#parts.config)
        const publisher = this.#loaded ?? (await this.#load())
        publisher.publish(message)
      },
    })
  }

  /** Of a server: runs the embedded broker, if it is to, and connects. What fails is told in the log. */
  start(): Promise<void> {
    this.#starting ??= this.#target && !this.#closing ? this.#begin() : Promise.resolve()
    return this.#starting
  }

  async #begin(): Promise<void> {
    const { config, log, root } = this.#parts
    try {
      if (config.embedded) {
        const { startEmbeddedBroker } = await import('./broker/embedded-broker.js')
        this.#broker = await startEmbeddedBroker({ root, config, log })
      }
      await this.#load()
    } catch (error) {
      log.error({ err: error }, 'no message will be published')
    }
  }

  /** Brings what waits to the broker within so many seconds, and ends the embedded one. What was never needed is not loaded. */
  close(seconds: number): Promise<void> {
    this.#closing ??= this.#end(seconds)
    return this.#closing
  }

  async #end(seconds: number): Promise<void> {
    await this.#starting
    const publisher = await this.#publisher?.catch(() => undefined)
    this.#undelivered = (await publisher?.close(seconds)) ?? 0
    await this.#broker?.close()
  }

  #load(): Promise<Publisher> {
    if (this.#closing && !this.#publisher) {
      throw new M3Error('SHUTTING_DOWN', 'The server is shutting down and publishes nothing more')
    }
    this.#publisher ??= this.#connect()
    return this.#publisher
  }

  async #connect(): Promise<Publisher> {
    const { Publisher } = await import('./publisher/publisher.js')
    const { config, log } = this.#parts
    this.#loaded = new Publisher({ target: this.#target as BrokerTarget, bounds: config.queue, log })
    return this.#loaded
  }
}

function targetOf({ root, config }: LazyMqttParts): BrokerTarget | undefined {
  if (config.broker) return { kind: 'network', broker: config.broker }
  return config.embedded ? { kind: 'socket', path: socketPath(root) } : undefined
}
