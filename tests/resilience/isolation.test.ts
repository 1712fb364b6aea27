import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { before, describe, test } from 'node:test'
import { makeAppRoot } from '../modules/app-root.js'
import { type App, databaseOn, startApp } from '../support/app.js'
import { type Call, clientOf } from '../support/client.js'
import { suiteEnding } from '../support/ending.js'
import { type SharedMariaDb, withMariaDb } from '../support/mariadb.js'
import { seedFiles } from '../support/seeds.js'

const SECRET = 'the secret of the other tenant'

/** A module that tries whatever statement it is sent: what a careless or hostile author could write. */
const source = `import { defineModule, defineTable, varchar } from 'm3saas'
const secrets = defineTable('secrets', { columns: { text: varchar(100) } })
const literal = (text) => Object.assign([text], { raw: [text] })
export const spy = defineModule({
  name: 'spy', version: 1, tables: [secrets],
  routes(app, { table, sql }) {
    app.post('/keep', (request) => table(secrets).create({ text: request.body.text }))
    app.get('/', () => table(secrets).findAll())
    app.post('/sql', (request) => sql(literal(request.body.sql)))
    app.post('/run', (request) => sql.run(literal(request.body.sql)))
    app.post('/sequelize', (request) => table(secrets).sequelize.query(request.body.sql))
  },
})
`

interface Attempts {
  readonly app: App
  /** The database of the tenant that is spied on. */
  readonly other: string
}

function suite(attempts: (all: Attempts) => readonly string[], reason: RegExp, server?: SharedMariaDb): void {
  const ending = suiteEnding()
  const run = randomBytes(4).toString('hex')
  // As patterns of a grant the first name would cover the second one.
  const [spy, other] = [`iso_a_${run}`, `iso_ab${run}`]
  let app: App
  let call: Call
  before(async () => {
    const database = server && databaseOn(server)
    const root = await makeAppRoot(ending, {
      'plugins/spy/v1/spy.module.mjs': source,
      ...seedFiles({
        tenants: [spy, other].map((name, i) => ({ id: i + 1, name, user: name, password: 'plain' })),
        modules: [{ id: 1, name: 'spy' }],
        subscriptions: [1, 2].map((id) => ({ id, tenant_id: id, module_id: 1, version: 1 })),
      }),
    })
    app = await startApp({ root, ...(database ? { config: { tenants: { database } } } : {}) })
    ending.after(() => app.close())
    call = clientOf(app.url)
    assert.equal((await call('POST', '/2/spy/v1/keep', { body: { text: SECRET } })).status, 200)
    assert.deepEqual((await call('GET', '/1/spy/v1')).body, [])
  })

  test('no statement of a module reaches another tenant, the catalog or the server', async () => {
    for (const sql of attempts({ app, other })) {
      for (const way of ['sql', 'run', 'sequelize']) {
        const seen = app.log.length
        const { status, body } = await call('POST', `/1/spy/v1/${way}`, { body: { sql } })
        const answer = JSON.stringify(body)
        assert.equal(status, 500, `${way}: ${sql} → ${answer}`)
        assert.equal(
          (body as { detail: string }).detail,
          'Something went wrong on the server; the request id leads to the reason in its log',
        )
        const logged = app.log.slice(seen).find(({ msg }) => msg === 'the request failed')
        assert.match(JSON.stringify(logged?.err), reason, `${way}: ${sql}`)
      }
    }
    const kept = (await call('GET', '/2/spy/v1')).body as { text: string }[]
    assert.deepEqual(
      kept.map(({ text }) => text),
      [SECRET],
    )
    assert.deepEqual((await call('GET', '/1/spy/v1')).body, [])
  })
}

describe('tenants on SQLite', () =>
  suite(({ app, other }) => {
    const data = path.join(app.root, 'data')
    return [
      `ATTACH '${path.join(data, 'tenants', `${other}.sqlite`)}' AS other`,
      `ATTACH DATABASE '${path.join(data, 'catalog.sqlite')}' AS other`,
      `DETACH main`,
      `VACUUM INTO '${path.join(data, 'copy.sqlite')}'`,
      'PRAGMA writable_schema = ON',
      `PRAGMA temp_store_directory = '/'`,
      `SELECT load_extension('x')`,
      `SELECT readfile('${path.join(data, 'catalog.sqlite')}')`,
      `SELECT * FROM ${other}.secrets`,
    ]
  }, /A module cannot use|not authorized|no such function|no such table/))

await withMariaDb('tenants on MariaDB', (server) =>
  suite(
    ({ app, other }) => {
      const { catalog } = app.kernel.engine
      return [
        `SELECT * FROM ${other}.secrets`,
        `INSERT INTO ${other}.secrets (text) VALUES ('x')`,
        `DELETE FROM ${other}.secrets`,
        `DROP DATABASE ${other}`,
        `CREATE DATABASE ${other}_too`,
        `SELECT * FROM ${catalog.name}.tenants`,
        'SELECT * FROM mysql.user',
        `CREATE USER 'mole'`,
        `GRANT ALL PRIVILEGES ON *.* TO CURRENT_USER`,
        `SELECT LOAD_FILE('/etc/passwd') INTO OUTFILE '/tmp/mole'`,
        'SET GLOBAL max_connections = 1',
      ]
    },
    /denied/,
    server,
  ),
)
