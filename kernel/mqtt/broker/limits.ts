const KIB = 1024
const MIB = 1024 * KIB

/**
 * What strangers and clients may use up. HiveMQ CE bounds some of it by its license's machine; here the broker shares a
 * process with the server, and no user may take what the others need.
 */
export const LIMITS = {
  connections: 1000,
  connectionsOfAddress: 250,
  connectionsOfUser: 250,
  /** That have not signed in yet. */
  strangers: 100,
  strangersOfAddress: 25,
  /** From being connected to having signed in. */
  signInMs: 10_000,
  /** Bytes of a CONNECT: its texts and a will of some size. */
  connectPacket: 64 * KIB,
  /** Bytes of packets that have arrived in part, of all connections. */
  partialPackets: 64 * MIB,
  /**
   * Bytes that a client has not taken yet: from `slow` on it is sent no more of QoS 0, and not listened to; at `lost` it is
   * cut off, and a slow one as soon as there are so many in all.
   */
  slow: MIB,
  lost: 8 * MIB,
  untakenInAll: 128 * MIB,
  /** After which a client that takes nothing is cut off. */
  stalledMs: 60_000,
  subscriptionsOfClient: 1000,
  /** Of one persistent session; HiveMQ's own default. */
  queuedMessages: 1000,
  queuedBytes: 8 * MIB,
  queuedBytesOfUser: 32 * MIB,
  queuedBytesInAll: 128 * MIB,
  sessions: 10_000,
  sessionsOfUser: 100,
  /** That nobody has come back to. */
  sessionMs: 24 * 60 * 60 * 1000,
  retained: 20_000,
  retainedOfUser: 2000,
  retainedBytes: 64 * MIB,
  retainedBytesOfUser: 8 * MIB,
  /** Wrong logins within a minute. */
  wrongOfUser: 10,
  wrongOfAddress: 100,
  /** Passwords that are hashed at once, on the threads that files and name look-ups need, too; and that wait for it. */
  hashing: 2,
  waitingForHash: 200,
} as const

export type Limits = { readonly [K in keyof typeof LIMITS]: number }
