import { datetime, defineView, int, varchar } from 'm3saas'
import { usersTable } from '../../../../users/v1/db/tables/users.table.js'
import { notesTable } from '../tables/notes.table.js'

/** Shared notes and who wrote them. */
export const recentNotes = defineView('recent_notes', {
  sql: `SELECT notes.id AS id, notes.title AS title, notes.created_at AS created_at, users.name AS owner_name
        FROM notes JOIN users ON users.id = notes.owner_id
        WHERE notes.visibility = 'shared'`,
  columns: { id: int().unsigned(), title: varchar(200), created_at: datetime(), owner_name: varchar(100) },
  reads: [notesTable, usersTable],
})
