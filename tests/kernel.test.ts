import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { Writable } from 'node:stream'
import { describe, type TestContext, test } from 'node:test'
import { pino } from 'pino'
import { parseConfig } from '../kernel/config/load-config.js'
import { assembleKernel } from '../kernel/kernel.js'
import { makeAppRoot, moduleSource } from './modules/app-root.js'
import { databaseOn } from './support/app.js'
import { type SharedMariaDb, withMariaDb } from './support/mariadb.js'
import { seedFiles } from './support/seeds.js'

/** What is logged while a kernel is put together. */
async function logOf(t: TestContext, config: object): Promise<string> {
  let text = ''
  const sink = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk)
      done()
    },
  })
  const root = await makeAppRoot(t)
  const kernel = await assembleKernel({ root, config: parseConfig(config, {}, 'the test'), log: pino(sink) })
  await kernel.close()
  return text
}

test('a configuration without a salt works on MySQL as it did in the original, with a warning', async (t) => {
  const tenants = { database: { host: 'nowhere.invalid', database: 'm3', user: 'root', password: 'p' } }
  assert.match(await logOf(t, { tenants }), /"level":40.*"msg":"dbSalt is empty: /)
  assert.equal(await logOf(t, { tenants, dbSalt: 'salt' }), '')
  assert.equal(await logOf(t, {}), '', 'on SQLite there are no database users')
})

function planSuite(server?: SharedMariaDb): void {
  test('without autoMigration a tenant is served as it is, and a plan tells what there is to do without doing it', async (t) => {
    const name = `plan_${randomBytes(4).toString('hex')}`
    const things = `tables: [defineTable('things', { columns: { name: varchar(20) } })]`
    const root = await makeAppRoot(t, {
      'plugins/shop/v1/shop.module.mjs': moduleSource(
        'shop',
        1,
        `${things}, routes(app) { app.get('/', () => 'served') }`,
      ),
      ...seedFiles({
        tenants: [{ id: 1, name, user: name, password: 'p' }],
        modules: [{ id: 1, name: 'shop' }],
        subscriptions: [{ id: 1, tenant_id: 1, module_id: 1 }],
      }),
    })
    const given = {
      dbSalt: 'salt',
      autoMigration: false,
      ...(server ? { tenants: { database: databaseOn(server) } } : {}),
    }
    const config = parseConfig(given, {}, 'the test')
    const kernel = await assembleKernel({ root, config, log: pino({ level: 'silent' }) })
    t.after(() => kernel.close())
    const planIs = async (target: 'catalog' | 1, expected: readonly string[]) => {
      const { upToDate, steps } = await kernel.plan(target)
      assert.deepEqual(
        steps.map(({ kind, table }) => `${kind} ${table}`),
        expected,
      )
      assert.equal(upToDate, expected.length === 0)
      assert.ok(steps.every(({ sql, destructive }) => sql.length > 0 && !destructive))
    }
    const catalogTables = ['tenants', 'modules', 'modules_dependencies', 'subscriptions', 'cronjobs'].map(
      (table) => `createTable ${table}`,
    )
    const tables = ['createTable things']

    await planIs('catalog', catalogTables)
    await assert.rejects(kernel.prepareCatalog(), { code: 'DATABASE_UNAVAILABLE' }, 'it was looked at, not made')
    await kernel.runMode('catalog', 'migrate')
    await planIs('catalog', [])

    await planIs(1, tables)
    assert.deepEqual(
      (await kernel.routesOf(1)).map(({ path }) => path),
      ['/1/shop/v1'],
    )
    await planIs(1, tables)
    await kernel.runMode(1, 'migrate')
    await planIs(1, [])
    const { tenant, database, written, refusals, drift } = await kernel.plan(1)
    assert.deepEqual([tenant, database, written, refusals, drift], [1, name, [], [], []])
    await assert.rejects(kernel.plan(2), { code: 'TENANT_UNKNOWN' })
  })
}

describe('plans on SQLite', () => planSuite())
await withMariaDb('plans on MariaDB', planSuite)
