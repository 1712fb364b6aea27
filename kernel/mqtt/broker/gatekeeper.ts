import type { AuthenticateError, Client } from 'aedes'
import { assignedClientId, brokerId, type ClientState, kernelId, type Peer, type StrangerPeer } from './clients.js'
import type { GuardedStream } from './guarded-stream.js'
import type { Limits } from './limits.js'
import { ANSWER_CLIENT_ID } from './packet-check.js'
import type { StoredClient } from './persistence.js'
import type { BrokerLog, QuietLog } from './quiet-log.js'
import { publishRefusal, subscribeRefusal } from './rules.js'
import type { Sessions } from './sessions.js'
import { REFUSED, type SignIn } from './sign-in.js'
import { reaches } from './topics.js'

export interface GatekeeperParts {
  readonly limits: Pick<Limits, 'slow' | 'subscriptionsOfClient'>
  readonly signIn: SignIn
  readonly sessions: Sessions
  readonly log: BrokerLog
  readonly quiet: QuietLog
}

interface Filter {
  readonly topic: string
  readonly qos: number
}

interface Connect {
  clientId: string
  readonly clean?: boolean | undefined
  readonly username?: string | undefined
  readonly will?: Outgoing | undefined
}

interface Outgoing {
  readonly topic: string
  readonly qos?: number | undefined
  readonly retain?: boolean | undefined
}

/** Answers what aedes asks about clients: who they are, and what each may send and be sent. */
export class Gatekeeper {
  readonly #parts: GatekeeperParts
  readonly #peers = new WeakMap<object, Peer>()
  readonly #clients = new Map<object, ClientState>()

  constructor(parts: GatekeeperParts) {
    this.#parts = parts
  }

  expect(stream: GuardedStream, peer: Peer): void {
    this.#peers.set(stream, peer)
  }

  stateOf(client: object): ClientState | undefined {
    return this.#clients.get(client)
  }

