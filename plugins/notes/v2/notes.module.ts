import { defineModule } from 'm3saas'
import { users } from '../../users/v1/users.module.js'
import { notesTable } from '../v1/db/tables/notes.table.js'
import { noteTagsTable, tagsTable } from './db/tables/tags.table.js'
import { noteRoutes } from './note-routes.js'

/** Notes with tags. It shares the table of version 1, so that a tenant may serve both to old and new clients. */
export const notes = defineModule({
  name: 'notes',
  version: 2,
  dependsOn: [users],
  tables: [notesTable, tagsTable, noteTagsTable],
  routes(app, context) {
    const { authenticate, userOf } = context.use(users)
    app.addHook('onRequest', authenticate)
    noteRoutes(app, context, userOf)
  },
})
