import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { createMysqlEngine } from '../../../kernel/engines/mysql/mysql-engine.js'
import { withMariaDb } from '../../support/mariadb.js'
import { OpenGate } from '../open-gate.js'
import { RestoreFixture } from './restore-fixture.js'

/** What docs/mysql.md says that an account of its own needs. */
const NEEDED = `SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER, CREATE TEMPORARY TABLES, LOCK TABLES,
  EXECUTE, CREATE VIEW, SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE, EVENT, TRIGGER, DELETE HISTORY, CREATE USER`

const define = /right to make views and triggers in the name of others \(MariaDB: SET USER;/
const end = /right to see and end connections of others \(PROCESS; MariaDB: CONNECTION ADMIN,/
const both = new RegExp(`${define.source}.*, and to see and end connections of others`)

await withMariaDb('the rights that a restore needs', (server) => {
  for (const [granted, refused] of [
    ['', both],
    ['PROCESS, CONNECTION ADMIN', define],
    ['SET USER, PROCESS', end],
    ['SET USER, CONNECTION ADMIN', end],
    ['PROCESS, CONNECTION ADMIN, SET USER', undefined],
  ] as const) {
    test(`an account with ${granted || 'none of them'} ${refused ? 'is refused before anything is touched' : 'may'}`, async (t) => {
      const fixture = await RestoreFixture.make(t, server)
      const user = `a_${randomBytes(4).toString('hex')}`
      await fixture.root(`CREATE USER ${user} IDENTIFIED BY 'pw'`)
      await fixture.root(`GRANT ${NEEDED}${granted && `, ${granted}`} ON *.* TO ${user} WITH GRANT OPTION`)
      const engine = createMysqlEngine({
        database: { host: server.host, port: server.port, database: fixture.catalog, user, password: 'pw' },
        settings: { engine: 'InnoDB', collation: 'utf8mb4_unicode_ci' },
        dbSalt: 'salt of the tests',
        limits: { connectionsPerTenant: 2, connectionWaitSeconds: 5, connectionIdleSeconds: 10 },
        gate: new OpenGate(),
      })
      t.after(async () => {
        await engine.close()
        await fixture.root(`DROP USER ${user}`)
      })
      const restored = fixture.restore({ placed: async () => {} }, engine)
      if (refused) await assert.rejects(restored, { code: 'RESTORE_REFUSED', message: refused })
      else await restored
      assert.equal(await fixture.state(), refused ? 'old' : 'new')
      assert.deepEqual(await engine.recover(fixture.live), [])
    })
  }
})
