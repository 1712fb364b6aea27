import type { Server } from 'node:http'
import { M3Error } from '../errors.js'

/**
 * What Fastify takes for the server of a tenant's scope. It never listens: the kernel's one server hands requests over.
 * A module that reaches for it finds nothing to harm, and is told so.
 */
const neverListening = Object.freeze({
  listening: false,
  address: () => null,
  on(event: string) {
    // Fastify itself adds this one listener to every server it is given.
    if (event !== 'clientError') refuse()
    return neverListening
  },
  once: refuse,
  addListener: refuse,
  listen: refuse,
  close: refuse,
})

function refuse(): never {
  throw new M3Error('MODULE_INVALID', 'A module has no server of its own: app.server belongs to the kernel')
}

/** One object for all scopes: it holds no state. */
export function neverListeningServer(): Server {
  return neverListening as unknown as Server
}
