import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** MQTT packets as bytes, well formed or not, as no client library sends them. */
export function packet(first: number, ...body: readonly (number | string | Uint8Array)[]): Buffer {
  const bytes = Buffer.concat(body.map((part) => (typeof part === 'number' ? Buffer.from([part]) : Buffer.from(part))))
  return Buffer.concat([Buffer.from([first]), lengthOf(bytes.length), bytes])
}

/** The length of a packet’s rest: seven bits a byte. */
export function lengthOf(bytes: number): Buffer {
  const encoded: number[] = []
  let left = bytes
  do {
    encoded.push((left % 128) + (left >= 128 ? 128 : 0))
    left = Math.floor(left / 128)
  } while (left > 0)
  return Buffer.from(encoded)
}

export function text(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes])
}

/** A CONNECT of a clean session whose password is the user’s name. */
export function connectPacket(username: string, clientId = 'raw', flags = 0xc2): Buffer {
  return packet(0x10, text('MQTT'), 4, flags, 0, 60, text(clientId), text(username), text(username))
}

export interface RawClient {
  readonly socket: Socket
  /** All bytes that have come. */
  readonly bytes: () => Buffer
  /** Resolves when the broker has ended the connection. */
  readonly ended: Promise<unknown>
}

/** A connection without a client library. */
export async function rawClient(url: string): Promise<RawClient> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  const ended = new Promise((resolve) => socket.once('close', resolve))
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  socket.on('error', () => {})
  await once(socket, 'connect')
  return { socket, bytes: () => Buffer.concat(chunks), ended }
}
