import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import type { Logger } from 'pino'
import type { Config } from '../config/config.js'
import { M3Error } from '../errors.js'
import type { TenantSource } from '../tenants/contract.js'
import { answerClientError } from './client-errors.js'
import { registerCommon } from './common-plugins.js'
import { createDispatch, type RawHandler } from './dispatch.js'
import { exchangeOf } from './exchange.js'
import { instanceOptions, useLog } from './instance-options.js'
import { createOnSend } from './on-send.js'
import { healthRoutes } from './ops/health.js'
import { type OpsActions, opsRoutes } from './ops/ops-routes.js'
import { pathOf } from './request-path.js'
import { Traffic } from './traffic.js'

export interface HttpServerParts {
  readonly config: Pick<Config, 'http' | 'sub_directory' | 'timeZone'>
  readonly log: Logger
  readonly tenants: TenantSource
  readonly ops: OpsActions
  /** The ops token. */
  readonly token: string
  /** Resolves if requests can be served; rejects with the reason if not. */
  isReady(): Promise<void>
}

export interface HttpServer {
  /** Throws CONFIG_INVALID if the address cannot be listened on. */
  listen(): Promise<{ readonly url: string }>
  /** Stops accepting, lets requests in flight finish until the deadline, then cuts them off. */
  close(deadlineSeconds: number): Promise<void>
}

/** A load balancer closes idle connections first, after 60 seconds as a rule: the other way round is a lost request. */
const KEEP_ALIVE_MS = 72_000

/** The one listener of the process. Tenants' requests go to their scopes; everything else is answered here. */
export async function createHttpServer(parts: HttpServerParts): Promise<HttpServer> {
  const { config, log, tenants } = parts
  const prefix = config.sub_directory === '' ? '' : `/${config.sub_directory}`
  const traffic = new Traffic()
  let dispatch: RawHandler | undefined
  const handle: RawHandler = (request, response) => dispatch?.(request, response)
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, handle)
  // Node would answer an expectation that it does not know itself; one that nobody can meet may be passed over.
  server.on('checkExpectation', handle)

  const app = Fastify({
    ...instanceOptions(config.http, log),
    clientErrorHandler: answerClientError,
    serverFactory: () => server,
  })
  useLog(app, log)
  registerCommon(app, { http: config.http, onSend: await createOnSend(), role: 'kernel' })
  app.addHook('onRequest', (request, _reply, done) => {
    const failure = exchangeOf(request.raw)?.failure
    if (failure !== undefined) done(failure as Error)
    else if (request.is404) {
      const path = pathOf(request.originalUrl).slice(0, 256)
      done(new M3Error('NOT_FOUND', `There is no tenant, module or route at ${path}`))
    } else done()
  })
  const ready = () => isReady(traffic, parts)
  app.register(healthRoutes, { prefix: '/health', isReady: ready })
  if (prefix !== '') app.register(healthRoutes, { prefix: `${prefix}/health`, isReady: ready })
  app.register(opsRoutes, { prefix, actions: parts.ops, token: parts.token, timeZone: config.timeZone })
  await app.ready()
  dispatch = createDispatch({
    prefix,
    tenants,
    log,
    traffic,
    kernel: app.routing,
    methods: new Set(app.supportedMethods),
    cors: config.http.cors !== undefined,
  })

  return {
    listen: () => listen(server, config.http),
    async close(deadlineSeconds) {
      if (server.listening) await traffic.drain(server, deadlineSeconds)
      await app.close()
    },
  }
}

async function isReady(traffic: Traffic, parts: HttpServerParts): Promise<void> {
  if (traffic.closing) throw new M3Error('SHUTTING_DOWN', 'The server is shutting down')
  await parts.isReady()
}

function listen(server: Server, { host, port }: Config['http']): Promise<{ url: string }> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(unreachable(error, host, port)))
    server.listen({ host, port }, () => {
      const address = server.address() as AddressInfo
      const name = address.family === 'IPv6' ? `[${address.address}]` : address.address
      resolve({ url: `http://${name}:${address.port}` })
    })
  })
}

function unreachable(error: NodeJS.ErrnoException, host: string, port: number): M3Error {
  const reasons: Record<string, string> = {
    EADDRINUSE: 'another program listens there already; set http.port or PORT to another one',
    EACCES: 'this user may not listen there; use a port above 1023',
    EADDRNOTAVAIL: 'the host is no address of this machine; set http.host or HOST',
    ENOTFOUND: 'the host cannot be resolved; set http.host or HOST',
  }
  const reason = reasons[error.code ?? ''] ?? error.code ?? error.message
  return new M3Error('CONFIG_INVALID', `Cannot listen on ${host}:${port}: ${reason}`, { cause: error })
}
