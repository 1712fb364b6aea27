import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, test } from 'node:test'
import { pino } from 'pino'
import { loadConfig } from '../../kernel/config/load-config.js'
import type { TenantIdentity } from '../../kernel/engines/contract.js'
import { assembleKernel } from '../../kernel/kernel.js'
import { makeAppRoot } from '../modules/app-root.js'
import { databaseOn } from '../support/app.js'
import { callCommand, runCommand } from '../support/command.js'
import type { Ending } from '../support/ending.js'
import { type SharedMariaDb, withMariaDb } from '../support/mariadb.js'
import { seedFiles } from '../support/seeds.js'
import { toldIn } from './fleet-fixture.js'

const shop = (code: string) => `import { defineMigration, defineModule, defineTable, varchar } from 'm3saas'
console.log('printed by a module')
const fill = defineMigration({
  name: 'fill',
  async up({ hasTable, run }) {
    console.info('printed by a migration')
    if (await hasTable('things')) await run("INSERT INTO things (code) VALUES ('twice'), ('twice')")
  },
})
export const shop = defineModule({
  name: 'shop', version: 1, tables: [defineTable('things', { columns: { code: ${code} } })], migrations: [${code.includes('unique') ? 'fill' : ''}],
})
`

function suite(server?: SharedMariaDb): void {
  const makeRoot = async (t: Ending) => {
    const run = randomBytes(4).toString('hex')
    const ids = [1, 2, 3]
    return makeAppRoot(t, {
      'config.json': JSON.stringify({
        dbSalt: 'salt of the tests',
        ...(server ? { tenants: { database: databaseOn(server) } } : {}),
      }),
      'plugins/shop/v1/shop.module.mjs': shop('varchar(20)'),
      ...seedFiles({
        tenants: ids.map((id) => ({ id, name: `o${id}_${run}`, user: `o${id}_${run}`, password: 'plain' })),
        modules: [{ id: 1, name: 'shop' }],
        subscriptions: ids.map((id) => ({ id, tenant_id: id, module_id: 1, version: 1 })),
      }),
    })
  }
  const change = (root: string, code: string) =>
    writeFile(path.join(root, 'plugins/shop/v1/shop.module.mjs'), shop(code))

  test('what modules print does not get between the lines of a result', async (t) => {
    const root = await makeRoot(t)
    const all = await runCommand(['migrate', '--all', '--json'], { cwd: root })
    assert.deepEqual([all.status, toldIn(all.stdout).by], [0, { migrated: [1, 2, 3] }])
    assert.equal(all.stderr, 'printed by a module\n')
    await change(root, 'varchar(30).unique()')
    const plan = await runCommand(['plan', '1', '--json'], { cwd: root })
    assert.deepEqual(JSON.parse(plan.stdout).written, ['shop@v1/fill'])
  })

  test('the summary says of each cause what the first of its tenants was refused for', async (t) => {
    const root = await makeRoot(t)
    assert.equal((await callCommand(['migrate', '--all'], { cwd: root })).status, 0)
    await change(root, 'varchar(30).unique()')
    const { status, stdout } = await runCommand(['migrate', '--all', '--canary', '0'], { cwd: root })
    assert.equal(status, 1)
    assert.match(
      stdout,
      / {2}3 tenants \([1-3, ]+\): MIGRATION_REFUSED: .*\n {4}- things\.code: is to be unique, but .*: id=1, id=2; .*\nto try/,
    )
  })

  test('of what nobody foresaw the log has the reason', async (t) => {
    const root = await makeRoot(t)
    const options = { cwd: root }
    await callCommand(['migrate', 'catalog'], options)
    const config = await loadConfig(root, {})
    const kernel = await assembleKernel({ root, config, log: pino({ level: 'silent' }) })
    t.after(() => kernel.close())
    const { catalog } = kernel.engine
    await kernel.runMode(2, 'migrate')
    const [tenant] = await catalog.select<TenantIdentity>(
      'SELECT name, user, password AS secret FROM tenants WHERE id = 2',
    )
    assert.ok(tenant)
    const database = kernel.engine.tenant(tenant)
    await database.run('ALTER TABLE m3saas_migrations DROP COLUMN outcome')
    await database.close()
    const { status, stdout, stderr } = await runCommand(['migrate', '--all', '--canary', '0'], options)
    assert.equal(status, 1)
    assert.match(stdout, /1 tenant \(2\): INTERNAL: /)
    assert.match(stderr, /^m3saas: the migration of tenant 2 failed: .*column.*outcome/im)
  })
}

describe('what a command prints, on SQLite', () => suite())
await withMariaDb('what a command prints, on MariaDB', suite)
