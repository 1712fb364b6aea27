import assert from 'node:assert/strict'
import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { addTenant } from '../../kernel/catalog/changes.js'
import {
  type CatalogParts,
  migrateCatalog,
  requireCatalog,
  runCatalogMode,
} from '../../kernel/catalog/migrate-catalog.js'
import { storedSecret } from '../../kernel/catalog/secrets.js'
import { createSqliteEngine } from '../../kernel/engines/sqlite/sqlite-engine.js'
import type { M3Error } from '../../kernel/errors.js'
import { SchemaCache } from '../../kernel/migrations/declared/wanted-schema.js'
import { LENGTHS, suiteLimits } from '../engines/engine-fixture.js'
import { OpenGate } from '../engines/open-gate.js'
import { makeAppRoot } from '../modules/app-root.js'
import { backupNamed, FakeBackups } from '../support/fake-backups.js'
import { rules } from './catalog-fixture.js'

const stored = storedSecret(rules.dbSalt, 'first', 'plain secret')
const SEED = `import { defineSeed, tenants } from 'm3saas'
export default defineSeed(tenants, { main: [{ id: 1, name: 'first', user: 'first', password: 'p' }] })
`

/** A catalog that its seeds have filled. */
async function seededCatalog(t: TestContext): Promise<CatalogParts> {
  const root = await makeAppRoot(t, { 'seeds/tenants.seed.mjs': SEED })
  const engine = createSqliteEngine({ directory: path.join(root, 'data'), limits: suiteLimits, gate: new OpenGate() })
  t.after(() => engine.close())
  const migrations = { destructive: 'backup', schemas: new SchemaCache() } as const
  const facts = { engine, root, rules, lengths: LENGTHS, forceMainSeeds: false, migrations, isProvided: () => true }
  const parts = { ...facts, backUp: new FakeBackups().take }
  assert.equal((await migrateCatalog(parts)).upToDate, false)
  assert.equal((await migrateCatalog(parts)).upToDate, true)
  return parts
}

function faultsOf(migration: Promise<unknown>): Promise<string[]> {
  return migration.then(
    () => assert.fail('it was not refused'),
    (error: M3Error) => {
      assert.equal(error.code, 'CATALOG_REFUSED')
      return error.faults.map((fault) => `${fault.path} ${fault.message}`)
    },
  )
}

test('main seeds that are forced at every start are validated at every start', async (t) => {
  const parts = await seededCatalog(t)
  const { catalog } = parts.engine
  await catalog.run("UPDATE tenants SET name = 'renamed' WHERE id = 1")
  await catalog.run("INSERT INTO tenants (id, name, user, password) VALUES (2, 'first', 'other', 'p')")
  assert.deepEqual(await faultsOf(migrateCatalog({ ...parts, forceMainSeeds: true })), [
    'seeds/tenants.seed.mjs: main[0].name has the name of the row with the id 2 in the catalog',
  ])
  assert.deepEqual(await catalog.select('SELECT name FROM tenants ORDER BY id'), [
    { name: 'renamed' },
    { name: 'first' },
  ])
  assert.equal((await migrateCatalog(parts)).upToDate, true)
})

test('a file of seeds that is not read is refused though there is nothing to migrate', async (t) => {
  const parts = await seededCatalog(t)
  await writeFile(path.join(parts.root, 'seeds', 'tenant.seed.mjs'), SEED)
  const [fault, ...others] = await faultsOf(migrateCatalog(parts))
  assert.match(String(fault), /^seeds\/tenant\.seed\.mjs is not read/)
  assert.deepEqual(others, [])
})

test('a catalog whose tables are not all seeded takes changes, and keeps what a missing file once seeded', async (t) => {
  const parts = await seededCatalog(t)
  const { catalog } = parts.engine
  const input = { name: 'second', user: 'second', password: 'p' }
  assert.equal(await addTenant(catalog, input, rules), 2)
  await rm(path.join(parts.root, 'seeds', 'tenants.seed.mjs'))
  const report = await runCatalogMode(parts, 'force')
  assert.deepEqual(report.seeds, [])
  assert.deepEqual(await catalog.select('SELECT id FROM tenants ORDER BY id'), [{ id: 1 }, { id: 2 }])
})

test('a catalog that was adopted and not migrated yet is told so, where nothing migrates by itself', async (t) => {
  const { engine } = await seededCatalog(t)
  await requireCatalog(engine)
  await engine.catalog.session((session) => session.execute('ALTER TABLE modules DROP COLUMN main_seed'))
  await assert.rejects(requireCatalog(engine), { code: 'DATABASE_UNAVAILABLE', message: /migrate catalog/ })
})

const secrets = [
  ['plain passwords of an original catalog are not in the backup', 'plain secret', { tenants: ['password'] }],
  ['stored passwords are in the backup, for a restored catalog needs them', stored, {}],
] as const
for (const [title, password, withheld] of secrets) {
  test(`before values of the catalog can be lost: ${title}`, async (t) => {
    const root = await makeAppRoot(t)
    const engine = createSqliteEngine({ directory: path.join(root, 'data'), limits: suiteLimits, gate: new OpenGate() })
    t.after(() => engine.close())
    await engine.provisionCatalog()
    await engine.catalog.session(async (session) => {
      await session.execute(
        'CREATE TABLE tenants (id INTEGER PRIMARY KEY, name VARCHAR(255), user VARCHAR(255), password VARCHAR(999), ' +
          'per_day_backups INT, max_backups INT)',
      )
      await session.execute(`INSERT INTO tenants VALUES (1, 'first', 'first', '${password}', NULL, 5)`)
    })
    const migrations = { destructive: 'backup', schemas: new SchemaCache() } as const
    const backups = new FakeBackups()
    const facts = { engine, root, rules, lengths: LENGTHS, forceMainSeeds: false, migrations, isProvided: () => true }
    const { backup } = await migrateCatalog({ ...facts, backUp: backups.take })
    assert.deepEqual([backup, backups.taken], [backupNamed(1), [withheld]])
    const [tenant] = await engine.catalog.select<{ password: string; per_day_backups: number }>('SELECT * FROM tenants')
    assert.equal(tenant?.password, stored)
    assert.equal(tenant?.per_day_backups, 1)
  })
}
