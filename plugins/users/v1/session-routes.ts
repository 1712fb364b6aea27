import type { FastifyInstance } from 'fastify'
import { M3Error, type ModuleContext, Op } from 'm3saas'
import { sessionsTable } from './db/tables/sessions.table.js'
import { usersTable } from './db/tables/users.table.js'
import { matchesPassword } from './password-hash.js'
import { bearerToken, hashOfToken, newToken } from './session-token.js'

const SESSION_DAYS = 30
const DAY = 86_400_000

const credentials = {
  type: 'object',
  required: ['email', 'password'],
  properties: { email: { type: 'string', maxLength: 255 }, password: { type: 'string', maxLength: 200 } },
}
const session = {
  type: 'object',
  properties: {
    token: { type: 'string' },
    expires_at: { type: 'string', format: 'date-time' },
    user: usersTable.schema.row,
  },
}

export function sessionRoutes(app: FastifyInstance, { table, transaction, sql }: ModuleContext): void {
  app.post<{ Body: { email: string; password: string } }>(
    '/login',
    { schema: { body: credentials, response: { 200: session } } },
    async ({ body, ip }) => {
      const user = await table(usersTable).findOne({ where: { email: body.email.toLowerCase() } })
      const matches = await matchesPassword(body.password, user?.password)
      if (!user || !matches) throw new M3Error('UNAUTHENTICATED', 'The e-mail address or the password is wrong')
      const signedInAt = new Date()
      const token = newToken()
      const expires_at = new Date(signedInAt.getTime() + SESSION_DAYS * DAY)
      await transaction(async () => {
        await table(sessionsTable).destroy({ where: { user_id: user.id, expires_at: { [Op.lte]: signedInAt } } })
        await table(sessionsTable).create({ user_id: user.id, token_hash: hashOfToken(token), expires_at })
        await user.update({ last_login_at: signedInAt, last_login_ip: ip })
      })
      return { token, expires_at, user }
    },
  )

  // Signing out twice, or with a token that is no more, ends where it should: signed out.
  app.post('/logout', async (request, reply) => {
    const token = bearerToken(request.headers.authorization)
    if (token !== undefined) await sql.run`DELETE FROM sessions WHERE token_hash = ${hashOfToken(token)}`
    reply.code(204)
  })
}
