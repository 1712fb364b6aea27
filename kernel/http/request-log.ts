import type { ServerResponse } from 'node:http'
import type { FastifyBaseLogger } from 'fastify'
import { formatModuleVersion } from '../names.js'
import type { Exchange } from './exchange.js'
import { pathOf } from './request-path.js'

const LONGEST_URL = 512

/** One line a request, once its answer is out or its connection gone. The query string stays out: it may hold secrets. */
export function logRequest(log: FastifyBaseLogger, exchange: Exchange, response: ServerResponse): void {
  const { path, code } = exchange
  const line = {
    requestId: exchange.requestId,
    tenant: path?.tenant,
    module: path && formatModuleVersion(path.module, path.version.parts[0] ?? 0),
    version: path?.version.text,
    method: exchange.method,
    url: pathOf(exchange.url).slice(0, LONGEST_URL),
    status: response.statusCode,
    code,
    ms: Math.round((performance.now() - exchange.started) * 10) / 10,
  }
  if (response.writableFinished) log.info(line, 'request')
  else log.info({ ...line, aborted: true }, 'request')
}

/** Probes come every few seconds and say nothing. */
export function isProbe(exchange: Exchange): boolean {
  return exchange.path === undefined && /\/health\/(?:live|ready)$/.test(pathOf(exchange.url))
}
