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

function pendingSuite(server?: SharedMariaDb): void {
  test('without autoMigration a tenant is served as it is, and what is pending is told without being run', async (t) => {
    const name = `pending_${randomBytes(4).toString('hex')}`
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
    const generated = [/^generated\/[0-9a-f]{64}$/]
    const pendingIs = async (target: 'catalog' | 1, expected: readonly RegExp[]) => {
      const { pending } = await kernel.pending(target)
      assert.equal(pending.length, expected.length, pending.join())
      for (const [i, pattern] of expected.entries()) assert.match(pending[i] ?? '', pattern)
    }

    await pendingIs('catalog', generated)
    await assert.rejects(kernel.prepareCatalog(), { code: 'DATABASE_UNAVAILABLE' }, 'it was looked at, not made')
    await kernel.runMode('catalog', 'migrate')
    await pendingIs('catalog', [])

    await pendingIs(1, generated)
    assert.deepEqual(
      (await kernel.routesOf(1)).map(({ path }) => path),
      ['/1/shop/v1'],
    )
    await pendingIs(1, generated)
    await kernel.runMode(1, 'migrate')
    assert.deepEqual(await kernel.pending(1), { tenant: 1, database: name, pending: [] })
    await assert.rejects(kernel.pending(2), { code: 'TENANT_UNKNOWN' })
  })
}

describe('what is pending, on SQLite', () => pendingSuite())
await withMariaDb('what is pending, on MariaDB', pendingSuite)