  gone(client: Client): void {
    if (!this.#clients.delete(client)) return
    this.#parts.sessions.detach(client.id, client)
  }

  /** As at HiveMQ who is connected stays so, with the permissions it has; but nothing is kept for a later user of the name. */
  usersRemoved(users: ReadonlySet<string>): void {
    for (const user of users) this.#parts.sessions.forgetUser(user)
    for (const state of this.#clients.values()) {
      if (state.username !== undefined && users.has(state.username)) state.orphaned = true
    }
  }

  /** Notes who a client says it is, and gives it the id that the broker knows it by. */
  introduce(client: Client, packet: Connect, done: (error: Error | null, go: boolean) => void): void {
    const peer = this.#peers.get(client.conn)
    if (!peer) {
      done(new Error('an unknown connection'), false)
      return
    }
    if (packet.clientId === '' && !packet.clean) {
      client.conn.write(ANSWER_CLIENT_ID)
      client.conn.destroy()
      return
    }
    const clientId = packet.clientId || assignedClientId()
    const { username, will } = packet
    this.#clients.set(client, {
      peer,
      username: peer.kind === 'kernel' ? undefined : username,
      clientId,
      will: will && { topic: will.topic, qos: will.qos ?? 0, retain: will.retain === true },
      filters: new Set(),
      orphaned: false,
    })
    packet.clientId = peer.kind === 'kernel' ? kernelId(clientId) : brokerId(username ?? '', clientId)
    done(null, true)
  }

  authenticate(
    client: Client,
    password: Buffer | undefined,
    done: (error: AuthenticateError | null, accepted: boolean | null) => void,
  ): void {
    const state = this.#clients.get(client)
    if (!state || (state.peer.kind === 'kernel' && state.will)) done(refusal(REFUSED.notAuthorized), null)
    else if (state.peer.kind === 'kernel') done(null, true)
    else {
      this.#signIn(client, state, state.peer, password).then(
        (refused) => done(refused === undefined ? null : refusal(refused), refused === undefined),
        (error) => {
          this.#parts.log.error({ err: error }, 'a login at the embedded broker could not be looked at')
          done(refusal(REFUSED.busy), null)
        },
      )
    }
  }

  /** The answer’s code, unless the client is in. */
  async #signIn(client: Client, state: ClientState, peer: StrangerPeer, password: Buffer | undefined) {
    const { username, clientId, will } = state
    const { address, admitted } = peer
    const result = await this.#parts.signIn.judge({ username, password, clientId, will, address })
    if ('refused' in result) {
      this.#tellLogin(state, address, result.why)
      return result.refused
    }
    if (client.closed || client.conn.destroyed) return REFUSED.busy
    if (!admitted.signIn(username ?? '')) {
      this.#tellLogin(state, address, 'the user has as many connections as may be')
      return REFUSED.busy
    }
    state.grants = result.grants
    if (!client.clean) {
      const { sessions } = this.#parts
      sessions.restrict(client.id, (filter, qos) => !subscribeRefusal(state, { filter, qos }))
      sessions.attach(client.id, client)
    }
    return undefined
  }

  #tellLogin({ username, clientId }: ClientState, address: string, reason: string): void {
    this.#parts.quiet.warn(
      `login ${address} ${username ?? ''}`,
      { user: username, clientId, address, reason },
      'the embedded broker refused a login',
    )
  }

  /** As at HiveMQ a client of MQTT 3 that publishes what it may not is cut off: there is no answer that says so. */
  judgePublish(client: Client | null, packet: Outgoing & { clientId?: string }): Error | null {
    const state = client && this.#clients.get(client)
    if (!client || !state) return new Error('an unknown client')
    const { topic, qos = 0, retain = false } = packet
    const refused = publishRefusal(state, { topic, qos, retain })
    // Whose it is, for the count of what is retained.
    packet.clientId = client.id
    if (refused === undefined) return null
    const { username, clientId } = state
    this.#parts.quiet.warn(
      `publish ${username ?? ''}`,
      { user: username, clientId, topic, qos, retain, reason: refused },
      'a client was cut off for what it published',
    )
    return new Error(refused)
  }

  judgeSubscribe<F extends Filter>(
    client: Client,
    subscription: F,
    done: (error: Error | null, subscription?: F | null) => void,
  ): void {
    const state = this.#clients.get(client)
    if (!state) {
      done(new Error('an unknown client'))
      return
    }
    const { topic: filter, qos } = subscription
    const refused = subscribeRefusal(state, { filter, qos }) ?? this.#tooMany(state, filter)
    if (refused === undefined) {
      state.filters.add(filter)
      done(null, subscription)
      return
    }
    const { username, clientId } = state
    this.#parts.quiet.warn(
      `subscribe ${username ?? ''} ${refused}`,
      { user: username, clientId, filter, qos, reason: refused },
      'a subscription was refused',
    )
    // MQTT 3.1 has no answer that says so.
    if ((client as { version?: number }).version === 3) done(new Error(refused))
    else done(null, null)
  }

  #tooMany({ filters }: ClientState, filter: string): string | undefined {
    const most = this.#parts.limits.subscriptionsOfClient
    return filters.size >= most && !filters.has(filter) ? `a client has at most ${most} subscriptions` : undefined
  }

  unsubscribed(client: Client, filters: readonly string[]): void {
    for (const filter of filters) this.#clients.get(client)?.filters.delete(filter)
  }

  /** Whether a subscription outlives the connection. */
  keeps(client: StoredClient, { topic: filter, qos }: Filter): boolean {
    const state = this.#clients.get(client)
    return state !== undefined && !state.orphaned && subscribeRefusal(state, { filter, qos }) === undefined
  }

  /** What a client is sent of what reaches it: nothing that waits in its session anyway, and of QoS 0 not more than it takes. */
  forward<P extends Filter & { readonly brokerCounter: number }>(client: Client, packet: P): P | null {
    // aedes asks once more for what has waited; that has been decided.
    if ('writeCallback' in packet) return packet
    const { qos } = packet
    if (qos === 0) return (client.conn as GuardedStream).unsent < this.#parts.limits.slow ? packet : null
    if (!client.clean && this.#parts.sessions.waits(client.id, client, packet)) return null
    const granted = grantedQos(client, packet.topic)
    return granted < qos ? { ...packet, qos: granted } : packet
  }
}

/** aedes lowers the QoS to that of a subscription only if it names the topic itself. */
function grantedQos(client: Client, topic: string): number {
  let most = 0
  const { subscriptions } = client as unknown as { subscriptions: Record<string, { qos: number }> }
  for (const filter in subscriptions) {
    const qos = subscriptions[filter]?.qos ?? 0
    if (qos > most && reaches(filter, topic)) most = qos
  }
  return most
}

function refusal(returnCode: number): AuthenticateError {
  return Object.assign(new Error(`refused with ${returnCode}`), { returnCode }) as AuthenticateError
}
