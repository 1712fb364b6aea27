import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { makeAppRoot } from '../modules/app-root.js'
import { databaseOn, startApp } from '../support/app.js'
import { clientOf } from '../support/client.js'
import { callCommand } from '../support/command.js'
import { type SharedMariaDb, withMariaDb } from '../support/mariadb.js'
import { seedFiles } from '../support/seeds.js'

const shop = `import { defineMigration, defineModule } from 'm3saas'
const make = (name, down) => defineMigration({ name, up: ({ execute }) => execute('CREATE TABLE ' + name + ' (id INT)'), ...down })
const drop = (name) => ({ down: ({ execute }) => execute('DROP TABLE ' + name) })
export const shop = defineModule({ name: 'shop', version: 1, migrations: [make('first'), make('second', drop('second')), make('third', drop('third'))] })
`

function suite(server?: SharedMariaDb): void {
  test('m3saas migrate down and its route revert, refuse with the reasons, and leave what was reverted to be migrated', async (t) => {
    const name = `down_${randomBytes(4).toString('hex')}`
    const config = {
      dbSalt: 'salt of the tests',
      http: { port: 0 },
      ...(server ? { tenants: { database: databaseOn(server) } } : {}),
    }
    const root = await makeAppRoot(t, {
      'config.json': JSON.stringify(config),
      'plugins/shop/v1/shop.module.mjs': shop,
      ...seedFiles({
        tenants: [{ id: 1, name, user: name, password: 'plain' }],
        modules: [{ id: 1, name: 'shop' }],
        subscriptions: [{ id: 1, tenant_id: 1, module_id: 1, version: 1 }],
      }),
    })
    const call = async (line: string) => callCommand(line.split(' '), { cwd: root })
    const jsonOf = async (line: string) => JSON.parse((await call(`${line} --json`)).stdout)
    assert.equal((await jsonOf('migrate 1')).written.length, 3)

    const refusal = [
      'm3saas: The migrations cannot be reverted; nothing was changed',
      '  - shop@v1/first: has no down: what it did cannot be reverted\n',
    ].join('\n')
    assert.deepEqual(await call('migrate down 1 --to 0'), { status: 1, stdout: '', stderr: refusal })
    const reverted = await call('migrate down 1 --to shop@v1/third')
    assert.deepEqual([reverted.status, reverted.stderr], [0, ''])
    assert.match(reverted.stdout, new RegExp(`^${name}: reverted in \\d+ ms\n {2}shop@v1/third\n$`))
    const plan = await call('plan 1')
    assert.equal(plan.stdout, `${name}: to be migrated\n  shop@v1/third runs, written by hand\n`)
    assert.deepEqual((await jsonOf('plan 1')).written, ['shop@v1/third'])
    assert.deepEqual((await jsonOf('migrate 1')).written, ['shop@v1/third'])
    const { tenant, database, reverted: names } = await jsonOf('migrate down --to shop@v1/second 1')
    assert.deepEqual([tenant, database, names], [1, name, ['shop@v1/third', 'shop@v1/second']])
    assert.equal((await call('migrate down catalog --to 0')).status, 0)

    const app = await startApp({ root, config })
    t.after(() => app.close())
    const ask = clientOf(app.url)
    const { token } = app
    const refused = await ask('POST', '/1/migrate/down?to=shop@v1/first', { token })
    const problem = refused.body as { code: string; errors: object[] }
    assert.deepEqual([refused.status, problem.code, problem.errors.length], [422, 'MIGRATION_REFUSED', 1])
    await ask('POST', '/1/migrate', { token })
    const done = await ask('POST', '/1/migrate/down?to=shop@v1/third', { token })
    assert.deepEqual([done.status, (done.body as { reverted: string[] }).reverted], [200, ['shop@v1/third']])
    const planned = await ask('GET', '/1/migrate/plan', { token })
    assert.deepEqual([planned.status, (planned.body as { written: string[] }).written], [200, ['shop@v1/third']])
    assert.equal((await ask('POST', '/9/migrate/down?to=0', { token })).status, 404)
  })
}

describe('reverting on SQLite', () => suite())
await withMariaDb('reverting on MariaDB', suite)
