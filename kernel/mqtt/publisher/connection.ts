import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import {
  type ErrorWithReasonCode,
  type IClientOptions,
  type IConnackPacket,
  MqttClient,
  type Packet,
  ReasonCodes,
} from 'mqtt'
import type { BrokerTarget } from '../target.js'
import { backoffMs } from './backoff.js'
import type { BrokerProperties } from './broker-limits.js'
import { openStream } from './broker-stream.js'
import { InFlightStore, PacketIds } from './in-flight-store.js'
import type { Message } from './message.js'
import { FIRST_VERSION, nextVersion, type ProtocolVersion, type VersionDoubt } from './protocol-version.js'

/** Why there is no connection. */
export interface Absence {
  readonly reason: string
  /** The broker is there, and wants another login. */
  readonly isLoginRefused: boolean
}

export interface ConnectionEvents {
  /** The broker has accepted the connection; what was on its way before is sent first. */
  accepted(broker: BrokerProperties): void
  /** Messages may be sent. */
  ready(): void
  /** An attempt to connect has failed, or the connection is lost. */
  absent(absence: Absence): void
  /** What was written has gone out: there is room for more. */
  drained(): void
}

/** What became of a message of QoS 1 or 2: the broker has it, or the reason why it never will. */
export type Settled = (refusal?: string) => void

const KEEPALIVE_SECONDS = 15
const CONNECT_TIMEOUT_MS = 10_000
/** How long the broker keeps what it knows of QoS 2 if this process dies. It is told to forget it by one that ends. */
const SESSION_SECONDS = 3600
/** A connection of this age was one: the next attempts are quick again. */
const STEADY_MS = 1000
/** Of what is written and not gone out. */
const CONGESTED_BYTES = 1_048_576
/** A broker of MQTT 3.1.1 can refuse a message in one way: it closes the connection, each time that the message comes. */
const STRIKES = 5
const STRIKE_MS = 2000
const CLOSED_EACH_TIME = `it closed the connection each of the ${STRIKES} times that this message came`
/** Packet identifier not found: the broker forgot a message of QoS 2 that it had. */
const FORGOTTEN = 0x92

/** What MQTT.js, and a broker, say about a login; and about a version that the broker does not speak. */
const LOGIN_CODES = { 4: [4, 5], 5: [0x86, 0x87, 0x8a, 0x8c] } as const
const VERSION_CODES = [1, 0x84]

/**
 * One connection to the broker, by MQTT.js, made again whenever it breaks. It keeps what the broker has not acknowledged
 * and sends it again, in its order, before anything new.
 */
export class BrokerConnection {
  readonly #target: BrokerTarget
  readonly #events: ConnectionEvents
  readonly #client: MqttClient
  readonly #inFlight = new InFlightStore()
  #isReady = false
  #isAccepted = false
  #isOpened = false
  #acceptedAt = 0
  #failures = 0
  #silences = 0
  #doubt: VersionDoubt = 'none'
  #absence: Absence | undefined
  #strikes = { id: 0, count: 0 }

