import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { FullVersion } from '../names.js'
import type { LiveTenant } from '../tenants/contract.js'
import { type ModulePath, majorOf } from './request-path.js'
import type { Traffic } from './traffic.js'

/** What the kernel knows of one request and its answer, carried on the raw request. */
export interface Exchange {
  readonly requestId: string
  readonly method: string
  /** As the client wrote it. */
  readonly url: string
  /** On the clock of `performance.now()`, milliseconds. */
  readonly started: number
  /** Tells whether the server is stopping. */
  readonly traffic: Traffic
  /** Set once the URL is known to name a module of a tenant. */
  path: ModulePath | undefined
  /** The tenant that counts this request as its own. */
  live: LiveTenant | undefined
  /** The answer is out or its connection gone. */
  over: boolean
  /** The handler has answered, be there still somebody to read it or not. */
  answered: boolean
  /** Called as the handler answers. */
  whenAnswered: (() => void) | undefined
  /** Why no scope can answer; the kernel's own instance turns it into an answer. */
  failure: unknown
  /** The code of the problem that was answered. */
  code: string | undefined
}

const EXCHANGE = Symbol('m3saas.exchange')
type Carrier = IncomingMessage & { [EXCHANGE]?: Exchange }

/** An id of a client's is taken over if it can be written into a log and a header as it is. */
const SAFE_REQUEST_ID = /^[A-Za-z0-9._:-]{8,128}$/

export function openExchange(request: IncomingMessage, traffic: Traffic): Exchange {
  const exchange: Exchange = {
    requestId: requestIdOf(request),
    method: request.method ?? 'GET',
    url: request.url ?? '/',
    started: performance.now(),
    traffic,
    path: undefined,
    live: undefined,
    over: false,
    answered: false,
    whenAnswered: undefined,
    failure: undefined,
    code: undefined,
  }
  const carrier: Carrier = request
  carrier[EXCHANGE] = exchange
  return exchange
}

/** Undefined for a request that a module injected into its own scope. */
export function exchangeOf(request: IncomingMessage): Exchange | undefined {
  const carrier: Carrier = request
  return carrier[EXCHANGE]
}

export function versionOf(request: IncomingMessage): FullVersion {
  return exchangeOf(request)?.path?.version ?? majorOf(request.url ?? '/')
}

function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id']
  return typeof given === 'string' && SAFE_REQUEST_ID.test(given) ? given : newRequestId()
}

/** Random for each process and counted within it: unique as a UUID is, for a fraction of its time. */
const processPart = randomBytes(9).toString('base64url')
let requests = 0

export function newRequestId(): string {
  return `${processPart}-${(requests++).toString(36)}`
}
