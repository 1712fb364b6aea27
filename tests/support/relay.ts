import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import type { Ending } from './ending.js'
import { freePort } from './server-process.js'

/** A way to a server that can be cut and opened again: the server is there all the time, and keeps what it knows. */
export interface Relay {
  readonly port: number
  open(): Promise<void>
  /** Cuts all connections, in the middle of what they carry, and refuses others. */
  cut(): Promise<void>
}

/** It is open at first. */
export async function startRelay(ending: Ending, to: { readonly port: number }): Promise<Relay> {
  const port = await freePort()
  const sockets = new Set<Socket>()
  let server: Server | undefined
  const relay: Relay = {
    port,
    async open() {
      server = createServer((from) => {
        const way = connect(to.port, '127.0.0.1')
        for (const [one, other] of [
          [from, way],
          [way, from],
        ] as const) {
          sockets.add(one)
          one.on('error', () => {})
          one.on('close', () => {
            sockets.delete(one)
            other.destroy()
          })
          one.pipe(other)
        }
      }).listen(port, '127.0.0.1')
      await once(server, 'listening')
    },
    async cut() {
      const closed = server && once(server, 'close')
      server?.close()
      server = undefined
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
  await relay.open()
  ending.after(() => relay.cut())
  return relay
}
