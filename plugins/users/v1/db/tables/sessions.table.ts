import { belongsTo, datetime, defineTable, id, varchar } from 'm3saas'
import { usersTable } from './users.table.js'

export const sessionsTable = defineTable('sessions', {
  columns: {
    user_id: id().references(usersTable, { onDelete: 'cascade' }).index(),
    /** SHA-256 of the token in base64url: whoever reads the table cannot sign in with it. */
    token_hash: varchar(43).unique(),
    expires_at: datetime().index(),
  },
  relations: { user: belongsTo(usersTable, 'user_id') },
})
