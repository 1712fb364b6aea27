import { defineModule } from 'm3saas'
import { users } from '../../users/v1/users.module.js'
import { welcome } from './db/seeds/welcome.seed.js'
import { notesTable } from './db/tables/notes.table.js'
import { recentNotes } from './db/views/recent-notes.view.js'
import { listRoutes } from './list-routes.js'
import { noteRoutes } from './note-routes.js'

/** Notes of signed-in users. */
export const notes = defineModule({
  name: 'notes',
  version: 1,
  dependsOn: [users],
  tables: [notesTable],
  views: [recentNotes],
  seeds: [welcome],
  routes(app, context) {
    const { authenticate, userOf } = context.use(users)
    app.addHook('onRequest', authenticate)
    listRoutes(app, context, userOf)
    noteRoutes(app, context, userOf)
  },
})
