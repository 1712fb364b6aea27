import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { before, describe, test } from 'node:test'
import { makeAppRoot } from '../modules/app-root.js'
import { databaseOn } from '../support/app.js'
import { callCommand, type Outcome } from '../support/command.js'
import { suiteEnding } from '../support/ending.js'
import { type SharedMariaDb, withMariaDb } from '../support/mariadb.js'
import { seedFiles } from '../support/seeds.js'

/** A shop with a main and a temporary seed, in two versions, and what it depends on. */
const shop = (version: number) => `import { defineModule, defineSeed, defineTable, varchar } from 'm3saas'
const goods = defineTable('goods', { columns: { name: varchar(50) } })
export const shop = defineModule({
  name: 'shop', version: ${version}, dependsOn: ['till@v1'], tables: [goods],
  seeds: [defineSeed(goods, { main: [{ id: 1, name: 'Bread' }], temporary: [{ name: 'Salt' }, { name: 'Oil' }] })],
})
`
const till = `import { defineModule } from 'm3saas'\nexport const till = defineModule({ name: 'till', version: 1 })\n`

function suite(server?: SharedMariaDb): void {
  const run = randomBytes(4).toString('hex')
  const [first, second, third] = ['a', 'b', 'c'].map((letter) => `cli_${letter}_${run}`) as [string, string, string]
  const ending = suiteEnding()
  let cwd: string
  const call = (line: string, more: { stdin?: string; cwd?: string; env?: Record<string, string> } = {}) =>
    callCommand(line.split(' '), { cwd, ...more })
  const says = (outcome: Outcome, stdout: string) =>
    assert.deepEqual(outcome, { status: 0, stdout: `${stdout}\n`, stderr: '' })
  const jsonOf = async (line: string) => {
    const { status, stdout, stderr } = await call(`${line} --json`)
    assert.deepEqual([status, stderr], [0, ''])
    assert.ok(stdout.endsWith('\n') && !stdout.trimEnd().includes('\n'), 'one line')
    return JSON.parse(stdout)
  }
  const refused = async (line: string, message: string, faults: readonly string[] = []) => {
    const stderr = [`m3saas: ${message}`, ...faults.map((fault) => `  - ${fault}`), ''].join('\n')
    assert.deepEqual(await call(line), { status: 1, stdout: '', stderr })
    const asJson = await call(`${line} --json`)
    assert.deepEqual([asJson.status, asJson.stdout], [1, ''])
    const problem = JSON.parse(asJson.stderr)
    assert.equal(problem.message, message)
    const listed = (problem.faults ?? []).map(
      (each: { path: string; message: string }) => `${each.path}: ${each.message}`,
    )
    assert.deepEqual(listed, faults)
    return problem.code
  }

  before(async () => {
    const tenant = { id: 1, name: first, user: first, password: 'plain' }
    const database = server ? { dbSalt: 'salt of the tests', tenants: { database: databaseOn(server) } } : {}
    cwd = await makeAppRoot(ending, {
      'config.json': JSON.stringify({ dbSalt: 'salt', ...database }),
      'plugins/shop/v1/shop.module.mjs': shop(1),
      'plugins/shop/v2/shop.module.mjs': shop(2),
      'plugins/till/v1/till.module.mjs': till,
      ...seedFiles({
        tenants: [tenant],
        modules: [{ id: 1, name: 'shop' }],
        subscriptions: [{ id: 1, tenant_id: 1, module_id: 1, version: 1 }],
      }),
    })
  })

  test('migrate catalog: says what it made, and that nothing was left to do', async () => {
    const { status, stdout, stderr } = await call('migrate catalog')
    assert.deepEqual([status, stderr], [0, ''])
    assert.match(stdout, /^\w+: migrated in \d+ ms\n {2}tenants: creates the table\n/)
    assert.match(stdout, /\n {2}seeds of tenants: 1 inserted\n/)
    const again = await jsonOf('migrate catalog')
    assert.deepEqual([again.mode, again.upToDate, again.steps], ['migrate', true, []])
  })

  test('tenant list', async () => {
    says(
      await call('tenant list'),
      [
        `id  name${' '.repeat(first.length - 4)}  user${' '.repeat(first.length - 4)}  state   subscriptions`,
        `1   ${first}  ${first}  active  shop@v1`,
      ].join('\n'),
    )
    const [tenant, ...others] = await jsonOf('tenant list')
    const rest = { perDayBackups: 1, maxBackups: 10, suspended: false }
    assert.deepEqual([tenant, others], [{ id: 1, name: first, user: first, ...rest, subscriptions: ['shop@v1'] }, []])
  })

  test('migrate, seed and deseed of a tenant', async () => {
    const made = await call('migrate 1')
    assert.deepEqual([made.status, made.stderr], [0, ''])
    assert.match(made.stdout, new RegExp(`^${first}: migrated in \\d+ ms\n {2}created the database ${first}\n`))
    assert.match(made.stdout, / {2}goods: creates the table\n {2}seeds of goods: 1 inserted\n$/)
    assert.match(
      (await call('migrate 1')).stdout,
      new RegExp(`^${first}: up to date in \\d+ ms\n {2}seeds of goods: 1 kept\n$`),
    )

    const goods = { table: 'goods', inserted: 0, updated: 0, deleted: 0, kept: 0, conflicts: [] }
    const seedsOf = async (line: string) => (await jsonOf(line)).seeds
    assert.deepEqual(await seedsOf('seed 1'), [{ ...goods, inserted: 2 }])
    assert.deepEqual(await seedsOf('deseed 1'), [{ ...goods, deleted: 2 }])
    assert.deepEqual(await seedsOf('deseed 1'), [goods])
    const forced = await jsonOf('migrate force 1')
    assert.deepEqual([forced.tenant, forced.mode, forced.database], [1, 'force', first])
    assert.deepEqual(forced.seeds, [{ ...goods, updated: 1 }])
  })

  test('tenant add: the next id, or the one that is asked for; the password comes by standard input', async () => {
    says(await call(`tenant add ${second}`), `added tenant 2, ${second}`)
    const options = '--id 40 --user cli_user --password-stdin --per-day-backups -1 --max-backups 3 --json'
    const added = await call(`tenant add ${third} ${options.replace('cli_user', `u_${run}`)}`, {
      stdin: 'a secret\nmore\n',
    })
    assert.deepEqual([added.status, added.stderr], [0, ''])
    assert.deepEqual(JSON.parse(added.stdout), { id: 40, name: third, user: `u_${run}` })
    const last = (await jsonOf('tenant list')).at(-1)
    assert.deepEqual([last.id, last.perDayBackups, last.maxBackups, last.subscriptions], [40, -1, 3, []])

    const none = await call('tenant add nobody --password-stdin', { stdin: '' })
    assert.deepEqual(none, { status: 1, stdout: '', stderr: 'm3saas: There is no password on standard input\n' })
  })

  test('tenant add refuses what is there or is no name, and adds nothing', async () => {
    const before = await jsonOf('tenant list')
    const same = `has the name of the row with the id 1 in the catalog`
    const code = await refused(`tenant add ${first} --id 1 --user other`, 'The catalog is left as it is', [
      'tenant.id: the tenant 1 is there already',
      `tenant.name: ${same}`,
    ])
    assert.equal(code, 'CATALOG_REFUSED')
    await refused('tenant add ../x --user x', 'The catalog is left as it is', [
      'tenant.name: must be a letter, then letters, digits or _, at most 64: it becomes the name of the database',
    ])
    assert.deepEqual(await jsonOf('tenant list'), before)
  })

  test('tenant subscribe and unsubscribe, the dependencies coming along', async () => {
    says(await call('tenant subscribe 2 shop@v2'), 'tenant 2 is subscribed to shop@v2')
    says(await call('tenant subscribe 2 shop@v2'), 'tenant 2 is already subscribed to shop@v2')
    const result = { tenant: 2, module: 'shop@v2' }
    assert.deepEqual(await jsonOf('tenant subscribe 2 shop@v2'), { ...result, subscribed: true, changed: false })
    assert.deepEqual((await jsonOf('tenant list'))[1].subscriptions, ['shop@v2'])
    assert.match(
      (await call('plan 2')).stdout,
      /^cli_\w+: to be migrated\n {2}goods: creates the table\n {6}CREATE TABLE /,
    )
    assert.deepEqual((await jsonOf('migrate 2')).steps, [
      { kind: 'createTable', table: 'goods', destructive: false, changes: ['creates the table'] },
    ])
    says(await call('plan 2'), `${second}: up to date`)
    const plan = await jsonOf('plan 2')
    assert.deepEqual([plan.tenant, plan.upToDate, plan.steps], [2, true, []])
    says(await call('tenant unsubscribe 2 shop@v2'), 'tenant 2 is unsubscribed from shop@v2')
    says(await call('tenant unsubscribe 2 shop@v2'), 'tenant 2 was not subscribed to shop@v2')
    assert.deepEqual(await jsonOf('tenant unsubscribe 2 shop@v2'), { ...result, unsubscribed: true, changed: false })
    assert.deepEqual((await jsonOf('tenant list'))[1].subscriptions, [])

    const missing = ['shop@v9: no plugin and no package provides shop@v9']
    await refused('tenant subscribe 2 shop@v9', 'The catalog is left as it is', missing)
    const nobody = ['tenant: there is no tenant with the id 77']
    await refused('tenant subscribe 77 shop@v1', 'The catalog is left as it is', nobody)
    await refused('tenant unsubscribe 77 shop@v1', 'The catalog is left as it is', nobody)
  })

  test('tenant suspend and resume: a suspended one is still migrated', async () => {
    says(await call('tenant suspend 2'), 'tenant 2 is suspended')
    says(await call('tenant suspend 2'), 'tenant 2 is already suspended')
    assert.deepEqual(await jsonOf('tenant suspend 2'), { tenant: 2, suspended: true, changed: false })
    const states = async () => (await call('tenant list')).stdout.split('\n').slice(1, 3)
    const [one, two] = await states()
    assert.match(`${one} | ${two}`, / active .* \| .* suspended$/)
    assert.deepEqual(
      (await jsonOf('tenant list')).map((tenant: { suspended: boolean }) => tenant.suspended),
      [false, true, false],
    )
    assert.equal((await call('migrate 2')).status, 0)
    says(await call('tenant resume 2'), 'tenant 2 is served again')
    says(await call('tenant resume 2'), 'tenant 2 was not suspended')
    assert.deepEqual(await jsonOf('tenant resume 2'), { tenant: 2, suspended: false, changed: false })
    for (const line of ['tenant suspend 77', 'tenant resume 77']) {
      assert.equal(await refused(line, 'There is no tenant 77'), 'TENANT_UNKNOWN')
    }
  })

  test('a tenant that is not there cannot be migrated', async () => {
    for (const line of ['migrate 77', 'seed 77', 'migrate deseed 77', 'plan 77', 'migrate down 77 --to 0']) {
      assert.equal(await refused(line, 'There is no tenant 77'), 'TENANT_UNKNOWN')
    }
  })

  test('module list and graph', async () => {
    const list = [
      'module   state   from',
      'shop@v1  loaded  plugins/shop/v1',
      'shop@v2  loaded  plugins/shop/v2',
      'till@v1  loaded  plugins/till/v1',
    ]
    says(await call('module list'), list.join('\n'))
    const { versions, faults } = await jsonOf('module list')
    assert.deepEqual(versions[0], { name: 'shop@v1', origin: 'plugins/shop/v1', state: 'loaded' })
    assert.deepEqual([versions.length, faults], [3, []])
    says(await call('module graph'), 'till@v1\nshop@v1 → till@v1\nshop@v2 → till@v1')
    assert.deepEqual(await jsonOf('module graph'), {
      order: [
        { name: 'till@v1', dependsOn: [] },
        { name: 'shop@v1', dependsOn: ['till@v1'] },
        { name: 'shop@v2', dependsOn: ['till@v1'] },
      ],
      faults: [],
    })
  })

  test('the app root is --root, else M3SAAS_ROOT, else the working directory', async (t) => {
    const empty = await makeAppRoot(t)
    const list = async (line: string, more: Parameters<typeof call>[1]) => (await call(line, more)).stdout
    assert.match(await list('module list', {}), /shop@v1/)
    assert.match(await list('module list', { cwd: '/', env: { M3SAAS_ROOT: cwd } }), /shop@v1/)
    assert.match(await list(`module list --root ${cwd}`, { cwd: '/', env: { M3SAAS_ROOT: empty } }), /shop@v1/)
    assert.equal(await list(`module list --root ${empty}`, { env: { M3SAAS_ROOT: cwd } }), 'no modules\n')
    assert.equal(await list('module list', { env: { M3SAAS_ROOT: empty } }), 'no modules\n')
  })
}

describe('m3saas on SQLite', () => suite())
await withMariaDb('m3saas on MariaDB', suite)

test('a database that is away: one message and status 1', async (t) => {
  const database = { host: '127.0.0.1', port: 1, database: 'gone', user: 'root', password: 'hush' }
  const cwd = await makeAppRoot(t, {
    'config.json': JSON.stringify({ dbSalt: 'salt of the tests', tenants: { database } }),
  })
  for (const line of ['tenant list', 'migrate catalog', 'module graph']) {
    const { status, stdout, stderr } = await callCommand(line.split(' '), { cwd })
    assert.deepEqual([status, stdout, stderr], [1, '', 'm3saas: The database cannot be reached; try again\n'], line)
  }
})
