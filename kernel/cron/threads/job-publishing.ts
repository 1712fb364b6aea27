import { MessageChannel, type MessagePort } from 'node:worker_threads'
import type { Mqtt, PublishOptions } from '../../contract/context.js'
import { M3Error } from '../../errors.js'
import { type PublishAnswer, type PublishRequest, readRequest } from './message.js'

const WINDOW_MILLISECONDS = 4
/** Answered in one window; those beyond wait for the next, so that a job that publishes without end leaves time for requests. */
const ANSWERS = 64
/** Asked for in one window by a thread that waits for its answers as it should: twice as many at most. */
const MOST_REQUESTS = 1000
/** And so many bytes besides those of one message. */
const MOST_BYTES = 64 * 1024 * 1024

/** Publishes for a job's thread, as its tenant. */
export class JobPublishing {
  /** The thread's end. */
  readonly port: MessagePort
  readonly #own: MessagePort
  readonly #mqtt: Mqtt
  readonly #unforeseen: (error: unknown) => void
  readonly #waiting: PublishAnswer[] = []
  #window: NodeJS.Timeout | undefined
  #requests = 0
  #bytes = 0
  #answers = 0

  constructor(mqtt: Mqtt, unforeseen: (error: unknown) => void) {
    this.#mqtt = mqtt
    this.#unforeseen = unforeseen
    const { port1, port2 } = new MessageChannel()
    this.#own = port1
    this.port = port2
    port1.on('message', (value: unknown) => this.#read(value))
    // It is the thread that keeps the process alive.
    port1.unref()
  }

  /** Nothing more is published; what the thread still waits for it is not told. */
  close(): void {
    clearTimeout(this.#window)
    this.#own.close()
  }

  #read(value: unknown): void {
    this.#window ??= setTimeout(() => this.#nextWindow(), WINDOW_MILLISECONDS).unref()
    const request = readRequest(value)
    const isFlood = ++this.#requests > MOST_REQUESTS || this.#bytes > MOST_BYTES
    if (!request || isFlood) {
      this.close()
      return
    }
    this.#bytes += lengthOf(request.payload)
    void this.#publish(request)
  }

  /** In the order of the requests: `publish` has taken a message over, or refused it, before it returns. */
  async #publish({ id, topic, payload, options }: PublishRequest): Promise<void> {
    try {
      await this.#mqtt.publish(topic as string, payload as string, options as PublishOptions)
      this.#answer({ id })
    } catch (error) {
      this.#answer({ id, error: this.#describe(error) })
    }
  }

  #describe(error: unknown): NonNullable<PublishAnswer['error']> {
    if (error instanceof M3Error) {
      const { code, message, retryAfter } = error
      return { code, message, ...(retryAfter === undefined ? {} : { retryAfter }) }
    }
    this.#unforeseen(error)
    return { code: 'INTERNAL', message: 'The kernel could not publish the message; its log says why' }
  }

  #answer(answer: PublishAnswer): void {
    if (this.#answers < ANSWERS) {
      this.#answers++
      this.#own.postMessage(answer)
    } else this.#waiting.push(answer)
  }

  #nextWindow(): void {
    this.#window = undefined
    this.#requests = 0
    this.#bytes = 0
    this.#answers = 0
    for (const answer of this.#waiting.splice(0, ANSWERS)) this.#answer(answer)
    if (this.#waiting.length > 0) this.#window = setTimeout(() => this.#nextWindow(), WINDOW_MILLISECONDS).unref()
  }
}

function lengthOf(payload: unknown): number {
  return typeof payload === 'string' || payload instanceof Uint8Array ? payload.length : 0
}
