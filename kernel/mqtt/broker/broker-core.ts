import type { Duplex } from 'node:stream'
import { Aedes, type Client } from 'aedes'
import { type Peer, userOf } from './clients.js'
import { Gatekeeper } from './gatekeeper.js'
import { GuardedStream, type Held } from './guarded-stream.js'
import type { Limits } from './limits.js'
import { memoryPersistence } from './persistence.js'
import type { BrokerLog, QuietLog } from './quiet-log.js'
import { RetainedMessages } from './retained-messages.js'
import { Sessions } from './sessions.js'
import type { SignIn } from './sign-in.js'

const EXPIRY_MS = 60_000

export interface BrokerCoreParts {
  readonly limits: Limits
  /** Bytes of a packet of a client. */
  readonly longestPacket: number
  readonly signIn: SignIn
  readonly log: BrokerLog
  readonly quiet: QuietLog
}

/** aedes with our rules about who may connect, publish and subscribe, and about what is kept for whom. */
export class BrokerCore {
  readonly #parts: BrokerCoreParts
  readonly #held: Held = { partial: 0, untaken: 0 }
  readonly #gatekeeper: Gatekeeper
  readonly #transports = new Set<Duplex>()
  readonly #aedes: Aedes
  readonly #expiry: NodeJS.Timeout
  #subscriber: GuardedStream | undefined

  constructor(parts: BrokerCoreParts) {
    const { limits, signIn, log, quiet } = parts
    this.#parts = parts
    const sessions = new Sessions({
      limits,
      now: () => performance.now(),
      dropped: (user) =>
        quiet.warn(
          `queue ${user}`,
          { user },
          'as much as may be waits for clients that are away or slow: a message is dropped',
        ),
    })
    const gatekeeper = new Gatekeeper({ limits, signIn, sessions, log, quiet })
    this.#gatekeeper = gatekeeper
    this.#aedes = new Aedes({
      persistence: memoryPersistence({
        sessions,
        retained: new RetainedMessages(limits),
        userOf,
        keeps: (client, filter) => gatekeeper.keeps(client, filter),
        subscriber: () => this.#subscriber,
        notRetained: (user) =>
          quiet.warn(`retained ${user ?? ''}`, { user }, 'as much as may be is retained: a message is sent only'),
      }),
      // Of MQTT 3.1; ours have the user's name in front. Those of clients are as long as a text may be, as at HiveMQ.
      maxClientsIdLength: Number.MAX_SAFE_INTEGER,
      connectTimeout: limits.signInMs,
      // What a client does not take is counted by its stream, and the others never wait for it.
      drainTimeout: 0,
      // Bounded by the persistence, but not for the kernel.
      maxInflightInbound: 0,
      preConnect: (client, packet, done) => gatekeeper.introduce(client, packet, done),
      authenticate: (client, _username, password, done) => gatekeeper.authenticate(client, password, done),
      authorizePublish: (client, packet, done) => done(gatekeeper.judgePublish(client, packet)),
      authorizeSubscribe: (client, filter, done) => gatekeeper.judgeSubscribe(client, filter, done),
      authorizeForward: (client, packet) => gatekeeper.forward(client, packet),
    })
    this.#listen()
    this.#expiry = setInterval(() => sessions.expire(), EXPIRY_MS).unref()
  }

  /** Before connections are handed over. */
  start(): Promise<void> {
    return this.#aedes.listen()
  }

  /** Takes a connection over from its first byte to its end. */
  take(transport: Duplex, peer: Peer): void {
    const { limits, longestPacket, quiet } = this.#parts
    const dropped = (topic: string) =>
      quiet.warn(
        'dropped',
        { topic },
        'a module published to a topic that the embedded broker does not have: it is dropped',
      )
    const ofKernel = peer.kind === 'kernel' ? { dropped } : {}
    const stream = new GuardedStream({ transport, limits, longestPacket, held: this.#held, ...ofKernel })
    this.#transports.add(transport)
    this.#gatekeeper.expect(stream, peer)
    const late = setTimeout(() => transport.destroy(), limits.signInMs).unref()
    const client = this.#aedes.handle(stream)
    stream.once('accepted', () => clearTimeout(late))
    stream.once('close', () => {
      clearTimeout(late)
      this.#gatekeeper.gone(client)
    })
    transport.once('close', () => {
      this.#transports.delete(transport)
      if (peer.kind === 'network') peer.admitted.leave()
    })
  }

  /** Users that are no longer in the file. */
  usersRemoved(users: ReadonlySet<string>): void {
    this.#gatekeeper.usersRemoved(users)
  }

  async close(): Promise<void> {
    clearInterval(this.#expiry)
    await new Promise<void>((resolve) => this.#aedes.close(resolve))
    for (const transport of this.#transports) transport.destroy()
  }

  #listen(): void {
    const aedes = this.#aedes
    const gatekeeper = this.#gatekeeper
    aedes.on('connackSent', ({ returnCode }, client) => {
      if (returnCode !== 0) return
      const stream = client.conn as GuardedStream
      stream.emit('accepted')
      // aedes notes only after this that it has answered; what came behind the CONNECT is for then.
      setImmediate(() => stream.accept())
    })
    aedes.on('unsubscribe', (filters, client) => gatekeeper.unsubscribed(client, filters))
    // aedes asks for retained messages right after this, without saying for whom.
    aedes.on('subscribe', (_filters, client) => {
      this.#subscriber = client.conn as GuardedStream
    })
    const ended = (client: Client, error: Error) => {
      const { username: user, clientId } = gatekeeper.stateOf(client) ?? {}
      this.#parts.log.debug({ user, clientId, reason: error.message }, 'an MQTT connection was ended')
    }
    aedes.on('clientError', ended)
    aedes.on('connectionError', ended)
    // Nobody else would catch it; the broker goes on.
    ;(aedes as NodeJS.EventEmitter).on('error', (error: Error) =>
      this.#parts.quiet.warn('error', { err: error }, 'the embedded broker could not do what it was asked for'),
    )
    keepTakeovers(aedes)
  }
}

/** A client that ends after another has taken its place would take that one off the list, and a third would end neither. */
function keepTakeovers(aedes: Aedes): void {
  const broker = aedes as unknown as {
    readonly clients: Record<string, Client>
    unregisterClient(client: Client): void
  }
  const unregister = broker.unregisterClient.bind(broker)
  broker.unregisterClient = (client) => {
    if (broker.clients[client.id] === client) unregister(client)
  }
}
