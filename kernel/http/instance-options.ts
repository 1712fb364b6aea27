import Fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyServerOptions } from 'fastify'
import type { Config } from '../config/config.js'
import { exchangeOf, newRequestId } from './exchange.js'
import { lazyChildrenOf } from './lazy-logger.js'
import { sendProblem } from './send-problem.js'
import { sinceConstraint } from './version-constraint.js'

const LONGEST_PARAMETER = 512

/** Writes nothing for a request by itself: the kernel writes one line once the answer is out. */
const logController = new Fastify.LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' })

/** The `app.log` of an instance made with `instanceOptions`. Call it before anything is registered. */
export function useLog(app: FastifyInstance, log: FastifyBaseLogger): void {
  app.log = log
}

/** What the kernel's own Fastify instance and that of every tenant have in common. */
export function instanceOptions(http: Config['http'], log: FastifyBaseLogger): FastifyServerOptions {
  return {
    // No logger of its own: with one, Fastify watches each answer for a line that it is told not to write. Requests have
    // theirs from the factory, and `useLog` gives the instance its own.
    logController,
    childLoggerFactory: lazyChildrenOf(log),
    bodyLimit: http.bodyLimit,
    trustProxy: http.trustProxy,
    // HEAD is answered by the GET route: see `head-routes.ts`.
    exposeHeadRoutes: false,
    genReqId: (request) => exchangeOf(request)?.requestId ?? newRequestId(),
    frameworkErrors: sendProblem,
    routerOptions: {
      maxParamLength: LONGEST_PARAMETER,
      ignoreTrailingSlash: true,
      constraints: { since: sinceConstraint as never },
    },
  }
}
