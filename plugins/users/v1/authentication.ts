import type { IncomingHttpHeaders } from 'node:http'
import { M3Error, type ModuleContext } from 'm3saas'
import { bearerToken, hashOfToken } from './session-token.js'

/** Who sent a request. */
export interface SignedInUser {
  readonly id: number
  readonly name: string
  readonly email: string
}

/** What `use(users)` gives to the modules that depend on this one. */
export interface Authentication {
  /** An `onRequest` hook: lets requests with the token of a session pass, answers 401 to all others. */
  readonly authenticate: (
    request: { readonly headers: IncomingHttpHeaders },
    reply: { header(name: string, value: string): unknown },
  ) => Promise<void>
  /** Who sent a request that `authenticate` let pass. */
  readonly userOf: (request: object) => SignedInUser
}

export function authentication({ sql }: Pick<ModuleContext, 'sql'>): Authentication {
  // Not a decorator of the request: those end at the module that makes them, and this one serves others.
  const users = new WeakMap<object, SignedInUser>()
  return {
    async authenticate(request, reply) {
      const token = bearerToken(request.headers.authorization)
      const user = token === undefined ? undefined : await findUser(sql, token)
      if (!user) {
        reply.header('www-authenticate', token === undefined ? 'Bearer' : 'Bearer error="invalid_token"')
        throw new M3Error('UNAUTHENTICATED', 'Send the token of POST /login as "Authorization: Bearer <token>"')
      }
      users.set(request, user)
    },
    userOf(request) {
      const user = users.get(request)
      if (!user) throw new M3Error('UNAUTHENTICATED', 'The route has no `onRequest: authenticate`')
      return user
    },
  }
}

/** Every request of a signed-in user asks this: a prepared statement, not a model. */
async function findUser(sql: ModuleContext['sql'], token: string): Promise<SignedInUser | undefined> {
  const [user] = await sql<SignedInUser>`
    SELECT users.id, users.name, users.email
    FROM sessions JOIN users ON users.id = sessions.user_id
    WHERE sessions.token_hash = ${hashOfToken(token)} AND sessions.expires_at > ${new Date()}`
  return user
}
