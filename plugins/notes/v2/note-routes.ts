import type { FastifyInstance } from 'fastify'
import { M3Error, type ModuleContext, Op } from 'm3saas'
import type { Authentication, SignedInUser } from '../../users/v1/authentication.js'
import { type ChecklistItem, notesTable } from '../v1/db/tables/notes.table.js'
import { type PageQuery, pageQuery } from '../v1/list-routes.js'
import { checklist } from '../v1/note-routes.js'
import { noteSchema, noteShape } from './note-shape.js'
import { ensureTags, normaliseTags, setTags, tagsOf } from './note-tags.js'

interface NoteBody {
  readonly title: string
  readonly body?: string
  readonly checklist?: readonly ChecklistItem[]
  readonly isPinned?: boolean
  readonly isShared?: boolean
  readonly tags?: readonly string[]
}

const properties = {
  title: notesTable.schema.update.properties.title,
  body: { type: 'string' },
  checklist: { ...checklist, type: 'array' },
  isPinned: { type: 'boolean' },
  isShared: { type: 'boolean' },
  tags: { type: 'array', maxItems: 20, items: { type: 'string', minLength: 1, maxLength: 50 } },
}
const newNote = { type: 'object', additionalProperties: false, required: ['title'], properties }
const change = { type: 'object', additionalProperties: false, minProperties: 1, properties }
const params = { type: 'object', properties: { id: { type: 'integer' } } }
const page = {
  type: 'object',
  properties: { items: { type: 'array', items: noteSchema }, next: { type: ['integer', 'null'] } },
}
const tagCounts = {
  type: 'array',
  items: { type: 'object', properties: { name: { type: 'string' }, notes: { type: 'integer' } } },
}
const NOTE = '/:id(^[1-9][0-9]{0,9}$)'

export function noteRoutes(app: FastifyInstance, context: ModuleContext, userOf: Authentication['userOf']): void {
  const { table, sql, transaction } = context

  app.get<{ Querystring: PageQuery }>(
    '/',
    { schema: { querystring: pageQuery, response: { 200: page } } },
    async (request) => {
      const user = userOf(request)
      const { limit, before } = request.query
      const found = await table(notesTable).findAll({
        where: { owner_id: user.id, ...(before === undefined ? {} : { id: { [Op.lt]: before } }) },
        order: [['id', 'DESC']],
        limit: limit + 1,
      })
      const notes = found.slice(0, limit)
      const tags = await tagsOf(
        context,
        notes.map((note) => note.id),
      )
      return {
        items: notes.map((note) => noteShape(note, user, tags.get(note.id) ?? [])),
        next: found.length > limit ? notes.at(-1)?.id : null,
      }
    },
  )

  app.post<{ Body: NoteBody }>(
    '/',
    { schema: { body: newNote, response: { 201: noteSchema } } },
    async (request, reply) => {
      const user = userOf(request)
      const { title, tags = [] } = request.body
      const given = await ensureTags(context, normaliseTags(tags))
      const note = await transaction(async () => {
        const created = await table(notesTable).create({ ...columnsOf(request.body), title, owner_id: user.id })
        await setTags(context, created.id, given)
        return created
      })
      reply.code(201)
      return noteShape(
        note,
        user,
        given.map((tag) => tag.name),
      )
    },
  )

  app.get<{ Params: { id: number } }>(NOTE, { schema: { params, response: { 200: noteSchema } } }, async (request) => {
    const user = userOf(request)
    return shown(await ownNote(request.params.id, user), user)
  })

  app.patch<{ Params: { id: number }; Body: Partial<NoteBody> }>(
    NOTE,
    { schema: { params, body: change, response: { 200: noteSchema } } },
    async (request) => {
      const user = userOf(request)
      const note = await ownNote(request.params.id, user)
      const { tags } = request.body
      const given = tags && (await ensureTags(context, normaliseTags(tags)))
      await transaction(async () => {
        await note.update(columnsOf(request.body))
        if (given) await setTags(context, note.id, given)
      })
      return shown(note, user)
    },
  )

  app.delete<{ Params: { id: number } }>(NOTE, { schema: { params } }, async (request, reply) => {
    await (await ownNote(request.params.id, userOf(request))).destroy()
    reply.code(204)
  })

  app.get(
    '/tags',
    { schema: { response: { 200: tagCounts } } },
    (request) =>
      sql`SELECT tags.name AS name, COUNT(*) AS notes
        FROM note_tags JOIN tags ON tags.id = note_tags.tag_id JOIN notes ON notes.id = note_tags.note_id
        WHERE notes.owner_id = ${userOf(request).id}
        GROUP BY tags.id, tags.name ORDER BY tags.name`,
  )

  async function ownNote(id: number, user: SignedInUser) {
    const note = await table(notesTable).findOne({ where: { id, owner_id: user.id } })
    if (!note) throw new M3Error('NOT_FOUND', `You have no note ${id}`)
    return note
  }

  async function shown(note: Awaited<ReturnType<typeof ownNote>>, user: SignedInUser) {
    return noteShape(note, user, (await tagsOf(context, [note.id])).get(note.id) ?? [])
  }
}

/** The columns that a body of version 2 sets. */
function columnsOf({ title, body, checklist: items, isPinned, isShared }: Partial<NoteBody>) {
  return {
    ...(title === undefined ? {} : { title }),
    ...(body === undefined ? {} : { body }),
    ...(items === undefined ? {} : { checklist: items }),
    ...(isPinned === undefined ? {} : { pinned: isPinned }),
    ...(isShared === undefined ? {} : { visibility: isShared ? ('shared' as const) : ('private' as const) }),
  }
}
