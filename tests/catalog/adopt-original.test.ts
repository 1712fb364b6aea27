import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { type CatalogParts, migrateCatalog, requireCatalog } from '../../kernel/catalog/migrate-catalog.js'
import { readTenant } from '../../kernel/catalog/read.js'
import type { Engine } from '../../kernel/engines/contract.js'
import { createSqliteEngine } from '../../kernel/engines/sqlite/sqlite-engine.js'
import { SchemaCache } from '../../kernel/migrations/declared/wanted-schema.js'
import { LENGTHS, suiteLimits } from '../engines/engine-fixture.js'
import { OpenGate } from '../engines/open-gate.js'
import { makeAppRoot } from '../modules/app-root.js'
import { FakeBackups } from '../support/fake-backups.js'
import { withMariaDb } from '../support/mariadb.js'
import { mysqlEngineOn } from '../support/mysql-engine.js'
import { seedFiles } from '../support/seeds.js'
import { rules } from './catalog-fixture.js'

type MakeEngine = (t: TestContext, root: string) => Engine

/** Tables as the original made them, by its models. `lastRun` is the type of that column. */
const originalTables = (number: string, lastRun: string) => [
  `CREATE TABLE tenants (id ${number}, name VARCHAR(255) NOT NULL UNIQUE, user VARCHAR(255) NOT NULL UNIQUE,
   password VARCHAR(255) NOT NULL, per_day_backups INT NOT NULL DEFAULT 1, max_backups INT NOT NULL DEFAULT 10)`,
  `CREATE TABLE modules (id ${number}, name VARCHAR(255) NOT NULL UNIQUE)`,
  `CREATE TABLE modules_dependencies (id ${number}, module_id INT NOT NULL, dependency_module_id INT NOT NULL,
   version INT NOT NULL DEFAULT 1)`,
  `CREATE TABLE subscriptions (id ${number}, tenant_id INT NOT NULL, module_id INT NOT NULL, version INT NOT NULL DEFAULT 1)`,
  `CREATE TABLE cronjobs (id ${number}, name VARCHAR(255) NOT NULL UNIQUE, last_run ${lastRun} NULL)`,
  "INSERT INTO tenants (name, user, password) VALUES ('first', 'first', 'plain')",
]

async function originalCatalog(
  t: TestContext,
  makeEngine: MakeEngine,
  { lastRun = 'DATETIME', value = '2024-02-29 07:30:00', seeds = {} } = {},
): Promise<CatalogParts> {
  const root = await makeAppRoot(t, seedFiles(seeds))
  const engine = makeEngine(t, root)
  await engine.provisionCatalog()
  const number =
    engine.kind === 'sqlite' ? 'INTEGER PRIMARY KEY AUTOINCREMENT' : 'INT NOT NULL PRIMARY KEY AUTO_INCREMENT'
  await engine.catalog.session(async (session) => {
    for (const statement of originalTables(number, lastRun)) await session.execute(statement)
    await session.execute(`INSERT INTO cronjobs (name, last_run) VALUES ('database_backup', '${value}')`)
  })
  const migrations = { destructive: 'backup', schemas: new SchemaCache() } as const
  const facts = { engine, root, rules, lengths: LENGTHS, forceMainSeeds: false, migrations, isProvided: () => true }
  return { ...facts, backUp: new FakeBackups().take }
}

function suite(makeEngine: MakeEngine): void {
  const originals = [
    ['DATE', '2024-02-29', '2024-02-29T00:00:00.000Z'],
    ['DATETIME', '2024-02-29 07:30:00', '2024-02-29T07:30:00.000Z'],
  ] as const
  for (const [lastRun, value, moment] of originals) {
    test(`an original's cron job keeps its last run, a ${lastRun}`, async (t) => {
      const parts = await originalCatalog(t, makeEngine, { lastRun, value })
      await migrateCatalog(parts)
      const [row] = await parts.engine.catalog.select<Record<string, unknown>>('SELECT * FROM cronjobs')
      const { last_run: kept, ...rest } = row ?? {}
      assert.equal(new Date(kept instanceof Date ? kept : `${kept}`).toISOString(), moment)
      const unknown = { first_seen: null, retry_at: null, claim: null, claimed_until: null }
      assert.deepEqual(rest, { id: 1, name: 'database_backup', attempts: 0, revision: 0, ...unknown })
      await parts.engine.catalog.run("INSERT INTO cronjobs (name, claim) VALUES ('another', 'x')")
      await assert.rejects(parts.engine.catalog.run("INSERT INTO cronjobs (name) VALUES ('another')"))
      assert.equal((await migrateCatalog(parts)).upToDate, true)
    })
  }

  test('an original’s tenants are not suspended; a seed may say that one is', async (t) => {
    const second = { id: 2, name: 'second', user: 'second', password: 'p', suspended: true }
    const parts = await originalCatalog(t, makeEngine, { seeds: { tenants: [second] } })
    await migrateCatalog(parts)
    const { catalog } = parts.engine
    const states = [await readTenant(catalog, 1, rules), await readTenant(catalog, 2, rules)]
    assert.deepEqual(
      states.map((tenant) => tenant?.suspended),
      [false, true],
    )
  })

  const olds = [
    ['tenants', 'suspended'],
    ['cronjobs', 'claimed_until'],
    ['modules', 'main_seed'],
  ] as const
  test('where nothing migrates by itself, a catalog of an earlier version is told to be migrated', async (t) => {
    const parts = await originalCatalog(t, makeEngine)
    const { engine } = parts
    const expected = {
      code: 'DATABASE_UNAVAILABLE',
      message: /has not been migrated yet: run "m3saas migrate catalog"/,
    }
    await assert.rejects(requireCatalog(engine), expected)
    await migrateCatalog(parts)
    await requireCatalog(engine)
    for (const [table, column] of olds) {
      const renamed = (from: string, to: string) =>
        engine.catalog.session((session) => session.execute(`ALTER TABLE ${table} RENAME COLUMN ${from} TO ${to}`))
      await renamed(column, 'other')
      await assert.rejects(requireCatalog(engine), expected, table)
      await renamed('other', column)
    }
    await requireCatalog(engine)
  })
}

describe('an original catalog on SQLite', () => {
  suite((t, root) => {
    const engine = createSqliteEngine({ directory: path.join(root, 'data'), limits: suiteLimits, gate: new OpenGate() })
    t.after(() => engine.close())
    return engine
  })
})
await withMariaDb('an original catalog on MariaDB', (server) => {
  suite((t) => {
    const name = `adopt_original_${randomBytes(4).toString('hex')}`
    const engine = mysqlEngineOn(server, name)
    t.after(async () => {
      await engine.catalog.run(`DROP DATABASE ${name}`)
      await engine.close()
    })
    return engine
  })
})
