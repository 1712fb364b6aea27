import type { FastifyInstance } from 'fastify'
import { type Insert, M3Error, type ModuleContext } from 'm3saas'
import type { Authentication } from '../../users/v1/authentication.js'
import { notesTable } from './db/tables/notes.table.js'

type NewNote = Omit<Insert<typeof notesTable>, 'id' | 'owner_id' | 'created_at'>

const { row, insert, update } = notesTable.schema
const { title, body, pinned, visibility } = insert.properties

/** The type `json` takes anything: what a checklist looks like is said here. */
export const checklist = {
  type: ['array', 'null'],
  maxItems: 100,
  items: {
    type: 'object',
    additionalProperties: false,
    required: ['text', 'done'],
    properties: { text: { type: 'string', maxLength: 200 }, done: { type: 'boolean' } },
  },
}

const newNote = {
  type: 'object',
  additionalProperties: false,
  required: ['title'],
  properties: { title, body, checklist, pinned, visibility },
}
const change = {
  type: 'object',
  additionalProperties: false,
  minProperties: 1,
  properties: {
    title: update.properties.title,
    body: update.properties.body,
    checklist,
    pinned: update.properties.pinned,
    visibility: update.properties.visibility,
  },
}
const params = { type: 'object', properties: { id: { type: 'integer' } } }
/** Digits only, so that /search and /recent are never taken for the id of a note. */
const NOTE = '/:id(^[1-9][0-9]{0,9}$)'

/** Writing and reading one note of one's own; another's is as good as not there. */
export function noteRoutes(app: FastifyInstance, { table }: ModuleContext, userOf: Authentication['userOf']): void {
  app.post<{ Body: NewNote }>('/', { schema: { body: newNote, response: { 201: row } } }, async (request, reply) => {
    reply.code(201)
    return table(notesTable).create({ ...request.body, owner_id: userOf(request).id })
  })

  app.get<{ Params: { id: number } }>(NOTE, { schema: { params, response: { 200: row } } }, (request) =>
    ownNote(request),
  )

  app.patch<{ Params: { id: number }; Body: Partial<NewNote> }>(
    NOTE,
    { schema: { params, body: change, response: { 200: row } } },
    async (request) => (await ownNote(request)).update(request.body),
  )

  app.delete<{ Params: { id: number } }>(NOTE, { schema: { params } }, async (request, reply) => {
    await (await ownNote(request)).destroy()
    reply.code(204)
  })

  async function ownNote(request: { readonly params: { readonly id: number } }) {
    const { id } = request.params
    const note = await table(notesTable).findOne({ where: { id, owner_id: userOf(request).id } })
    if (!note) throw new M3Error('NOT_FOUND', `You have no note ${id}`)
    return note
  }
}
