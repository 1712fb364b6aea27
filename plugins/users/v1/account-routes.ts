import type { FastifyInstance } from 'fastify'
import { type Insert, M3Error, type ModuleContext, Op } from 'm3saas'
import type { Authentication } from './authentication.js'
import { sessionsTable } from './db/tables/sessions.table.js'
import { usersTable } from './db/tables/users.table.js'
import { hashPassword, matchesPassword } from './password-hash.js'
import { bearerToken, hashOfToken } from './session-token.js'

type Account = Insert<typeof usersTable>
type Profile = Pick<Account, 'name' | 'phone' | 'website'>

const { row, insert } = usersTable.schema
const { name, email, phone, website } = insert.properties
/** What a person types; the column holds its hash. */
const password = { type: 'string', minLength: 10, maxLength: 200 }

const registration = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'email', 'password'],
  properties: { name, email, password, phone, website },
}
const profile = {
  type: 'object',
  additionalProperties: false,
  minProperties: 1,
  properties: { name, phone, website },
}
const passwordChange = {
  type: 'object',
  additionalProperties: false,
  required: ['old_password', 'new_password'],
  properties: { old_password: { type: 'string', maxLength: 200 }, new_password: password },
}

export function accountRoutes(
  app: FastifyInstance,
  { table, transaction }: ModuleContext,
  { authenticate, userOf }: Authentication,
): void {
  app.post<{ Body: Profile & { email: string; password: string } }>(
    '/register',
    { schema: { body: registration, response: { 201: row } } },
    async ({ body }, reply) => {
      const address = body.email.toLowerCase()
      if (await table(usersTable).findOne({ where: { email: address } })) {
        throw new M3Error('CONFLICT', 'There is an account with this e-mail address', {
          faults: [{ path: 'email', message: 'is taken' }],
        })
      }
      reply.code(201)
      return table(usersTable).create({ ...body, email: address, password: await hashPassword(body.password) })
    },
  )

  app.get('/me', { schema: { response: { 200: row } }, onRequest: authenticate }, (request) => account(request))

  app.patch<{ Body: Partial<Profile> }>(
    '/me',
    { schema: { body: profile, response: { 200: row } }, onRequest: authenticate },
    async (request) => (await account(request)).update(request.body),
  )

  app.put<{ Body: { old_password: string; new_password: string } }>(
    '/password',
    { schema: { body: passwordChange }, onRequest: authenticate },
    async (request, reply) => {
      const user = await account(request)
      if (!(await matchesPassword(request.body.old_password, user.password))) {
        throw new M3Error('FORBIDDEN', 'The old password is wrong')
      }
      const hash = await hashPassword(request.body.new_password)
      const used = hashOfToken(bearerToken(request.headers.authorization) ?? '')
      await transaction(async () => {
        await user.update({ password: hash })
        // Whoever knew the old password is signed out everywhere.
        await table(sessionsTable).destroy({ where: { user_id: user.id, token_hash: { [Op.ne]: used } } })
      })
      reply.code(204)
    },
  )

  async function account(request: object) {
    const { id } = userOf(request)
    const user = await table(usersTable).findByPk(id)
    if (!user) throw new M3Error('NOT_FOUND', 'The account is gone')
    return user
  }
}
