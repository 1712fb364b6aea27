import { randomUUID } from 'node:crypto'
import type { Admitted } from './admission.js'
import type { Grants, Publication } from './permissions.js'

/** The kernel’s own connection, or one of the network. */
export type Peer = { readonly kind: 'kernel' } | StrangerPeer

export interface StrangerPeer {
  readonly kind: 'network'
  readonly address: string
  readonly admitted: Admitted
}

/** Whom a CONNECT says it is from, and from when on it is believed. */
export interface ClientState {
  readonly peer: Peer
  /** Undefined: there was none. */
  readonly username: string | undefined
  /** That of the client, or the one that it was given. */
  readonly clientId: string
  readonly will: Publication | undefined
  /** Undefined until it has signed in, and always for the kernel. */
  grants?: Grants
  /** Filters that it is subscribed to. */
  readonly filters: Set<string>
  /** Its user was removed from the file while it was connected. */
  orphaned: boolean
}

// No text of MQTT has a NUL: no user name and no client id can look like another pair of them.
const BETWEEN = '\0'
const KERNEL = '\0kernel\0'

/**
 * The id that the broker knows a client by. A client id is its user’s own: at HiveMQ one that another user connects with ends
 * that user’s connection and takes its session over with what waits in it, which tenants must not be able to do to others.
 */
export function brokerId(username: string, clientId: string): string {
  return username + BETWEEN + clientId
}

export function kernelId(clientId: string): string {
  return KERNEL + clientId
}

/** Undefined: the kernel. */
export function userOf(id: string): string | undefined {
  return id.startsWith(KERNEL) ? undefined : id.slice(0, id.indexOf(BETWEEN))
}

/** As HiveMQ does for clients that have none. */
export function assignedClientId(): string {
  return `m3-${randomUUID()}`
}
