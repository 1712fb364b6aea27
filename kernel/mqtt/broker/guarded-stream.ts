import { Duplex } from 'node:stream'
import { Framer, withoutQos0 } from './framer.js'
import type { Limits } from './limits.js'
import { ANSWER_VERSION, CONNECT, checkPacket, PacketFault, typeOf, unpublishable, versionOf } from './packet-check.js'

/** How long a client has to take what was sent before the end. */
const FAREWELL_MS = 1000

/** Bytes of memory that all connections hold: of packets that have not arrived as a whole, and of what clients have not taken. */
export interface Held {
  partial: number
  untaken: number
}

export interface GuardedStreamParts {
  readonly transport: Duplex
  readonly limits: Pick<Limits, 'connectPacket' | 'partialPackets' | 'slow' | 'lost' | 'untakenInAll' | 'stalledMs'>
  /** Bytes of a packet after the client has signed in. */
  readonly longestPacket: number
  readonly held: Held
  /**
   * The other end is the kernel: a message that there is no place for is acknowledged and told of, not an end. It would be
   * sent again and again, and nothing behind it.
   */
  readonly dropped?: (topic: string) => void
}

/**
 * What stands between a stranger’s connection and the broker: hands on whole packets that are well formed, one CONNECT until
 * that is answered, and keeps account of what the client does not take.
 */
export class GuardedStream extends Duplex {
  readonly #parts: GuardedStreamParts
  readonly #framer: Framer
  /** What came behind the CONNECT. */
  #behind: Buffer[] | undefined
  #connecting = false
  #accepted = false
  #readable = true
  #unsent = 0
  #held = 0
  #stalled: NodeJS.Timeout | undefined
  #farewell: NodeJS.Timeout | undefined
  readonly #waiting = new Set<() => void>()

  constructor(parts: GuardedStreamParts) {
    // What is written goes to the transport at once and is counted here: the broker would make all wait for the slowest.
    super({ allowHalfOpen: false, writableHighWaterMark: Number.MAX_SAFE_INTEGER })
    this.#parts = parts
    this.#framer = new Framer(parts.limits.connectPacket)
    const { transport } = parts
    transport.on('data', (chunk: Buffer) => this.#take(chunk))
    transport.on('end', () => this.push(null))
    transport.on('error', (error) => this.destroy(error))
    transport.on('close', () => {
      clearTimeout(this.#farewell)
      this.destroy()
    })
  }

  get unsent(): number {
    return this.#unsent
  }

  /** The client has signed in: its further packets are let through, and may be long. */
  accept(): void {
    this.#accepted = true
    this.#framer.longest = this.#parts.longestPacket
    const behind = this.#behind ?? []
    this.#behind = undefined
    for (const chunk of behind) this.#take(chunk)
    this.#flow()
  }

  /** Resolves when the client has taken most of what it was sent, or is gone. */
  async room(): Promise<void> {
    while (this.#unsent >= this.#parts.limits.slow && !this.destroyed) {
      await new Promise<void>((resolve) => this.#waiting.add(resolve))
    }
  }

  #take(chunk: Buffer): void {
    if (this.destroyed) return
    if (this.#behind) {
      this.#behind.push(chunk)
      return
    }
    try {
      // What speaks another protocol would be waited for: its bytes seldom make a packet.
      if (!this.#connecting && this.#framer.held === 0 && typeOf(chunk) !== CONNECT) throw new PacketFault('no CONNECT')
      this.#cut(chunk)
    } catch (fault) {
      this.destroy(fault as Error)
      return
    }
    this.#account()
    this.#flow()
  }

  #cut(chunk: Buffer): void {
    for (const packet of this.#framer.push(chunk)) {
      if (typeOf(packet) === CONNECT) {
        if (this.#connecting) throw new PacketFault('a second CONNECT')
        this.#connecting = true
        if ((versionOf(packet) ?? 0) > 4) {
          this.#parts.transport.write(ANSWER_VERSION)
          this.destroy()
          return
        }
      } else if (!this.#accepted) throw new PacketFault('no CONNECT')
      if (this.#parts.dropped && this.#drops(packet, this.#parts.dropped)) continue
      checkPacket(packet, this.#parts.dropped === undefined)
      this.#readable = this.push(packet)
      if (!this.#accepted) {
        // The framer holds nothing now: the CONNECT was all that it had.
        this.#behind = [this.#framer.rest]
        return
      }
    }
  }

  #drops(packet: Buffer, told: (topic: string) => void): boolean {
    const found = unpublishable(packet)
    if (!found) return false
    if (found.answer) this.#send(found.answer)
    told(found.topic)
    return true
  }

  #account(): void {
    const { held, limits } = this.#parts
    held.partial += this.#framer.held - this.#held
    this.#held = this.#framer.held
    if (held.partial > limits.partialPackets && this.#held > 0) {
      this.destroy(new PacketFault('too many packets that have not arrived as a whole'))
    }
  }

  /** Listens to the client as long as the broker keeps up and the client takes its answers. */
  #flow(): void {
    const { transport, limits } = this.#parts
    if (this.#behind || !this.#readable || this.#unsent >= limits.slow) transport.pause()
    else transport.resume()
  }

  override _read(): void {
    this.#readable = true
    this.#flow()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#send(chunk)
    done()
  }

  /** aedes corks what it writes of a packet: these are whole packets. */
  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    const packets = Buffer.concat(chunks.map(({ chunk }) => chunk))
    // Many may have been on their way when the client was seen to be slow.
    this.#send(this.#unsent >= this.#parts.limits.slow ? withoutQos0(packets) : packets)
    done()
  }

  #send(bytes: Buffer): void {
    const { transport, limits, held } = this.#parts
    if (bytes.length === 0 || this.destroyed || !transport.writable) return
    this.#unsent += bytes.length
    held.untaken += bytes.length
    transport.write(bytes, () => this.#sent(bytes.length))
    if (this.#unsent < limits.slow) return
    // One packet may be longer than all that.
    if (this.#unsent > limits.lost + bytes.length || held.untaken > limits.untakenInAll + bytes.length) {
      this.destroy(new Error('the client does not take what it is sent'))
      return
    }
    transport.pause()
    const stalled = () => this.destroy(new Error('the client takes nothing'))
    this.#stalled ??= setTimeout(stalled, limits.stalledMs).unref()
  }

  #sent(bytes: number): void {
    this.#unsent -= bytes
    this.#parts.held.untaken -= bytes
    this.#stalled?.refresh()
    if (this.#unsent >= this.#parts.limits.slow || this.destroyed) return
    clearTimeout(this.#stalled)
    this.#stalled = undefined
    this.#flow()
    this.#wake()
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }

  override _final(done: () => void): void {
    this.#parts.transport.end()
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const { transport, held } = this.#parts
    held.partial -= this.#held
    this.#held = 0
    this.#behind = undefined
    clearTimeout(this.#stalled)
    if (error || transport.destroyed || this.#unsent >= this.#parts.limits.slow) transport.destroy()
    else {
      // The last answer, why a login is refused above all, is to arrive: bytes that are not read would cut it off.
      transport.end()
      transport.resume()
      this.#farewell = setTimeout(() => transport.destroy(), FAREWELL_MS).unref()
    }
    this.#wake()
    done(error)
  }
}
