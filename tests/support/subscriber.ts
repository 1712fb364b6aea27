import mqtt, { type IClientOptions } from 'mqtt'
import type { Ending } from './ending.js'
import { until } from './until.js'

export interface Received {
  readonly topic: string
  readonly payload: string
  readonly qos: number
  readonly retain: boolean
}

/** Whoever listens to what the kernel publishes. */
export interface Subscriber {
  /** In the order of their coming. */
  readonly messages: readonly Received[]
  /** The payloads of a topic, in the order of their coming. */
  of(topic: string): string[]
  /** Subscribed again, after the broker was away. */
  back(): Promise<void>
}

export interface SubscriberOptions extends IClientOptions {
  readonly port: number
  readonly filter?: string
  readonly subscribeQos?: 0 | 1 | 2
}

/** Resolves once it is subscribed. After a break it subscribes again by itself. */
export async function subscribe(
  ending: Ending,
  { port, filter = '#', subscribeQos = 1, ...options }: SubscriberOptions,
): Promise<Subscriber> {
  const messages: Received[] = []
  const client = mqtt.connect({ protocol: 'mqtt', host: '127.0.0.1', port, reconnectPeriod: 20, ...options })
  ending.after(() => client.endAsync(true))
  client.on('message', (topic, payload, { qos, retain }) => {
    messages.push({ topic, payload: payload.toString(), qos, retain })
  })
  let isSubscribed = false
  client.on('connect', async () => {
    await client.subscribeAsync(filter, { qos: subscribeQos })
    isSubscribed = true
  })
  client.on('close', () => {
    isSubscribed = false
  })
  const back = () => until(() => isSubscribed, 'it is subscribed')
  await back()
  return {
    messages,
    of: (topic) => messages.filter((message) => message.topic === topic).map(({ payload }) => payload),
    back,
  }
}
