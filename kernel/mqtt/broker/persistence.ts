import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import type { GuardedStream } from './guarded-stream.js'
import { type Message, type RetainedMessages, sizeOf } from './retained-messages.js'
import type { Queued } from './session.js'
import type { Sessions } from './sessions.js'

const MOST_RECEIVERS = 10_000
/** Messages of QoS 2 that a client has under way: taken over, and not yet released. */
const MOST_UNRELEASED = 1000
/** aedes takes a handful at a time from a stream and writes one in two turns of the event loop. */
const LONG = 16_384
const TURNS = 4

/** What aedes hands over of a client. */
export interface StoredClient {
  readonly id: string
  readonly clean: boolean
  readonly conn: object
}

interface Packet extends Message {
  readonly cmd: string
  readonly clientId?: string
  readonly brokerId: string
  readonly brokerCounter: number
  readonly messageId?: number
}

interface Filter {
  readonly topic: string
  readonly qos: number
}

export interface PersistenceParts {
  readonly sessions: Sessions
  readonly retained: RetainedMessages
  /** Undefined: the kernel. */
  readonly userOf: (id: string) => string | undefined
  /** Whether the subscription of a client may be kept. */
  readonly keeps: (client: StoredClient, filter: Filter) => boolean
  /** Whose subscription the retained messages are asked for. */
  readonly subscriber: () => GuardedStream | undefined
  readonly notRetained: (user: string | undefined) => void
}

/**
 * What aedes keeps, in memory: lost when the process ends. Of its own rather than aedes-persistence, which has no bounds,
 * keeps subscriptions that were refused, and hands a session to whoever comes with its client id.
 */
export function memoryPersistence({ sessions, retained, ...parts }: PersistenceParts) {
  /** Ids of QoS 2 messages that were taken over and not yet released, by client. */
  const received = new LRUCache<string, Set<number>>({ max: MOST_RECEIVERS })
  const kept = new WeakSet<object>()

  return {
    async setup() {},

    async storeRetained(packet: Packet) {
      const { topic, payload, qos, clientId } = packet
      const owner = clientId === undefined ? undefined : parts.userOf(clientId)
      if (!retained.keep({ topic, payload, qos }, owner)) parts.notRetained(owner)
    },
    createRetainedStreamCombi(filters: string[]) {
      return Readable.from(withRoom(retained.matching(filters), parts.subscriber()))
    },

    /** Called once for each filter of a packet, each time with all of them, those that were refused among them. */
    async addSubscriptions(client: StoredClient, filters: Filter[]) {
      if (kept.has(filters)) return
      kept.add(filters)
      const user = parts.userOf(client.id)
      const mayBeKept = filters.filter((filter) => parts.keeps(client, filter))
      if (user !== undefined) sessions.subscribe(client.id, user, client, mayBeKept)
    },
    async removeSubscriptions(client: StoredClient, filters: string[]) {
      sessions.unsubscribe(client.id, filters)
    },
    async subscriptionsByClient({ id }: { id: string }) {
      return sessions.filtersOf(id)
    },
    /** Messages are put into sessions by `outgoingEnqueueCombi`, which looks up on its own what they reach. */
    async subscriptionsByTopic() {
      return []
    },
    async cleanSubscriptions({ id }: StoredClient) {
      sessions.forget(id)
    },

    async outgoingEnqueueCombi(_filters: unknown, packet: Packet) {
      sessions.enqueue(packet)
    },
    async outgoingEnqueue() {},
    async outgoingUpdate(client: StoredClient, { cmd, brokerCounter, messageId = 0 }: Packet) {
      if (cmd === 'pubrel') sessions.received(client.id, messageId)
      else sessions.name(client.id, client, brokerCounter, messageId)
    },
    async outgoingClearMessageId({ id }: StoredClient, { messageId }: { messageId?: number }) {
      if (messageId !== undefined) sessions.acknowledge(id, messageId)
    },
    outgoingStream(client: StoredClient) {
      return Readable.from(withRoom(sessions.waiting(client.id, client), client.conn as GuardedStream))
    },

    async incomingStorePacket({ id }: StoredClient, { messageId = 0 }: Packet) {
      const ids = received.get(id) ?? new Set()
      // The kernel has as many under way as there are ids.
      if (ids.size >= MOST_UNRELEASED && parts.userOf(id) !== undefined) throw new Error('too many of QoS 2 under way')
      received.set(id, ids.add(messageId))
    },
    async incomingGetPacket({ id }: StoredClient, { messageId = 0 }: Packet) {
      if (!received.get(id)?.has(messageId)) throw new Error('no such packet')
      return { messageId }
    },
    async incomingDelPacket({ id }: StoredClient, { messageId = 0 }: Packet) {
      if (!received.get(id)?.delete(messageId)) throw new Error('no such packet')
    },
    async cleanIncoming({ id }: StoredClient) {
      received.delete(id)
    },

    // Wills are published when connections end, and nobody else’s are looked after.
    async putWill() {},
    async delWill() {},
    streamWill: () => Readable.from([]),
  }
}

/** One at a time as the client takes them: a thousand long messages at once would be the end of its connection. */
async function* withRoom<T extends Message | Queued>(
  messages: Iterable<T> | AsyncIterable<T>,
  stream: GuardedStream | undefined,
): AsyncGenerator<T & { cmd: string }, void, undefined> {
  for await (const message of messages) {
    await stream?.room()
    if (stream?.destroyed) return
    yield { cmd: 'publish', ...message }
    // It is to be among what the client has not taken when room is looked for next.
    if (sizeOf(message) >= LONG) for (let i = 0; i < TURNS; i++) await setImmediate()
  }
}
