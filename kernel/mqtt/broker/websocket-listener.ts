import { createServer, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { createWebSocketStream, type WebSocket, WebSocketServer } from 'ws'
import { closeServer, hostInUrl, type Listening, listenOn, portOf } from './listening.js'

/** Where HiveMQ's configuration in `hive-mq/` has it, too. */
const PATH = '/mqtt'
const SUBPROTOCOL = 'mqtt'
const HANDSHAKE_MS = 10_000
const LONGEST_HEADERS = 8192
/** Those that have not become WebSockets among them; the others are counted where they are taken. */
const MOST_CONNECTIONS = 2000

export interface WebSocketListenerParts {
  readonly host: string
  readonly port: number
  /** Bytes of a message. */
  readonly longestMessage: number
  readonly take: (stream: Duplex, address: string) => void
}

/**
 * MQTT over WebSocket (MQTT 3.1.1, 6). As at HiveMQ pages of any origin may connect: it is the login that lets in, and a
 * browser sends none on its own.
 */
export async function listenWebSocket(parts: WebSocketListenerParts): Promise<Listening> {
  const { host, port, longestMessage } = parts
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: longestMessage,
    perMessageDeflate: false,
    handleProtocols: () => SUBPROTOCOL,
  })
  const server = createServer({ maxHeaderSize: LONGEST_HEADERS }, (_request, response) => {
    response.writeHead(426, { 'content-type': 'text/plain', upgrade: 'websocket', connection: 'close' })
    response.end(`MQTT over WebSocket at ${PATH}\n`)
  })
  server.headersTimeout = HANDSHAKE_MS
  server.requestTimeout = HANDSHAKE_MS
  server.maxConnections = MOST_CONNECTIONS
  server.on('clientError', (_error, socket) => socket.destroy())
  server.on('upgrade', (request, socket: Duplex, head) => {
    socket.on('error', () => socket.destroy())
    const address = request.socket.remoteAddress
    const refused = handshakeRefusal(request)
    if (refused !== undefined) socket.end(`HTTP/1.1 ${refused}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
    else if (address === undefined) socket.destroy()
    else sockets.handleUpgrade(request, socket, head, (webSocket) => parts.take(streamOf(webSocket), address))
  })
  await listenOn(server, { host, port })
  return {
    url: `ws://${hostInUrl(host)}:${portOf(server)}${PATH}`,
    close: async () => {
      const closed = closeServer(server)
      server.closeAllConnections()
      await closed
    },
  }
}

function handshakeRefusal({ url = '', headers }: IncomingMessage): string | undefined {
  if (url.split('?')[0] !== PATH) return '404 Not Found'
  const protocols = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim())
  return protocols.includes(SUBPROTOCOL) ? undefined : '400 Bad Request'
}

function streamOf(webSocket: WebSocket): Duplex {
  const stream = createWebSocketStream(webSocket)
  // MQTT is bytes: a text is against the protocol (6.0).
  webSocket.prependListener('message', (_data, isBinary) => {
    if (!isBinary) stream.destroy()
  })
  return stream
}
