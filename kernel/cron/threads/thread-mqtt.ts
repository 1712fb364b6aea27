import type { MessagePort } from 'node:worker_threads'
import type { Mqtt, PublishOptions } from '../../contract/context.js'
import { M3Error, messageOf } from '../../errors.js'
import type { PublishAnswer, PublishRequest } from './message.js'

/** Requests that are not answered yet, and their payloads' bytes: further ones wait in the thread, whose memory is watched. */
const MOST_OUTSTANDING = 64
const MOST_BYTES = 4 * 1024 * 1024

interface Request extends PublishRequest {
  readonly bytes: number
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** What a job publishes by: the kernel does it, and answers. */
export class ThreadMqtt {
  readonly mqtt: Mqtt = Object.freeze<Mqtt>({
    enabled: true,
    publish: (topic, payload, options) => this.#publish(topic, payload, options),
  })
  readonly #port: MessagePort
  readonly #post: MessagePort['postMessage']
  readonly #outstanding = new Map<number, Request>()
  readonly #waiting: Request[] = []
  #lastId = 0
  #bytes = 0
  #isClosed = false
  #idle: (() => void) | undefined

  constructor(port: MessagePort) {
    this.#port = port
    this.#post = port.postMessage.bind(port)
    port.on('message', (answer: PublishAnswer) => this.#answered(answer))
    port.once('close', () => this.#closed())
    port.unref()
  }

  /** Resolves once all that was asked for is answered. */
  async idle(): Promise<void> {
    while (this.#outstanding.size > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve
      })
    }
  }

  async #publish(topic: string, payload: string | Uint8Array, options?: PublishOptions): Promise<void> {
    if (this.#isClosed) throw notListening()
    const copy = copyOf(payload)
    const given = options === undefined ? undefined : { ...options }
    await new Promise<void>((resolve, reject) => {
      // A text of so many characters; what is neither is refused by the kernel, or cannot be posted.
      const { length: bytes = 0 } = copy ?? {}
      this.#waiting.push({ id: ++this.#lastId, topic, payload: copy, options: given, bytes, resolve, reject })
      this.#send()
    })
  }

  #send(): void {
    for (;;) {
      const [request] = this.#waiting
      if (!request || !this.#hasRoomFor(request)) return
      this.#waiting.shift()
      const { id, topic, payload, options, reject } = request
      try {
        this.#post({ id, topic, payload, options } satisfies PublishRequest)
        if (this.#outstanding.size === 0) this.#port.ref()
        this.#outstanding.set(id, request)
        this.#bytes += request.bytes
      } catch (error) {
        // What cannot be posted cannot be published either.
        reject(new M3Error('MESSAGE_INVALID', `Topic, payload and options are plain values: ${messageOf(error)}`))
      }
    }
  }

  /** One alone may be of any length. */
  #hasRoomFor({ bytes }: Request): boolean {
    const { size } = this.#outstanding
    return size === 0 || (size < MOST_OUTSTANDING && this.#bytes + bytes <= MOST_BYTES)
  }

  #answered({ id, error }: PublishAnswer): void {
    const request = this.#outstanding.get(id)
    if (!request) return
    this.#outstanding.delete(id)
    this.#bytes -= request.bytes
    if (!error) request.resolve()
    else {
      const { code, message, retryAfter } = error
      request.reject(new M3Error(code, message, retryAfter === undefined ? {} : { retryAfter }))
    }
    this.#send()
    this.#rest()
  }

  #closed(): void {
    this.#isClosed = true
    for (const { reject } of [...this.#outstanding.values(), ...this.#waiting.splice(0)]) reject(notListening())
    this.#outstanding.clear()
    this.#rest()
  }

  #rest(): void {
    if (this.#outstanding.size > 0) return
    this.#port.unref()
    this.#idle?.()
    this.#idle = undefined
  }
}

/** The job may go on writing into its bytes while the request waits, or share them with others. */
function copyOf(payload: string | Uint8Array): string | Uint8Array {
  if (!(payload instanceof Uint8Array)) return payload
  try {
    return new Uint8Array(payload)
  } catch (error) {
    throw new M3Error('MESSAGE_INVALID', `The bytes of the payload cannot be read: ${messageOf(error)}`)
  }
}

function notListening(): M3Error {
  return new M3Error('BROKER_UNAVAILABLE', 'The kernel takes no more messages of this job')
}