  constructor(target: BrokerTarget, events: ConnectionEvents) {
    this.#target = target
    this.#events = events
    this.#client = new MqttClient((client) => this.#open(client), {
      ...clientOptions(target),
      outgoingStore: this.#inFlight,
      messageIdProvider: new PacketIds(this.#inFlight),
      reconnectPeriod: backoffMs(0, Math.random()),
    })
    this.#listen()
  }

  get isReady(): boolean {
    return this.#isReady
  }

  /** The broker, or the network, takes less than is written. */
  get isCongested(): boolean {
    return (this.#client.stream as Socket).writableLength > CONGESTED_BYTES
  }

  /** Only while it is ready. `settled` is called for QoS 1 and 2, however many breaks later. */
  send({ topic, payload }: Message, options: Pick<Message, 'qos' | 'retain'>, settled: Settled): void {
    if (options.qos === 0) {
      this.#client.publish(topic, payload, options)
      return
    }
    this.#client.publish(topic, payload, options, (error) => {
      const { code } = (error ?? {}) as Partial<ErrorWithReasonCode>
      if (!error || code === FORGOTTEN) settled()
      else settled(code === undefined ? CLOSED_EACH_TIME : nameOfReason(code))
    })
  }

  /** Says goodbye, so that the broker forgets the session; what is still on its way is given up. */
  async end(seconds: number): Promise<void> {
    const client = this.#client
    this.#isReady = false
    const isClean = client.connected && this.#inFlight.oldest === undefined
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        client.stream.destroy()
        resolve()
      }, seconds * 1000)
      client.end(!isClean, isClean ? { properties: { sessionExpiryInterval: 0 } } : {}, () => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  /** Called while the client is made, too. */
  #open(client: MqttClient): Socket {
    this.#isOpened = false
    this.#isAccepted = false
    const stream = openStream(this.#target, () => {
      this.#isOpened = true
    })
    stream.on('drain', () => this.#events.drained())
    // MQTT.js sends again what is in flight before it tells that the broker has answered.
    client.off('packetreceive', this.#onFirst).once('packetreceive', this.#onFirst)
    return stream
  }

  readonly #onFirst = (packet: Packet): void => {
    if (packet.cmd === 'connack' && (packet.reasonCode ?? packet.returnCode ?? 0) === 0) this.#accepted(packet)
  }

  #listen(): void {
    const client = this.#client
    client.on('disconnect', ({ reasonCode = 0 }) => {
      this.#because(`it ended the connection: ${nameOfReason(reasonCode)}`)
    })
    client.on('connect', () => {
      this.#isReady = true
      this.#events.ready()
    })
    client.on('error', (error) => this.#failed(error as Error & { code?: string | number }))
    client.on('offline', () => {
      if (performance.now() - this.#acceptedAt < STEADY_MS) return
      this.#failures = 0
      client.options.reconnectPeriod = backoffMs(0, Math.random())
    })
    client.on('close', () => this.#closed())
  }

  #accepted({ sessionPresent, properties }: IConnackPacket): void {
    this.#isAccepted = true
    this.#acceptedAt = performance.now()
    this.#silences = 0
    this.#inFlight.isSessionKept = sessionPresent
    this.#events.accepted({ ...properties, maximumPacketSize: properties?.maximumPacketSize })
  }

  #failed(error: Error & { readonly code?: string | number }): void {
    const { code } = error
    if (typeof code !== 'number') {
      this.#because(reasonOf(error, this.#target))
      return
    }
    const { options } = this.#client
    const version = options.protocolVersion as ProtocolVersion
    const isLoginRefused = !this.#isAccepted && (LOGIN_CODES[version] as readonly number[]).includes(code)
    this.#absence ??= { reason: nameOfReason(code), isLoginRefused }
    if (!this.#isAccepted && VERSION_CODES.includes(code)) {
      this.#doubt = 'refused'
      // The other version at once: the broker is there.
      if (version === FIRST_VERSION) options.reconnectPeriod = 1
    }
  }

  #because(reason: string): void {
    this.#absence ??= { reason, isLoginRefused: false }
  }

  /** MQTT.js has set the timer of the next attempt; what is set here counts for the attempt after it. */
  #closed(): void {
    const { options } = this.#client
    const version = options.protocolVersion as ProtocolVersion
    const isSilence = this.#absence === undefined && this.#isOpened && !this.#isAccepted
    if (isSilence) {
      this.#silences++
      this.#because('it closed the connection before it said anything')
    }
    const next = nextVersion(version, isSilence ? 'silence' : this.#doubt, this.#silences)
    if (next !== version) this.#silences = 0
    Object.assign(options, versionOptions(next))
    options.reconnectPeriod = backoffMs(++this.#failures, Math.random())
    const isTold = this.#doubt === 'refused' && version === FIRST_VERSION
    const absence = this.#absence ?? { reason: 'it closed the connection', isLoginRefused: false }
    this.#strike()
    this.#isReady = false
    this.#isAccepted = false
    this.#absence = undefined
    this.#doubt = 'none'
    if (!isTold && !this.#client.disconnecting) this.#events.absent(absence)
  }

  /** After a break messages are sent one by one: that which is the oldest each time is what the broker will not have. */
  #strike(): void {
    const id = this.#inFlight.oldest
    if (!this.#isAccepted || this.#isReady || id === undefined) return
    if (performance.now() - this.#acceptedAt > STRIKE_MS) return
    this.#strikes = { id, count: id === this.#strikes.id ? this.#strikes.count + 1 : 1 }
    if (this.#strikes.count >= STRIKES) this.#client.removeOutgoingMessage(id)
  }
}

function clientOptions(target: BrokerTarget): IClientOptions {
  const { username, password } = target.kind === 'network' ? target.broker : {}
  return {
    // As many characters, of such kinds, as every broker must take (MQTT 5.0, 3.1.3.1).
    clientId: `m3saas${randomBytes(8).toString('hex')}`,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    // The embedded broker speaks 3.1.1.
    ...versionOptions(target.kind === 'socket' ? 4 : FIRST_VERSION),
    keepalive: KEEPALIVE_SECONDS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    reconnectOnConnackError: true,
    queueQoSZero: false,
    resubscribe: false,
    // Its own lines show the packet with the login.
    log: () => {},
  }
}

/** In MQTT 3.1.1 a session has no end: none is asked for. */
function versionOptions(version: ProtocolVersion): IClientOptions {
  return version === 5
    ? { protocolVersion: 5, clean: false, properties: { sessionExpiryInterval: SESSION_SECONDS } }
    : { protocolVersion: 4, clean: true, properties: {} }
}

function nameOfReason(code: number): string {
  const name = (ReasonCodes as Readonly<Record<number, string>>)[code]
  return name ? `${name.toLowerCase()} (${code})` : `reason ${code}`
}

const NO_SERVER = ['ENOENT', 'ECONNREFUSED']

function reasonOf({ message, code, name }: Error & { readonly code?: unknown }, target: BrokerTarget): string {
  if (target.kind === 'socket' && NO_SERVER.includes(String(code))) return 'no m3saas start runs in this app root'
  // An error of several addresses has no message of its own.
  return message || String(code ?? name)
}
