import Fastify, { type FastifyRequest } from 'fastify'
import { versionOf } from './exchange.js'

/**
 * Gives every request its `fullVersion`. Each Fastify instance has a request class of its own below one that all share:
 * the getter stands there, once. Decorating each instance instead gives it classes that V8 cannot optimise together
 * (measured with 200 tenants: a third of the throughput); assigning it costs each request an object of another shape.
 */
export async function installFullVersion(): Promise<void> {
  const app = Fastify()
  let shared: object | undefined
  app.get('/', (request) => {
    shared = Object.getPrototypeOf(Object.getPrototypeOf(request)) as object
    return ''
  })
  await app.inject('/')
  await app.close()
  if (!shared || 'fullVersion' in shared) return
  Object.defineProperty(shared, 'fullVersion', {
    configurable: true,
    get(this: FastifyRequest) {
      return versionOf(this.raw)
    },
  })
}
