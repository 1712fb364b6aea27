import type { BrokerConfig } from '../config/config.js'

/** Where the kernel publishes to. */
export type BrokerTarget =
  | { readonly kind: 'network'; readonly broker: BrokerConfig }
  /** The embedded broker of this app root, in this process or another: who can open the socket is the kernel itself. */
  | { readonly kind: 'socket'; readonly path: string }
