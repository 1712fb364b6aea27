import type { Server } from 'node:http'

/** The requests under way, so that the server can stop without cutting an answer off. */
export class Traffic {
  #open = 0
  #closing: Server | undefined

  /** The server is stopping: each answer should say that its connection ends with it. */
  get closing(): boolean {
    return this.#closing !== undefined
  }

  get openRequests(): number {
    return this.#open
  }

  open(): void {
    this.#open++
  }

  close(): void {
    this.#open--
    // An answer whose headers were out already could not say that its connection ends.
    if (this.#closing) this.#closing.closeIdleConnections()
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
}
