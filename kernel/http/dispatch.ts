import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import { M3Error } from '../errors.js'
import type { LiveTenant, TenantSource } from '../tenants/contract.js'
import { type Exchange, openExchange } from './exchange.js'
import { isProbe, logRequest } from './request-log.js'
import { originForm, parseModulePath } from './request-path.js'
import type { Traffic } from './traffic.js'

/** Fastify shows `originalUrl` where there is one, in `request.originalUrl` and to its error handlers. */
type RoutedRequest = IncomingMessage & { originalUrl?: string }

export type RawHandler = (request: IncomingMessage, response: ServerResponse) => void

export interface DispatchParts {
  /** `''`, or `/api/v1`. */
  readonly prefix: string
  readonly tenants: TenantSource
  readonly log: Logger
  readonly traffic: Traffic
  /** Answers whatever names no module of a tenant, and failures. */
  readonly kernel: RawHandler
  /** What a scope can have routes for; its instance knows no other method, not even to refuse it. */
  readonly methods: ReadonlySet<string>
  /** CORS preflight requests are answered without building the tenant. */
  readonly cors: boolean
}

/** A tenant may be released again before a request that waited for its build runs; that is not tried for ever. */
const MOST_BUILDS = 3

/** A handler whose client is gone is waited for this long before its tenant may be closed: it may be between two writes. */
const LONGEST_HANDLER_MS = 60_000

/** Hands each request to the scope of its tenant, in the same turn if the tenant is live. */
export function createDispatch(parts: DispatchParts): RawHandler {
  const { prefix, tenants, log, traffic, kernel, methods, cors } = parts
  const logs = log.isLevelEnabled('info')

  return function dispatch(request, response) {
    const url = request.url ?? '/'
    if (url.charCodeAt(0) !== 47) request.url = originForm(url)
    const exchange = openExchange(request, traffic)
    traffic.open(request, response, () => {
      exchange.over = true
      leave(exchange)
      if (logs && !isProbe(exchange)) logRequest(log, exchange, response)
    })
    exchange.path = parseModulePath(exchange.url, prefix)
    if (exchange.path === undefined || !methods.has(exchange.method) || (cors && isPreflight(request))) {
      kernel(request, response)
      return
    }
    const live = tenants.live(exchange.path.tenant)
    if (live) serve(live, exchange, request, response)
    else void buildAndServe(exchange, request, response)
  }

  function serve(live: LiveTenant, exchange: Exchange, request: IncomingMessage, response: ServerResponse): void {
    live.begin()
    exchange.live = live
    request.url = exchange.path?.url
    const routed: RoutedRequest = request
    routed.originalUrl = exchange.url
    try {
      live.scope.handle(request, response)
    } catch (error) {
      // Code of a module that Fastify runs outside its hooks, such as a request id generator.
      fail(error, exchange, request, response)
    }
  }

  function fail(error: unknown, exchange: Exchange, request: IncomingMessage, response: ServerResponse): void {
    exchange.failure = error
    request.url = exchange.url
    if (response.headersSent) response.destroy()
    else kernel(request, response)
  }

  async function buildAndServe(exchange: Exchange, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const id = exchange.path?.tenant ?? 0
    try {
      for (let i = 0; i < MOST_BUILDS; i++) {
        await tenants.build(id)
        // The client is gone, and what would end the count with it.
        if (exchange.over) return
        const live = tenants.live(id)
        if (live) return serve(live, exchange, request, response)
      }
      throw new M3Error('OVERLOADED', `Tenant ${id} was released as soon as it was built`, { retryAfter: 1 })
    } catch (error) {
      fail(error, exchange, request, response)
    }
  }
}

/** Ends the tenant's count of the request: when its handler has answered, even if nobody reads the answer any more. */
function leave(exchange: Exchange): void {
  const { live } = exchange
  if (!live) return
  if (exchange.answered) {
    live.end()
    return
  }
  let left = false
  const once = () => {
    if (left) return
    left = true
    clearTimeout(timer)
    live.end()
  }
  const timer = setTimeout(once, LONGEST_HANDLER_MS)
  timer.unref()
  exchange.whenAnswered = once
}

function isPreflight({ method, headers }: IncomingMessage): boolean {
  return method === 'OPTIONS' && headers.origin !== undefined && 'access-control-request-method' in headers
}
