import type { ModuleContext } from '../../contract/context.js'
import type { Message } from './message.js'

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

  get unsent(): number {
    return this.#unsent.length - this.#head
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

  /** The one to be sent next. */
  peek(): Message | undefined {
    return this.#unsent[this.#head]
  }

  /** Takes the next one out of the line; its room is freed by `settle`. */
  take(): Message | undefined {
    const message = this.#unsent[this.#head]
    if (message === undefined) return undefined
    this.#unsent[this.#head++] = undefined
    if (this.#head === this.#unsent.length || this.#head >= 4096) {
      this.#unsent = this.#unsent.slice(this.#head)
      this.#head = 0
    }
    return message
  }

  /** The broker has it, or never will. */
  settle({ tenant, bytes }: Message): void {
    this.#messages--
    this.#bytes -= bytes
    const share = this.#shares.get(tenant.id)
    if (!share) return
    share.messages--
    share.bytes -= bytes
    if (share.messages === 0) this.#shares.delete(tenant.id)
  }

  /** Takes those of QoS 0 out of the line, and says how many: none of them waits for a broker that is away. */
  dropUnacknowledged(): number {
    const kept: Message[] = []
    let dropped = 0
    for (const message of this.#unsent.slice(this.#head)) {
      if (message === undefined) continue
      if (message.qos > 0) kept.push(message)
      else {
        this.settle(message)
        dropped++
      }
    }
    this.#unsent = kept
    this.#head = 0
    return dropped
  }

  /** By tenant, those with the most first. */
  waiting(): Waiting[] {
    return [...this.#shares.values()]
      .map(({ tenant, messages }) => ({ tenant, messages }))
      .sort((a, b) => b.messages - a.messages)
  }
}
