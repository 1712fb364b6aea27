/**
 * What `credentials.xml` says, as HiveMQ's file RBAC extension reads it: who may sign in, and what roles may do.
 * Source: https://github.com/hivemq/hivemq-file-rbac-extension
 */
export interface Credentials {
  readonly users: ReadonlyMap<string, BrokerUser>
  /** By id; the permissions in their order. */
  readonly roles: ReadonlyMap<string, readonly Permission[]>
}

export interface BrokerUser {
  readonly name: string
  /** `base64(salt):iterations:base64(hash)`, or the plain password if the extension is so configured. */
  readonly password: string
  /** Ids of roles, each of which is there. */
  readonly roles: readonly string[]
}

/** Allows what it describes; what no permission allows is denied. */
export interface Permission {
  /** A topic filter, before `${{username}}` and `${{clientid}}` in it are replaced. */
  readonly topic: string
  readonly activity: 'PUBLISH' | 'SUBSCRIBE' | 'ALL'
  readonly qos: 'ZERO' | 'ONE' | 'TWO' | 'ZERO_ONE' | 'ONE_TWO' | 'ZERO_TWO' | 'ALL'
  /** Of messages that are published. */
  readonly retain: 'RETAINED' | 'NOT_RETAINED' | 'ALL'
  /** Of subscriptions. */
  readonly sharedSubscription: 'SHARED' | 'NOT_SHARED' | 'ALL'
  /** The name of the group of shared subscriptions, `#` for any. */
  readonly sharedGroup: string
}

/** How passwords stand in the file. */
export type PasswordType = 'HASHED' | 'PLAIN'
