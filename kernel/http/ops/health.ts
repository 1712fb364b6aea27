import type { FastifyInstance } from 'fastify'
import { M3Error } from '../../errors.js'

export interface HealthParts {
  isReady(): Promise<void>
}

/** A probe gives up after a second or so by default; an answer that comes later helps nobody. */
const LONGEST_CHECK_MS = 3000

/** `live`: the process answers. `ready`: it can serve requests. */
export async function healthRoutes(app: FastifyInstance, { isReady }: HealthParts): Promise<void> {
  app.get('/live', { exposeHeadRoute: true }, () => ({ status: 'live' }))
  app.get('/ready', { exposeHeadRoute: true }, async () => {
    await within(LONGEST_CHECK_MS, isReady())
    return { status: 'ready' }
  })
}

function within(ms: number, check: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new M3Error('DATABASE_UNAVAILABLE', 'The check took too long', { retryAfter: 5 }))
    const timer = setTimeout(late, ms)
    check.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
