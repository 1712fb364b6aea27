import { isUtf8 } from 'node:buffer'
import { isPlainText, isTopicFilter, isTopicName } from './topics.js'

/** A packet that MQTT 3.1.1 does not allow, or that is too long. The connection ends with it. */
export class PacketFault extends Error {}

export const CONNECT = 1
const PUBLISH = 3
const PUBACK = 4
const PUBREC = 5
const PUBREL = 6
const PUBCOMP = 7
const SUBSCRIBE = 8
const UNSUBSCRIBE = 10
const PINGREQ = 12
const DISCONNECT = 14
const TWO_AS_FLAGS = [PUBREL, SUBSCRIBE, UNSUBSCRIBE]

/** The version that a CONNECT asks for is not spoken here. */
export const ANSWER_VERSION = Buffer.from([0x20, 2, 0, 1])
/** The client id is refused. */
export const ANSWER_CLIENT_ID = Buffer.from([0x20, 2, 0, 2])

export function typeOf(packet: Uint8Array): number {
  return (packet[0] ?? 0) >> 4
}

/**
 * Throws a PacketFault unless a whole packet is what a client may send, to its last byte: the parser behind this takes
 * malformed UTF-8 for text, reads beyond ends, and has no answer to some of what it finds.
 * `plain`: texts are plain texts only. Those of the kernel may be any.
 */
export function checkPacket(packet: Buffer, plain: boolean): void {
  const flags = (packet[0] ?? 0) & 0xf
  const reader = new Reader(packet, bodyAt(packet), plain)
  const type = typeOf(packet)
  // The flags of a PUBLISH are its QoS and the like; those of the others are fixed.
  demand(type === PUBLISH || flags === (TWO_AS_FLAGS.includes(type) ? 2 : 0), 'flags')
  switch (type) {
    case CONNECT:
      checkConnect(reader)
      break
    case PUBLISH:
      checkPublish(reader, flags)
      // The rest is the payload.
      return
    case PUBACK:
    case PUBREC:
    case PUBREL:
    case PUBCOMP:
      reader.packetId()
      break
    case SUBSCRIBE:
    case UNSUBSCRIBE:
      checkFilters(reader, type === SUBSCRIBE)
      break
    case PINGREQ:
    case DISCONNECT:
      break
    default:
      throw new PacketFault('a packet that no client sends')
  }
  reader.end()
}

export interface Unpublishable {
  readonly topic: string
  /** What the sender has to be told to be done with it; nothing of QoS 0. */
  readonly answer: Buffer | undefined
}

/** A message whose topic this broker has no place for, if it is one. */
export function unpublishable(packet: Buffer): Unpublishable | undefined {
  if (typeOf(packet) !== PUBLISH) return undefined
  const reader = new Reader(packet, bodyAt(packet))
  const topic = reader.text()
  if (isTopicName(topic) && !topic.startsWith('$')) return undefined
  const qos = ((packet[0] ?? 0) >> 1) & 3
  if (qos === 0) return { topic, answer: undefined }
  const id = reader.uint16()
  return { topic, answer: Buffer.from([(qos === 1 ? PUBACK : PUBREC) << 4, 2, id >> 8, id & 0xff]) }
}

/** Of a CONNECT; undefined if it is none that can be read. */
export function versionOf(connect: Buffer): number | undefined {
  try {
    const reader = new Reader(connect, bodyAt(connect))
    const name = reader.text()
    const version = reader.byte()
    if (name === 'MQIsdp') return version === 3 ? 3 : undefined
    return name === 'MQTT' ? version : undefined
  } catch {
    return undefined
  }
}

function checkConnect(reader: Reader): void {
  const name = reader.text()
  const version = reader.byte()
  demand((name === 'MQTT' && version === 4) || (name === 'MQIsdp' && version === 3), 'protocol')
  const flags = reader.byte()
  demand((flags & 1) === 0, 'connect flags')
  const will = (flags & 0x04) !== 0
  const willQos = (flags >> 3) & 3
  demand(willQos < 3 && (will || (willQos === 0 && (flags & 0x20) === 0)), 'will flags')
  reader.uint16()
  reader.text()
  if (will) {
    demand(isTopicName(reader.text()), 'will topic')
    reader.bytes()
  }
  if (flags & 0x80) reader.text()
  if (flags & 0x40) reader.bytes()
}

function checkPublish(reader: Reader, flags: number): void {
  const qos = (flags >> 1) & 3
  demand(qos < 3, 'QoS')
  demand(qos > 0 || (flags & 8) === 0, 'DUP with QoS 0')
  demand(isTopicName(reader.text()), 'topic')
  if (qos > 0) reader.packetId()
}

function checkFilters(reader: Reader, withQos: boolean): void {
  reader.packetId()
  demand(!reader.atEnd, 'no topic filter')
  while (!reader.atEnd) {
    demand(isTopicFilter(reader.text()), 'topic filter')
    if (withQos) demand(reader.byte() < 3, 'QoS')
  }
}

function demand(holds: boolean, what: string): void {
  if (!holds) throw new PacketFault(`malformed packet: ${what}`)
}

function bodyAt(packet: Uint8Array): number {
  let at = 1
  while ((packet[at++] ?? 0) & 0x80);
  return at
}

class Reader {
  readonly #packet: Buffer
  readonly #plain: boolean
  #at: number

  constructor(packet: Buffer, at: number, plain = false) {
    this.#packet = packet
    this.#at = at
    this.#plain = plain
  }

  get atEnd(): boolean {
    return this.#at === this.#packet.length
  }

  end(): void {
    demand(this.atEnd, 'bytes at its end')
  }

  byte(): number {
    const byte = this.#packet[this.#at++]
    if (byte === undefined) throw new PacketFault('malformed packet: too short')
    return byte
  }

  uint16(): number {
    return this.byte() * 256 + this.byte()
  }

  packetId(): void {
    demand(this.uint16() > 0, 'packet id')
  }

  bytes(): Buffer {
    const length = this.uint16()
    const from = this.#at
    this.#at += length
    demand(this.#at <= this.#packet.length, 'too short')
    return this.#packet.subarray(from, this.#at)
  }

  text(): string {
    const bytes = this.bytes()
    demand(isUtf8(bytes) && !bytes.includes(0), 'text')
    const text = bytes.toString('utf8')
    demand(!this.#plain || isPlainText(text), 'text')
    return text
  }
}
