import type { Server } from 'node:net'

export interface Listening {
  /** As a client has to name it. */
  readonly url: string
  close(): Promise<void>
}

/** Resolves when the server listens; rejects with what the system says if it cannot. */
export function listenOn(server: Server, where: { host: string; port: number } | { path: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(where, () => {
      server.off('error', reject)
      // One that fails later, for want of file handles say, must not end the process.
      server.on('error', () => {})
      resolve()
    })
  })
}

/** Those who are connected are ended by who took them. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}

export function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

export function hostInUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
