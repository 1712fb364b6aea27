import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** What is under way on each connection, so that the server can stop without cutting an answer off. */
export class Traffic {
  #closing: Server | undefined
  /** What is to be done for the requests of a connection once it is gone. */
  readonly #ends = new WeakMap<Socket, Set<() => void>>()

  /** The server is stopping: each answer should say that its connection ends with it. */
  get closing(): boolean {
    return this.#closing !== undefined
  }

  /** Calls `over` once, when the answer is out or its connection gone. */
  open(request: IncomingMessage, response: ServerResponse, over: () => void): void {
    const ends = this.#endsOf(request.socket)
    const end = () => {
      if (!ends.delete(end)) return
      // An answer whose headers were out already could not say that its connection ends.
      if (this.#closing) this.#closing.closeIdleConnections()
      over()
    }
    ends.add(end)
    response.on('close', end)
  }

  /**
   * Takes no new connection, lets every request that is here finish, and cuts off what is left after `deadlineSeconds`.
   * A request that comes meanwhile on a connection that is open is answered; its connection ends with it.
   */
  async drain(server: Server, deadlineSeconds: number): Promise<void> {
    this.#closing = server
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    server.closeIdleConnections()
    const timer = setTimeout(() => server.closeAllConnections(), deadlineSeconds * 1000)
    await closed
    clearTimeout(timer)
  }

  /**
   * Of requests that a client pipelines, the answers behind the first one never say that they are closed when the
   * connection breaks: only the socket does.
   */
  #endsOf(socket: Socket): Set<() => void> {
    const known = this.#ends.get(socket)
    if (known) return known
    const ends = new Set<() => void>()
    this.#ends.set(socket, ends)
    socket.once('close', () => {
      for (const end of [...ends]) end()
    })
    return ends
  }
}
