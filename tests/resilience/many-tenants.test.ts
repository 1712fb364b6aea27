import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { after, describe, type TestContext, test } from 'node:test'
import { makeAppRoot } from '../modules/app-root.js'
import { type App, type AppOptions, startApp } from '../support/app.js'
import { clientOf } from '../support/client.js'
import { type MariaDb, startMariaDb } from '../support/mariadb.js'
import { rootQuery } from '../support/root-query.js'
import { seedFiles } from '../support/seeds.js'

const TENANTS = 300
const CONNECTIONS = 10
/** Callers at once, more than there are connections. */
const CALLERS = 30

const source = `import { defineModule } from 'm3saas'
export const turn = defineModule({
  name: 'turn', version: 1,
  routes(app, { sql, tenant }) {
    app.get('/', async () => ({ tenant: tenant.id, rows: await sql\`SELECT 1 AS one\` }))
  },
})
`

async function startMany(t: TestContext, options: AppOptions): Promise<App> {
  const ids = Array.from({ length: TENANTS }, (_, i) => i + 1)
  const root = await makeAppRoot(t, {
    'package.json': '{"type":"module"}',
    'plugins/turn/v1/turn.module.mjs': source,
    ...seedFiles({
      tenants: ids.map((id) => ({ id, name: `many_${id}`, user: `many_${id}`, password: 'plain' })),
      modules: [{ id: 1, name: 'turn' }],
      subscriptions: ids.map((id) => ({ id, tenant_id: id, module_id: 1, version: 1 })),
    }),
  })
  const app = await startApp({ ...options, root })
  t.after(() => app.close())
  return app
}

/** Every tenant, one after another, by several callers at once; what was not answered well. */
async function takeTurns(app: App, between: () => Promise<void> = async () => {}): Promise<object[]> {
  const call = clientOf(app.url)
  const failures: object[] = []
  let next = 1
  const caller = async () => {
    for (let id = next++; id <= TENANTS; id = next++) {
      const { status, body } = await call('GET', `/${id}/turn/v1`)
      if (status !== 200 || (body as { tenant: number }).tenant !== id) failures.push({ id, status, body })
      await between()
    }
  }
  await Promise.all(Array.from({ length: CALLERS }, caller))
  return failures
}

/** Its own: it counts the connections of this test alone. */
const server = await startMariaDb()
after(() => server?.stop())

describe('on MariaDB', { skip: server ? false : 'no mariadbd is installed' }, () => {
  test(`${TENANTS} tenants that take turns never open more than ${CONNECTIONS} connections, and all are answered`, async (t) => {
    const query = rootQuery(server as MariaDb)
    const most = async () => {
      const [row] = await query<{ Value: string }>("SHOW STATUS LIKE 'Max_used_connections'")
      return Number(row?.Value)
    }
    const limits = { connections: CONNECTIONS, connectionWaitSeconds: 30 }
    const app = await startMany(t, { server: server as MariaDb, config: { limits } })
    await query('FLUSH STATUS')
    for (const round of ['cold', 'live']) assert.deepEqual(await takeTurns(app), [], round)
    // One more is the connection that asks.
    assert.ok((await most()) <= CONNECTIONS + 1, `${await most()} connections`)
    assert.equal(app.kernel.registry.size, TENANTS)
    assert.ok(app.kernel.budget.open <= CONNECTIONS)
  })
})

describe('on SQLite', () => {
  test(`${TENANTS} tenants that take turns keep few files open, and all are answered`, async (t) => {
    const app = await startMany(t, { config: { limits: { connections: CONNECTIONS, connectionWaitSeconds: 30 } } })
    const openFiles = async () => (await readdir('/proc/self/fd')).length
    const before = await openFiles()
    let most = 0
    const watch = async () => {
      most = Math.max(most, await openFiles())
    }
    for (const round of ['cold', 'live']) assert.deepEqual(await takeTurns(app, watch), [], round)
    // A connection has three files, and closed ones linger, 64 of them at most; a caller has two ends of a socket and,
    // while it builds a tenant, the lock of a migration. Three files a tenant would be 900.
    const fair = 3 * (CONNECTIONS + 64) + 5 * CALLERS
    assert.ok(most - before <= fair, `${most - before} files, ${fair} are fair`)
    assert.ok(app.kernel.budget.open <= CONNECTIONS)
  })
})
