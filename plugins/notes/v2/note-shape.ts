import type { Row } from 'm3saas'
import type { SignedInUser } from '../../users/v1/authentication.js'
import type { notesTable } from '../v1/db/tables/notes.table.js'

/** A note as version 2 shows it: its owner as an object, its tags, names in camel case. */
export const noteSchema = {
  type: 'object',
  properties: {
    id: { type: 'integer' },
    owner: { type: 'object', properties: { id: { type: 'integer' }, name: { type: 'string' } } },
    title: { type: 'string' },
    body: { type: 'string' },
    checklist: {
      type: 'array',
      items: { type: 'object', properties: { text: { type: 'string' }, done: { type: 'boolean' } } },
    },
    isPinned: { type: 'boolean' },
    isShared: { type: 'boolean' },
    tags: { type: 'array', items: { type: 'string' } },
    createdAt: { type: 'string', format: 'date-time' },
  },
}

export function noteShape(note: Row<typeof notesTable>, owner: SignedInUser, tags: readonly string[]) {
  return {
    id: note.id,
    owner: { id: owner.id, name: owner.name },
    title: note.title,
    body: note.body ?? '',
    checklist: note.checklist ?? [],
    isPinned: note.pinned,
    isShared: note.visibility === 'shared',
    tags: [...tags].sort(),
    createdAt: note.created_at,
  }
}
