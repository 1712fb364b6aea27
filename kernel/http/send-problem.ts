import type { FastifyReply, FastifyRequest } from 'fastify'
import { exchangeOf } from './exchange.js'
import { judge, problemOf } from './problem.js'
import { pathOf } from './request-path.js'
import type { Verdict } from './verdict.js'

export const PROBLEM_TYPE = 'application/problem+json'

const LONGEST_INSTANCE = 256

/** The error handler of every instance. Modules may set their own within their scope; what that throws comes back here. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  answer(error, judge(error), request, reply)
}

/** For routes behind the ops token: reasons are shown. */
export function sendFullProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  answer(error, judge(error, true), request, reply)
}

function answer(error: unknown, verdict: Verdict, request: FastifyRequest, reply: FastifyReply): void {
  if (verdict.unexpected) request.log.error({ err: error }, 'the request failed')
  const exchange = exchangeOf(request.raw)
  if (exchange) exchange.code = verdict.code
  const problem = problemOf(verdict, request.id, pathOf(request.originalUrl).slice(0, LONGEST_INSTANCE))
  // The hook that sets it does not run for a URL that cannot be decoded.
  reply.header('x-request-id', request.id)
  if (verdict.headers) reply.headers(verdict.headers)
  // As bytes: no response schema of the route takes parts of it away, and the media type stays as it is registered.
  void reply
    .code(verdict.status)
    .type(PROBLEM_TYPE)
    .send(Buffer.from(JSON.stringify(problem)))
}
