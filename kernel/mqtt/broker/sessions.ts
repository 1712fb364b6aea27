import { FilterTree } from './filter-tree.js'
import type { Limits } from './limits.js'
import { sizeOf } from './retained-messages.js'
import type { Connection, Queued, Session } from './session.js'
import { reaches } from './topics.js'

type SessionLimits = Pick<
  Limits,
  | 'subscriptionsOfClient'
  | 'queuedMessages'
  | 'queuedBytes'
  | 'queuedBytesOfUser'
  | 'queuedBytesInAll'
  | 'sessions'
  | 'sessionsOfUser'
  | 'sessionMs'
>

export interface SessionsParts {
  readonly limits: SessionLimits
  /** Milliseconds. */
  readonly now: () => number
  /** A message was not kept: its session, its user or all of them have as much waiting as may be. */
  readonly dropped: (user: string) => void
}

/** The persistent sessions: their subscriptions of QoS 1 and 2 and what waits for their clients. In memory, within bounds. */
export class Sessions {
  readonly #parts: SessionsParts
  readonly #sessions = new Map<string, Session>()
  readonly #tree = new FilterTree<number>()
  readonly #bytesOfUser = new Map<string, number>()
  #bytes = 0

  constructor(parts: SessionsParts) {
    this.#parts = parts
  }

  get size(): number {
    return this.#sessions.size
  }

