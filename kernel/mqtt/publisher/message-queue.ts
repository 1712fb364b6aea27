import type { ModuleContext } from '../../contract/context.js'
import type { Message } from './message.js'
import { TopicOrder } from './topic-order.js'

/** What may be on its way to the broker. */
export interface QueueBounds {
  readonly messages: number
  readonly messagesPerTenant: number
  readonly bytes: number
}

/** Which bound has no room for one message more. */
export type FullBound = 'messages' | 'messagesPerTenant' | 'bytes' | 'bytesPerTenant'

/** What is left of one tenant. */
export interface Waiting {
  readonly tenant: ModuleContext['tenant']
  readonly messages: number
}

interface Share {
  readonly tenant: ModuleContext['tenant']
  messages: number
  bytes: number
}

/**
 * Messages that the kernel has taken over, in the order of the calls. One takes room from `push` until `settle`, that is
 * until the broker has it: also while it is on its way there. No tenant can take all of the room, whatever it publishes.
 */
export class MessageQueue {
  readonly #bounds: QueueBounds
  readonly #bytesPerTenant: number
  readonly #shares = new Map<number, Share>()
  /** Those not sent yet begin at `#head`: taking from the front of a long array moves all the others. */
  #unsent: (Message | undefined)[] = []
  #head = 0
  /** Those that were passed over and need not wait any more; they come before the others. */
  #front: Message[] = []
  readonly #order = new TopicOrder()
  #messages = 0
  #bytes = 0

  constructor(bounds: QueueBounds) {
    this.#bounds = bounds
    this.#bytesPerTenant = bounds.bytes * Math.min(1, bounds.messagesPerTenant / bounds.messages)
  }

  /** Messages that take room. */
  get size(): number {
    return this.#messages
  }

  /** Whether others that are not sent yet have to be sent before it. */
  mustWait(message: Message): boolean {
    return this.#front.length > 0 || this.#head < this.#unsent.length || this.#order.isBlocked(message)
  }

  /** The bound that the message does not fit into; undefined if there is room. Where nothing waits, any one message fits. */
  fullFor({ tenant, bytes }: Pick<Message, 'tenant' | 'bytes'>): FullBound | undefined {
    if (this.#messages >= this.#bounds.messages) return 'messages'
    if (this.#messages > 0 && this.#bytes + bytes > this.#bounds.bytes) return 'bytes'
    const share = this.#shares.get(tenant.id)
    if (!share) return undefined
    if (share.messages >= this.#bounds.messagesPerTenant) return 'messagesPerTenant'
    return share.bytes + bytes > this.#bytesPerTenant ? 'bytesPerTenant' : undefined
  }

  push(message: Message): void {
    const { tenant, bytes } = message
    const share = this.#shares.get(tenant.id)
    if (share) {
      share.messages++
      share.bytes += bytes
    } else {
      this.#shares.set(tenant.id, { tenant, messages: 1, bytes })
    }
    this.#messages++
    this.#bytes += bytes
    this.#unsent.push(message)
  }

  /** The one to be sent next. Those that have to wait for others of their topic are passed over. */
  peek(): Message | undefined {
    for (;;) {
      const message = this.#front[0] ?? this.#unsent[this.#head]
      if (message === undefined || !this.#order.isBlocked(message)) return message
      this.#remove()
      this.#order.park(message)
    }
  }

  /** Takes it out of the line, as sent; its room is freed by `settle`. */
  take(): Message | undefined {
    const message = this.peek()
    if (message === undefined) return undefined
    this.#remove()
    this.#order.sent(message)
    return message
  }

  /** The broker has it, or never will. Only of those that were taken. */
  settle(message: Message): void {
    this.#free(message)
    const unblocked = this.#order.settled(message)
    if (unblocked.length > 0) this.#front = [...unblocked, ...this.#front]
  }

  /** Takes those of QoS 0 out of the line, and says how many: none of them waits for a broker that is away. */
  dropUnacknowledged(): number {
    const waiting = [...this.#front, ...this.#unsent.slice(this.#head)].filter((message) => message !== undefined)
    const dropped = [...waiting.filter(({ qos }) => qos === 0), ...this.#order.dropUnacknowledged()]
    for (const message of dropped) this.#free(message)
    this.#unsent = waiting.filter(({ qos }) => qos > 0)
    this.#front = []
    this.#head = 0
    return dropped.length
  }

  /** By tenant, those with the most first. */
  waiting(): Waiting[] {
    return [...this.#shares.values()]
      .map(({ tenant, messages }) => ({ tenant, messages }))
      .sort((a, b) => b.messages - a.messages)
  }

  #remove(): void {
    if (this.#front.length > 0) {
      this.#front.shift()
      return
    }
    this.#unsent[this.#head++] = undefined
    if (this.#head * 2 < this.#unsent.length) return
    this.#unsent = this.#unsent.slice(this.#head)
    this.#head = 0
  }

  #free({ tenant, bytes }: Message): void {
    this.#messages--
    this.#bytes -= bytes
    const share = this.#shares.get(tenant.id)
    if (!share) return
    share.messages--
    share.bytes -= bytes
    if (share.messages === 0) this.#shares.delete(tenant.id)
  }
}
