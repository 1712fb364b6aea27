import { defineSeed } from 'm3saas'
import { NO_PASSWORD } from '../../password-hash.js'
import { usersTable } from '../tables/users.table.js'

/** The author of the welcome note. Nobody can sign in as the team. */
export const team = defineSeed(usersTable, {
  main: [{ id: 1, name: 'The team', email: 'team@example.com', password: NO_PASSWORD, website: 'https://example.com' }],
})