  filtersOf(id: string): { topic: string; qos: number }[] {
    return [...(this.#sessions.get(id)?.filters ?? [])].map(([topic, qos]) => ({ topic, qos }))
  }

  subscribe(
    id: string,
    user: string,
    connection: Connection,
    filters: readonly { topic: string; qos: number }[],
  ): void {
    if (filters.length === 0) return
    const session = this.#sessions.get(id) ?? this.#create(id, user, connection)
    for (const { topic, qos } of filters) {
      if (session.filters.size >= this.#parts.limits.subscriptionsOfClient && !session.filters.has(topic)) continue
      session.filters.set(topic, qos)
      if (qos > 0) this.#tree.set(topic, id, qos)
      else this.#tree.delete(topic, id)
    }
  }

  unsubscribe(id: string, filters: readonly string[]): void {
    const session = this.#sessions.get(id)
    if (!session) return
    for (const filter of filters) {
      if (session.filters.delete(filter)) this.#tree.delete(filter, id)
    }
    if (session.filters.size === 0) this.forget(id)
  }

  /** A user that signs in anew may do less than before: what its roles do not allow now is no longer its session’s. */
  restrict(id: string, allowed: (filter: string, qos: number) => boolean): void {
    const session = this.#sessions.get(id)
    if (!session) return
    const lost = [...session.filters].filter(([filter, qos]) => !allowed(filter, qos)).map(([filter]) => filter)
    if (lost.length === 0) return
    this.unsubscribe(id, lost)
    const left = [...session.filters.keys()]
    for (const [counter, { message }] of session.queue) {
      if (!left.some((filter) => reaches(filter, message.topic))) this.#remove(session, counter)
    }
  }

  /** What is published with QoS 1 or 2 waits in every session that it reaches until its client has it. */
  enqueue(packet: Omit<Queued, 'cmd' | 'retain'>): void {
    const qosOf = new Map<string, number>()
    this.#tree.match(packet.topic, (id, qos) => qosOf.set(id, Math.max(qos, qosOf.get(id) ?? 0)))
    let payload: Buffer | undefined
    for (const [id, qos] of qosOf) {
      const session = this.#sessions.get(id)
      if (!session || session.queue.has(packet.brokerCounter)) continue
      const bytes = sizeOf(packet)
      if (!this.#hasRoom(session, bytes)) {
        this.#parts.dropped(session.user)
        continue
      }
      // Of its own: what arrived is part of a larger piece of memory.
      payload ??= Buffer.from(packet.payload)
      const { topic, brokerId, brokerCounter } = packet
      const message: Queued = {
        cmd: 'publish',
        topic,
        payload,
        qos: Math.min(qos, packet.qos),
        brokerId,
        brokerCounter,
        retain: false,
      }
      session.queue.set(brokerCounter, { message, bytes, sent: undefined })
      this.#grow(session, bytes)
    }
  }

  /** Whether a message that is published now is not sent to the connection: `waiting` does it, or it was dropped. */
  waits(
    id: string,
    connection: Connection,
    { topic, brokerCounter }: { topic: string; brokerCounter: number },
  ): boolean {
    const session = this.#sessions.get(id)
    if (session?.connection !== connection) return false
    const entry = session.queue.get(brokerCounter)
    if (entry) return session.catchingUp || entry.sent === connection
    // One that there was no room for must not come before those that there was.
    return session.catchingUp && [...session.filters].some(([filter, qos]) => qos > 0 && reaches(filter, topic))
  }

  /** What waits for the client, in its order, with what comes to it meanwhile; each is marked as sent. */
  *waiting(id: string, connection: Connection): Generator<Queued, void, undefined> {
    const session = this.#sessions.get(id)
    if (!session || session.connection !== connection) return
    try {
      for (const entry of session.queue.values()) {
        if (session.connection !== connection) return
        if (entry.sent === connection) continue
        const again = entry.sent !== undefined && entry.message.cmd === 'publish'
        entry.sent = connection
        yield again ? { ...entry.message, dup: true } : entry.message
      }
    } finally {
      if (session.connection === connection) session.catchingUp = false
    }
  }

  /** The message was given an id on its way to the client. */
  name(id: string, connection: Connection, brokerCounter: number, messageId: number): void {
    const session = this.#sessions.get(id)
    const entry = session?.queue.get(brokerCounter)
    if (!session || !entry) return
    entry.sent = connection
    entry.message.messageId = messageId
    session.byMessageId.set(messageId, brokerCounter)
  }

  /** The client has the message of QoS 2; what it waits for now is that it may forget the id. */
  received(id: string, messageId: number): void {
    const session = this.#sessions.get(id)
    const entry = session?.queue.get(session.byMessageId.get(messageId) ?? -1)
    if (entry) entry.message = { ...entry.message, cmd: 'pubrel', payload: Buffer.alloc(0) }
  }

  /** The client has acknowledged the message. */
  acknowledge(id: string, messageId: number): void {
    const session = this.#sessions.get(id)
    const counter = session?.byMessageId.get(messageId)
    if (session && counter !== undefined) this.#remove(session, counter)
  }

  /** The client is back: what has waited comes before what is published from now on. */
  attach(id: string, connection: Connection): void {
    const session = this.#sessions.get(id)
    if (!session) return
    session.connection = connection
    session.catchingUp = true
  }

  detach(id: string, connection: Connection): void {
    const session = this.#sessions.get(id)
    if (session?.connection !== connection) return
    session.connection = undefined
    session.catchingUp = false
    session.leftAt = this.#parts.now()
  }

  forget(id: string): void {
    const session = this.#sessions.get(id)
    if (!session) return
    this.#sessions.delete(id)
    for (const filter of session.filters.keys()) this.#tree.delete(filter, id)
    session.filters.clear()
    this.#grow(session, -session.bytes)
  }

  /** A user that is gone: one of the same name that comes later is not to find what waited for it. */
  forgetUser(user: string): void {
    for (const session of this.#sessions.values()) if (session.user === user) this.forget(session.id)
  }

  /** Ends the sessions that nobody has come back to. */
  expire(): void {
    const before = this.#parts.now() - this.#parts.limits.sessionMs
    for (const { id, connection, leftAt } of this.#sessions.values()) {
      if (!connection && leftAt <= before) this.forget(id)
    }
  }

  #create(id: string, user: string, connection: Connection): Session {
    const { limits, now } = this.#parts
    const ofUser = [...this.#sessions.values()].filter((session) => session.user === user)
    if (ofUser.length >= limits.sessionsOfUser) this.#forgetOldest(ofUser)
    if (this.#sessions.size >= limits.sessions) this.#forgetOldest([...this.#sessions.values()])
    const session: Session = {
      id,
      user,
      filters: new Map(),
      queue: new Map(),
      byMessageId: new Map(),
      bytes: 0,
      connection,
      leftAt: now(),
      catchingUp: false,
    }
    this.#sessions.set(id, session)
    return session
  }

  /** The one that was left first; connections are bounded, so there is one. */
  #forgetOldest(sessions: readonly Session[]): void {
    const left = sessions.filter(({ connection }) => !connection)
    const oldest = left.reduce<Session | undefined>((a, b) => (a && a.leftAt <= b.leftAt ? a : b), undefined)
    if (oldest) this.forget(oldest.id)
  }

  #hasRoom({ user, queue, bytes: waiting }: Session, bytes: number): boolean {
    const { limits } = this.#parts
    return (
      queue.size < limits.queuedMessages &&
      waiting + bytes <= limits.queuedBytes &&
      (this.#bytesOfUser.get(user) ?? 0) + bytes <= limits.queuedBytesOfUser &&
      this.#bytes + bytes <= limits.queuedBytesInAll
    )
  }

  #remove(session: Session, counter: number): void {
    const entry = session.queue.get(counter)
    if (!entry) return
    session.queue.delete(counter)
    const { messageId } = entry.message
    if (messageId !== undefined && session.byMessageId.get(messageId) === counter) session.byMessageId.delete(messageId)
    this.#grow(session, -entry.bytes)
  }

  #grow(session: Session, bytes: number): void {
    session.bytes += bytes
    this.#bytes += bytes
    const ofUser = (this.#bytesOfUser.get(session.user) ?? 0) + bytes
    if (ofUser > 0) this.#bytesOfUser.set(session.user, ofUser)
    else this.#bytesOfUser.delete(session.user)
  }
}
