import type { Server, ServerResponse } from 'node:http'

/** The answers that are not out yet, so that the server can stop without cutting one off. */
export class Traffic {
  readonly #open = new Set<ServerResponse>()
  #closing: Server | undefined

  get closing(): boolean {
    return this.#closing !== undefined
  }

  open(response: ServerResponse): void {
    this.#open.add(response)
    if (this.#closing) closeAfterwards(response)
  }

  close(response: ServerResponse): void {
    this.#open.delete(response)
    // An answer whose headers were out already could not say that its connection ends.
    if (this.#closing) this.#closing.closeIdleConnections()
  }

  /**
   * Takes no new connection, lets every request that is here finish, and cuts off what is left after `deadlineSeconds`.
   * A request that comes meanwhile on a connection that is open is answered; its connection ends with it.
   */
  async drain(server: Server, deadlineSeconds: number): Promise<void> {
    this.#closing = server
    for (const response of this.#open) closeAfterwards(response)
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    server.closeIdleConnections()
    const timer = setTimeout(() => server.closeAllConnections(), deadlineSeconds * 1000)
    await closed
    clearTimeout(timer)
  }
}

function closeAfterwards(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('connection', 'close')
}
