import { PacketFault } from './packet-check.js'

const NOTHING = Buffer.alloc(0)

/** Cuts a stream of bytes into MQTT packets, none longer than allowed; memory grows with what has arrived, not with what is announced. */
export class Framer {
  /** Bytes of one packet, its header included. */
  longest: number
  /** What the chunk holds behind the packet that was given last. */
  rest: Buffer = NOTHING
  #partial: Buffer = NOTHING
  #filled = 0

  constructor(longest: number) {
    this.longest = longest
  }

  /** Bytes of memory that wait for the rest of a packet. */
  get held(): number {
    return this.#partial.length
  }

  /** The packets that are whole now. Throws a PacketFault. */
  *push(chunk: Buffer): Generator<Buffer, void, undefined> {
    let rest = chunk
    while (this.#filled > 0 && rest.length > 0) {
      // To the end of the header first: it tells how much belongs to the packet.
      const wanted = this.#sizeOf(this.#partial.subarray(0, this.#filled)) ?? this.#filled + 1
      const taken = Math.min(wanted - this.#filled, rest.length)
      this.#keep(rest.subarray(0, taken), wanted)
      rest = rest.subarray(taken)
      if (this.#sizeOf(this.#partial.subarray(0, this.#filled)) === this.#filled) {
        const packet = this.#partial.subarray(0, this.#filled)
        this.#partial = NOTHING
        this.#filled = 0
        this.rest = rest
        yield packet
      }
    }
    while (rest.length > 0) {
      const size = this.#sizeOf(rest)
      if (size === undefined || size > rest.length) {
        this.#keep(rest, size ?? rest.length)
        return
      }
      this.rest = rest.subarray(size)
      yield rest.subarray(0, size)
      rest = rest.subarray(size)
    }
  }

  #keep(bytes: Buffer, wanted: number): void {
    const needed = this.#filled + bytes.length
    if (needed > this.#partial.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(wanted, 2 * this.#partial.length)))
      this.#partial.copy(grown, 0, 0, this.#filled)
      this.#partial = grown
    }
    bytes.copy(this.#partial, this.#filled)
    this.#filled = needed
  }

  #sizeOf(bytes: Uint8Array): number | undefined {
    const size = sizeOfPacket(bytes)
    if (size !== undefined && size > this.longest) throw new PacketFault(`a packet of ${size} bytes`)
    return size
  }
}

/** The bytes of the packet that begins here, its header included; undefined while that is not whole. Throws a PacketFault. */
export function sizeOfPacket(bytes: Uint8Array): number | undefined {
  let length = 0
  for (let i = 1; i <= 4; i++) {
    const byte = bytes[i]
    if (byte === undefined) return undefined
    length += (byte & 0x7f) * 128 ** (i - 1)
    if (byte < 0x80) return 1 + i + length
  }
  throw new PacketFault('malformed packet: length')
}

/** Whole packets without the messages of QoS 0 among them. */
export function withoutQos0(packets: Buffer): Buffer {
  const kept: Buffer[] = []
  let rest = packets
  while (rest.length > 0) {
    const size = sizeOfPacket(rest) ?? rest.length
    // The first half byte is the type, PUBLISH; then DUP, the two bits of QoS and RETAIN.
    if (((rest[0] ?? 0) & 0xf6) !== 0x30) kept.push(rest.subarray(0, size))
    rest = rest.subarray(size)
  }
  return Buffer.concat(kept)
}
