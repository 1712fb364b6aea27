import { Readable } from 'node:stream'
import type { IStore, Packet } from 'mqtt'

type PublishPacket = Extract<Packet, { cmd: 'publish' }>

interface InFlight {
  readonly publish: PublishPacket
  /** Of QoS 2: the broker has the message, and is told that it may forget the packet’s number. */
  isReleased: boolean
}

/**
 * What MQTT.js has sent and the broker has not acknowledged. After a break MQTT.js sends it again, one by one. A broker
 * that kept the session is sent what the standard asks for; one that lost it knows nothing of a release, and is sent the
 * message itself, which it may have delivered (MQTT 5.0, 4.4).
 */
export class InFlightStore implements IStore {
  readonly #packets = new Map<number, InFlight>()
  /** Whether the broker of this connection kept the session; to be set before MQTT.js asks for `createStream`. */
  isSessionKept = false

  has(id: number): boolean {
    return this.#packets.has(id)
  }

  /** The number of the oldest. */
  get oldest(): number | undefined {
    return this.#packets.keys().next().value
  }

  put(packet: Packet, done: (error?: Error) => void): this {
    if (packet.cmd === 'publish' && packet.messageId !== undefined) {
      this.#packets.set(packet.messageId, { publish: packet, isReleased: false })
    } else if (packet.cmd === 'pubrel' && packet.messageId !== undefined) {
      const inFlight = this.#packets.get(packet.messageId)
      if (inFlight) inFlight.isReleased = true
    }
    done()
    return this
  }

  createStream(): ReturnType<IStore['createStream']> {
    const packets = [...this.#packets.values()].map((inFlight) => this.#again(inFlight))
    let next = 0
    const stream = new Readable({
      objectMode: true,
      read() {
        this.push(packets[next++] ?? null)
      },
    })
    return stream as unknown as ReturnType<IStore['createStream']>
  }

  del(packet: Pick<Packet, 'messageId'>, done: (error?: Error, packet?: Packet) => void): this {
    const found = this.#find(packet)
    if (found) this.#packets.delete(found.publish.messageId ?? 0)
    return this.#tell(found, done)
  }

  get(packet: Pick<Packet, 'messageId'>, done: (error?: Error, packet?: Packet) => void): this {
    return this.#tell(this.#find(packet), done)
  }

  close(done: (error?: Error) => void): void {
    this.#packets.clear()
    done()
  }

  #again(inFlight: InFlight): Packet {
    const { messageId } = inFlight.publish
    if (!this.isSessionKept) inFlight.isReleased = false
    if (inFlight.isReleased) return { cmd: 'pubrel', messageId: messageId as number }
    return { ...inFlight.publish, dup: this.isSessionKept }
  }

  #find({ messageId }: Pick<Packet, 'messageId'>): InFlight | undefined {
    return messageId === undefined ? undefined : this.#packets.get(messageId)
  }

  #tell(found: InFlight | undefined, done: (error?: Error, packet?: Packet) => void): this {
    if (found) done(undefined, found.publish)
    else done(new Error('there is no such packet'))
    return this
  }
}

const LARGEST_ID = 65_535

/** Numbers for packets: never one that is in use, which MQTT.js gives out after 65,535 others. */
export class PacketIds {
  readonly #inFlight: Pick<InFlightStore, 'has'>
  #last = 0

  constructor(inFlight: Pick<InFlightStore, 'has'>) {
    this.#inFlight = inFlight
  }

  /** Fewer than 65,535 are in flight, so that there is one. */
  allocate(): number {
    do this.#last = (this.#last % LARGEST_ID) + 1
    while (this.#inFlight.has(this.#last))
    return this.#last
  }

  getLastAllocated(): number | null {
    return this.#last === 0 ? null : this.#last
  }

  register(): boolean {
    return true
  }

  deallocate(): void {}

  clear(): void {}
}
