import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, test } from 'node:test'
import { makeAppRoot } from '../modules/app-root.js'
import { databaseOn, startApp } from '../support/app.js'
import { clientOf } from '../support/client.js'
import { callCommand, runCommand } from '../support/command.js'
import { type SharedMariaDb, withMariaDb } from '../support/mariadb.js'
import { seedFiles } from '../support/seeds.js'

const imports = "import { defineModule, defineSeed, defineTable, int, varchar } from 'm3saas'\n"
const shop = (columns: string) => `${imports}
const wares = defineTable('wares', { columns: { ${columns} } })
export const shop = defineModule({ name: 'shop', version: 1, tables: [wares], seeds: [defineSeed(wares, { main: [{ id: 1, name: 'hat' }] })] })
`
const games = `${imports}
const scores = defineTable('scores', { columns: { points: int() } })
export const games = defineModule({ name: 'games', version: 1, tables: [scores] })
`

function suite(server?: SharedMariaDb): void {
  test('m3saas prune tells what it would drop and drops it with --yes; the routes do the same', async (t) => {
    const name = `prune_${randomBytes(4).toString('hex')}`
    const config = {
      dbSalt: 'salt of the tests',
      http: { port: 0 },
      ...(server ? { tenants: { database: databaseOn(server) } } : {}),
    }
    const root = await makeAppRoot(t, {
      'config.json': JSON.stringify(config),
      'plugins/shop/v1/shop.module.mjs': shop('name: varchar(20), size: int().default(1)'),
      'plugins/games/v1/games.module.mjs': games,
      ...seedFiles({
        tenants: [{ id: 1, name, user: name, password: 'plain' }],
        modules: [
          { id: 1, name: 'shop' },
          { id: 2, name: 'games' },
        ],
        subscriptions: [
          { id: 1, tenant_id: 1, module_id: 1, version: 1 },
          { id: 2, tenant_id: 1, module_id: 2, version: 1 },
        ],
      }),
    })
    const call = async (line: string) => callCommand(line.split(' '), { cwd: root })
    const jsonOf = async (line: string) => JSON.parse((await call(`${line} --json`)).stdout)
    const nothing = { status: 0, stdout: `${name}: nothing to prune\n`, stderr: '' }
    // In processes of their own: this one is to know the later form of the module alone.
    const callAside = (line: string) => runCommand(line.split(' '), { cwd: root })
    assert.deepEqual(await callAside('prune 1'), nothing, 'there is no database yet')
    assert.equal((await callAside('migrate 1')).status, 0)
    assert.deepEqual(await callAside('prune 1 --yes'), nothing)

    // A column goes, after a backup, and so does a subscription.
    await writeFile(path.join(root, 'plugins/shop/v1/shop.module.mjs'), shop('name: varchar(20)'))
    await call('tenant unsubscribe 1 games@v1')
    const { backup } = await jsonOf('migrate 1')
    assert.match(backup.name, /\.migration\.backup\.gz$/)
    // Pruning is on purpose: this does not hinder it.
    const refusing = { ...config, migrations: { destructive: 'refuse' } }
    await writeFile(path.join(root, 'config.json'), JSON.stringify(refusing))

    const listed = await call('prune 1')
    assert.deepEqual([listed.status, listed.stderr], [0, ''])
    const [heading, table, advice, ...more] = listed.stdout.split('\n')
    assert.deepEqual(
      [heading, table, advice, more],
      [
        `${name}: can be pruned`,
        '  the table scores, 0 rows, of games@v1, which is not loaded',
        'nothing was changed; to drop it: m3saas prune 1 --yes',
        [''],
      ],
    )

    const app = await startApp({ root, config: refusing })
    t.after(() => app.close())
    const { token } = app
    const ask = clientOf(app.url)
    const looked = await ask('GET', '/1/migrate/prune', { token })
    const { tenant, pruned, tables } = looked.body as Awaited<ReturnType<typeof jsonOf>>
    assert.deepEqual(
      [looked.status, tenant, pruned, tables],
      [200, 1, false, [{ name: 'scores', kind: 'table', modules: ['games@v1'], rows: 0 }]],
    )
    assert.equal((await ask('POST', '/9/migrate/prune', { token })).status, 404)
    assert.equal((await ask('POST', '/migrate/prune', { token })).status, 200)

    const done = await call('prune 1 --yes')
    assert.equal(done.stdout, `${name}: pruned\n  the table scores, 0 rows, of games@v1, which is not loaded\n`)
    assert.deepEqual(await call('prune 1'), nothing)
    const { upToDate, drift } = await jsonOf('plan 1')
    assert.deepEqual([upToDate, drift], [true, []])
    const { database, ...ofCatalog } = await jsonOf('prune catalog --yes')
    assert.deepEqual(ofCatalog, { pruned: true, tables: [], kept: [] })
    assert.equal(typeof database, 'string')
    const unknown = await call('prune 9')
    assert.deepEqual([unknown.status, unknown.stderr], [1, 'm3saas: There is no tenant 9\n'])

    // A module that cannot be loaded is no module that is not wanted: nothing of it is pruned.
    await rm(path.join(root, 'plugins/shop'), { recursive: true })
    assert.equal((await call('prune 1 --yes')).status, 1)
  })
}

describe('pruning on SQLite', () => suite())
await withMariaDb('pruning on MariaDB', suite)
