import { parse } from 'node:querystring'
import cors from '@fastify/cors'
import formbody from '@fastify/formbody'
import type { FastifyInstance, onSendHookHandler } from 'fastify'
import type { Config } from '../config/config.js'
import { M3Error } from '../errors.js'
import { sendProblem } from './send-problem.js'

const MOST_FORM_FIELDS = 1000

export interface CommonParts {
  readonly http: Config['http']
  readonly compress: onSendHookHandler
  /** Answers CORS preflight requests here. In a tenant's scope that is done already. */
  readonly preflight: boolean
}

/** What the kernel's own instance and that of every tenant do alike. */
export function registerCommon(app: FastifyInstance, { http, compress, preflight }: CommonParts): void {
  app.setErrorHandler(sendProblem)
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    done()
  })
  app.addHook('onSend', compress)
  app.register(formbody, { parser: parseForm })
  if (http.cors) {
    const { origins, credentials, maxAgeSeconds } = http.cors
    app.register(cors, {
      origin: [...origins],
      credentials,
      maxAge: maxAgeSeconds,
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
      exposedHeaders: ['x-request-id', 'retry-after'],
      strictPreflight: false,
      preflight,
    })
  }
}

/** An object without prototype: its keys reach nothing but itself. `__proto__` is refused, as it is in JSON. */
function parseForm(text: string): Record<string, unknown> {
  const form = parse(text, '&', '=', { maxKeys: MOST_FORM_FIELDS })
  if (Object.hasOwn(form, '__proto__')) {
    throw new M3Error('BAD_REQUEST', 'The form has a field that is not allowed: __proto__')
  }
  return form
}
