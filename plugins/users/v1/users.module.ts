import { defineModule } from 'm3saas'
import { accountRoutes } from './account-routes.js'
import { authentication } from './authentication.js'
import { team } from './db/seeds/team.seed.js'
import { sessionsTable } from './db/tables/sessions.table.js'
import { usersTable } from './db/tables/users.table.js'
import { sessionRoutes } from './session-routes.js'

/** Accounts and sessions. A module that depends on it gets `authenticate` and `userOf` from `use(users)`. */
export const users = defineModule({
  name: 'users',
  version: 1,
  tables: [usersTable, sessionsTable],
  seeds: [team],
  exports: authentication,
  routes(app, context) {
    sessionRoutes(app, context)
    accountRoutes(app, context, authentication(context))
  },
})
