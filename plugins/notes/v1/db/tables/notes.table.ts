import { belongsTo, boolean, datetime, defineTable, enumeration, id, json, now, text, varchar } from 'm3saas'
import { usersTable } from '../../../../users/v1/db/tables/users.table.js'

export interface ChecklistItem {
  readonly text: string
  readonly done: boolean
}

export const notesTable = defineTable('notes', {
  columns: {
    owner_id: id().references(usersTable, { onDelete: 'cascade' }),
    title: varchar(200),
    body: text().nullable(),
    checklist: json<readonly ChecklistItem[]>().nullable(),
    pinned: boolean().default(false),
    visibility: enumeration('private', 'shared').default('private'),
    created_at: datetime().default(now),
  },
  indexes: [['owner_id', 'id']],
  relations: { owner: belongsTo(usersTable, 'owner_id') },
})
