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
  /** See `on-send.ts`: one function for all instances. */
  readonly onSend: onSendHookHandler
  /** The kernel's own instance answers CORS preflight requests, those for tenants included. */
  readonly role: 'kernel' | 'tenant'
}

/** What the kernel's own instance and that of every tenant do alike. */
export function registerCommon(app: FastifyInstance, { http, onSend, role }: CommonParts): void {
  app.setErrorHandler(sendProblem)
  app.addHook('onSend', onSend)
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
      preflight: role === 'kernel',
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
