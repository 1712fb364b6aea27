import { after, test } from 'node:test'
import { startMariaDb } from '../support/mariadb.js'
import { cannotFollow, followPage } from './page.js'

// A server of its own: the page names the sample tenants, and other tests may as well.
const server = await startMariaDb()
after(() => server?.stop())

test('docs/mysql.md does what it says', { skip: server ? cannotFollow : 'no mariadbd is installed' }, () =>
  followPage('docs/mysql.md', {
    built: true,
    changes: [
      ['"host": "127.0.0.1"', `"host": "127.0.0.1", "port": ${server?.port}`],
      ['the password of root', server?.rootPassword ?? ''],
    ],
  }),
)
