import compress from '@fastify/compress'
import Fastify, { type onSendHookHandler } from 'fastify'
import { exchangeOf } from './exchange.js'

/** Bytes; below this the headers cost more than compression saves. */
const THRESHOLD = 1024

/**
 * What is done to every answer: it is noted, its request id, the end of the connection while the server stops, compression.
 * One hook for all of it, one function for all instances: each hook of each route costs memory in every tenant, and time
 * in every request.
 */
export async function createOnSend(): Promise<onSendHookHandler> {
  const compressed = await compressionHook()
  return function onSend(request, reply, payload, done) {
    reply.header('x-request-id', request.id)
    const exchange = exchangeOf(request.raw)
    if (exchange) {
      exchange.answered = true
      exchange.whenAnswered?.()
      if (exchange.traffic.closing) reply.header('connection', 'close')
    }
    const isSmall = typeof payload === 'string' && payload.length < THRESHOLD
    if (isSmall || request.headers['accept-encoding'] === undefined) done(null, payload)
    else compressed.call(this, request, reply, payload, done)
  }
}

/** The hook of @fastify/compress. The plugin itself would add two to every route. */
async function compressionHook(): Promise<onSendHookHandler> {
  const app = Fastify()
  await app.register(compress, { threshold: THRESHOLD, encodings: ['br', 'gzip'], globalDecompression: false })
  const hooks: unknown[] = []
  app.addHook('onRoute', (route) => {
    hooks.push(...[route.onSend].flat())
  })
  app.get('/', { exposeHeadRoute: false }, () => '')
  await app.close()
  const hook = hooks.find((each) => typeof each === 'function') as onSendHookHandler | undefined
  if (!hook) throw new Error('@fastify/compress adds no onSend hook to a route any more')
  return hook
}
