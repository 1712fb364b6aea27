import { createServer, type Socket } from 'node:net'
import { closeServer, hostInUrl, type Listening, listenOn, portOf } from './listening.js'

/** Ends connections whose other end is gone without a word, after that long without one. */
const PROBE_MS = 60_000

export interface TcpListenerParts {
  readonly host: string
  readonly port: number
  readonly take: (socket: Socket, address: string) => void
}

export async function listenTcp({ host, port, take }: TcpListenerParts): Promise<Listening> {
  const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: PROBE_MS }, (socket) => {
    // One that was reset before it was looked at has no address.
    if (socket.remoteAddress === undefined) socket.destroy()
    else take(socket, socket.remoteAddress)
  })
  await listenOn(server, { host, port })
  return { url: `mqtt://${hostInUrl(host)}:${portOf(server)}`, close: () => closeServer(server) }
}
