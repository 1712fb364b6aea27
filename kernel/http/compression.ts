import compress from '@fastify/compress'
import Fastify, { type onSendHookHandler } from 'fastify'

/** Bytes; below this the headers cost more than compression saves. */
const THRESHOLD = 1024

/**
 * The hook of @fastify/compress, made once. The plugin itself adds hooks to every route of every instance, which 25
 * routes of a thousand tenants would pay for in memory; one hook, shared by all, does the same.
 */
export async function compressionHook(): Promise<onSendHookHandler> {
  const app = Fastify()
  await app.register(compress, { threshold: THRESHOLD, encodings: ['br', 'gzip'], globalDecompression: false })
  const hooks: unknown[] = []
  app.addHook('onRoute', (route) => {
    hooks.push(...[route.onSend].flat())
  })
  app.get('/', { exposeHeadRoute: false }, () => '')
  await app.close()
  const compressed = hooks.find((hook) => typeof hook === 'function') as onSendHookHandler | undefined
  if (!compressed) throw new Error('@fastify/compress adds no onSend hook to a route any more')
  return function compressOrNot(request, reply, payload, done) {
    if (typeof payload === 'string' && payload.length < THRESHOLD) done(null, payload)
    else compressed.call(this, request, reply, payload, done)
  }
}
