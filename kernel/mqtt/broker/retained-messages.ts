import { setImmediate } from 'node:timers/promises'
import type { Limits } from './limits.js'
import { reaches } from './topics.js'

export interface Message {
  readonly topic: string
  readonly payload: Buffer
  readonly qos: number
}

interface Kept extends Message {
  readonly owner: string
}

type RetainedLimits = Pick<Limits, 'retained' | 'retainedOfUser' | 'retainedBytes' | 'retainedBytesOfUser'>

/** The last retained message of each topic, within bounds: those of one user do not shut the others out. In memory. */
export class RetainedMessages {
  readonly #limits: RetainedLimits
  readonly #messages = new Map<string, Kept>()
  readonly #ofOwner = new Map<string, { messages: number; bytes: number }>()
  #bytes = 0

  constructor(limits: RetainedLimits) {
    this.#limits = limits
  }

  /**
   * Of no payload: forgets what the topic had. False: there is no room for it, and what the topic had is forgotten, too,
   * since it is no longer true. `owner`: the user; undefined for the kernel, which only the bounds of all hold back.
   */
  keep(message: Message, owner: string | undefined): boolean {
    this.#forget(message.topic)
    if (message.payload.length === 0) return true
    const name = owner ?? ''
    const of = this.#ofOwner.get(name) ?? { messages: 0, bytes: 0 }
    const bytes = sizeOf(message)
    const limits = this.#limits
    if (this.#messages.size >= limits.retained || this.#bytes + bytes > limits.retainedBytes) return false
    if (
      owner !== undefined &&
      (of.messages >= limits.retainedOfUser || of.bytes + bytes > limits.retainedBytesOfUser)
    ) {
      return false
    }
    this.#messages.set(message.topic, { ...message, payload: Buffer.from(message.payload), owner: name })
    this.#ofOwner.set(name, { messages: of.messages + 1, bytes: of.bytes + bytes })
    this.#bytes += bytes
    return true
  }

  /** Those of the topics that the filters reach, those of each filter on their own. */
  async *matching(filters: readonly string[]): AsyncGenerator<Message, void, undefined> {
    for (const filter of filters) {
      if (!/[#+]/.test(filter)) {
        const message = this.#messages.get(filter)
        if (message) yield message
        continue
      }
      // A thousand filters, each looked for among all: others have their turn in between.
      await setImmediate()
      for (const topic of [...this.#messages.keys()].filter((name) => reaches(filter, name))) {
        // It may have changed while the ones before were sent.
        const message = this.#messages.get(topic)
        if (message) yield message
      }
    }
  }

  #forget(topic: string): void {
    const message = this.#messages.get(topic)
    if (!message) return
    this.#messages.delete(topic)
    const bytes = sizeOf(message)
    this.#bytes -= bytes
    const of = this.#ofOwner.get(message.owner)
    if (!of) return
    if (of.messages === 1) this.#ofOwner.delete(message.owner)
    else this.#ofOwner.set(message.owner, { messages: of.messages - 1, bytes: of.bytes - bytes })
  }
}

/** Memory that a message takes, a map’s entries and objects included. */
export function sizeOf({ topic, payload }: Pick<Message, 'topic' | 'payload'>): number {
  return 2 * topic.length + payload.length + 256
}
