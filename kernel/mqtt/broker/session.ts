/** A message as it waits for a client; in the second half of QoS 2 only the release of its id does. */
export interface Queued {
  cmd: 'publish' | 'pubrel'
  readonly topic: string
  readonly payload: Buffer
  readonly qos: number
  /** Of the broker, in the order of what was published. */
  readonly brokerId: string
  readonly brokerCounter: number
  messageId?: number
  dup?: boolean
  readonly retain: false
}

/** The connection of a session, told apart by being itself. */
export type Connection = object

export interface Session {
  readonly id: string
  readonly user: string
  /** The QoS by filter. */
  readonly filters: Map<string, number>
  /** By `brokerCounter`. */
  readonly queue: Map<number, Entry>
  readonly byMessageId: Map<number, number>
  bytes: number
  /** Undefined: nobody, since `leftAt`. */
  connection: Connection | undefined
  leftAt: number
  /** What has waited is being sent: what is published meanwhile waits behind it. */
  catchingUp: boolean
}

export interface Entry {
  message: Queued
  readonly bytes: number
  /** The connection that it was sent on last. */
  sent: Connection | undefined
}
