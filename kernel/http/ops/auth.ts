import { createHash, timingSafeEqual } from 'node:crypto'
import type { onRequestHookHandler } from 'fastify'
import { M3Error } from '../../errors.js'
import { GuessLimit } from '../../guess-limit.js'

const BEARER = /^Bearer (.+)$/i

/** Lets through who holds the ops token. Runs before anything of the catalog or a tenant is looked at. */
export function tokenCheck(token: string, limit = new GuessLimit()): onRequestHookHandler {
  const expected = digest(token)
  return function checkToken(request, reply, done) {
    const given = BEARER.exec(request.headers.authorization ?? '')?.[1]?.trim()
    if (!given) {
      reply.header('www-authenticate', 'Bearer realm="ops"')
      done(new M3Error('TOKEN_MISSING', 'Send the ops token: Authorization: Bearer <ops token>'))
      return
    }
    const wait = limit.secondsToWait(request.ip)
    if (wait > 0) {
      const message = `Too many wrong ops tokens from this address; try again in ${wait} s`
      done(new M3Error('TOO_MANY_ATTEMPTS', message, { retryAfter: wait }))
      return
    }
    if (timingSafeEqual(digest(given), expected)) {
      done()
      return
    }
    limit.wrong(request.ip)
    request.log.warn({ address: request.ip }, 'a wrong ops token was sent')
    done(new M3Error('TOKEN_WRONG', 'This is not the ops token'))
  }
}

/** Equal lengths, so that the comparison takes the same time for every guess. */
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
