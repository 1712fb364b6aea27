import type { FastifyInstance } from 'fastify'
import { type ModuleContext, Op } from 'm3saas'
import type { Authentication } from '../../users/v1/authentication.js'
import { notesTable } from './db/tables/notes.table.js'
import { recentNotes } from './db/views/recent-notes.view.js'

const { rows } = notesTable.schema

/** `before` is the `next` of the page before. */
export const pageQuery = {
  type: 'object',
  properties: {
    limit: { type: 'integer', minimum: 1, maximum: 100, default: 20 },
    before: { type: 'integer', minimum: 1 },
  },
}
export interface PageQuery {
  readonly limit: number
  readonly before?: number
}

const page = {
  type: 'object',
  properties: { items: rows, next: { type: ['integer', 'null'] } },
}
const hits = {
  type: 'array',
  items: { type: 'object', properties: { id: { type: 'integer' }, title: { type: 'string' } } },
}
const searchQuery = {
  type: 'object',
  required: ['q'],
  properties: { q: { type: 'string', minLength: 1, maxLength: 100 } },
}

/** The lists, newest first. */
export function listRoutes(
  app: FastifyInstance,
  { table, view, sql }: ModuleContext,
  userOf: Authentication['userOf'],
): void {
  // Clients of 1.0 to 1.3 get a bare array, and go on getting it.
  app.get('/', { schema: { response: { 200: rows } } }, (request) =>
    table(notesTable).findAll({ where: { owner_id: userOf(request).id }, order: [['id', 'DESC']] }),
  )

  app.get<{ Querystring: PageQuery }>(
    '/',
    { constraints: { since: '1.4' }, schema: { querystring: pageQuery, response: { 200: page } } },
    async (request) => {
      const { limit, before } = request.query
      const found = await table(notesTable).findAll({
        where: { owner_id: userOf(request).id, ...(before === undefined ? {} : { id: { [Op.lt]: before } }) },
        order: [['id', 'DESC']],
        limit: limit + 1,
      })
      const items = found.slice(0, limit)
      return { items, next: found.length > limit ? items.at(-1)?.id : null }
    },
  )

  app.get('/recent', { schema: { response: { 200: recentNotes.schema.rows } } }, () =>
    view(recentNotes).findAll({ order: [['id', 'DESC']], limit: 20 }),
  )

  app.get<{ Querystring: { q: string } }>(
    '/search',
    { constraints: { since: '1.1' }, schema: { querystring: searchQuery, response: { 200: hits } } },
    (request) => {
      const pattern = `%${escapeLike(request.query.q)}%`
      return sql`
        SELECT id, title FROM notes
        WHERE owner_id = ${userOf(request).id} AND (title LIKE ${pattern} ESCAPE '!' OR body LIKE ${pattern} ESCAPE '!')
        ORDER BY id DESC LIMIT 50`
    },
  )
}

/** `!` escapes on every engine; a backslash would mean two things to MySQL. */
export function escapeLike(text: string): string {
  return text.replace(/[!%_]/g, '!$&')
}
