import assert from 'node:assert/strict'
import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, test } from 'node:test'
import { pino } from 'pino'
import { readTenant } from '../../kernel/catalog/read.js'
import { catalogRules } from '../../kernel/catalog/tenant-rules.js'
import { loadConfig } from '../../kernel/config/load-config.js'
import { assembleKernel, type Kernel } from '../../kernel/kernel.js'
import { databaseOn, sampleRoot, startApp } from '../support/app.js'
import { clientOf } from '../support/client.js'
import { startCommand } from '../support/command.js'
import { type SharedMariaDb, withMariaDb } from '../support/mariadb.js'

const CALLERS = 50

function suite(server?: SharedMariaDb): void {
  test(`called by ${CALLERS} requests at once, it is built once, and all are answered`, async (t) => {
    const app = await startApp(server ? { server } : {})
    t.after(() => app.close())
    const call = clientOf(app.url)
    const answers = await Promise.all(Array.from({ length: CALLERS }, () => call('GET', '/1/test/v1/animals')))
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
    const builds = app.log.filter(({ tenant, msg }) => tenant === 1 && msg === 'tenant is live')
    assert.equal(builds.length, 1)
    assert.deepEqual(
      app.log.filter(({ level }) => Number(level) > 30),
      [],
    )
    const report = await call('POST', '/1/migrate', { token: app.token })
    const { provisioned, upToDate } = report.body as { provisioned: string[]; upToDate: boolean }
    assert.deepEqual([report.status, provisioned, upToDate], [200, [], true])
    assert.deepEqual(await migrationsOf(app.kernel, 1), ['generated done'])
  })

  test(`called through two processes at once, it is migrated once`, async (t) => {
    const root = await sampleRoot()
    t.after(() => rm(root, { recursive: true, force: true }))
    const config = server ? { dbSalt: 'salt of the tests', tenants: { database: databaseOn(server) } } : {}
    await writeFile(
      path.join(root, 'config.json'),
      JSON.stringify({ dbSalt: 'salt', mqtt: { embedded: false }, ...config }),
    )
    const servers = await Promise.all([startCommand({ cwd: root }), startCommand({ cwd: root })])
    t.after(() => Promise.all(servers.map((each) => each.stop())))
    // Tenant 1 was built to show its routes; nobody has called the second one.
    const answers = await Promise.all(
      Array.from({ length: CALLERS }, (_, i) => clientOf(servers[i % 2]?.url ?? '')('GET', '/2/test/v1/animals')),
    )
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
    for (const { log } of servers) {
      assert.equal(log().filter(({ tenant, msg }) => tenant === 2 && msg === 'tenant is live').length, 1)
      assert.deepEqual(
        log().filter(({ level }) => Number(level) > 30),
        [],
      )
    }
    const kernel = await assembleKernel({ root, config: await loadConfig(root, {}), log: pino({ level: 'silent' }) })
    t.after(() => kernel.close())
    assert.deepEqual(await migrationsOf(kernel, 2), ['generated done'])
  })
}

/** What the tenant's own database remembers of its migrations. */
async function migrationsOf({ config, engine }: Kernel, id: number): Promise<string[]> {
  const row = await readTenant(engine.catalog, id, catalogRules(config, engine.catalog.name))
  assert.ok(row)
  const database = engine.tenant(row)
  try {
    const rows = await database.select<{ kind: string; outcome: string }>('SELECT kind, outcome FROM m3saas_migrations')
    return rows.map(({ kind, outcome }) => `${kind} ${outcome}`)
  } finally {
    await database.close()
  }
}

describe('a cold tenant on SQLite', () => suite())
await withMariaDb('a cold tenant on MariaDB', suite)
