import assert from 'node:assert/strict'
import { readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { startServer } from '../../../kernel/server.js'
import { type SharedMariaDb, withMariaDb } from '../../support/mariadb.js'
import { rootQuery } from '../../support/root-query.js'
import { until } from '../../support/until.js'
import { type BackupKernel, BackupRoot } from './backup-root.js'
import { laterKernel } from './later-kernel.js'

describe('restores on SQLite', () => suite(undefined))
await withMariaDb('restores on MariaDB', (server) => suite(server))

function suite(server: SharedMariaDb | undefined): void {
  const made = async (t: TestContext, columns?: string) => {
    const root = await BackupRoot.make(t, { server, ...(columns === undefined ? {} : { columns }) })
    return { root, kernel: await root.kernel() }
  }

  test('the latest, the latest of a date, or one by its name; the history tells of it', async (t) => {
    const { kernel, root } = await made(t)
    await kernel.kernel.engine.catalog.run('UPDATE tenants SET per_day_backups = 0')
    const first = await kernel.create(1)
    await kernel.put(1, 'cap')
    const second = await kernel.create(1)
    await kernel.put(1, 'scarf')
    const report = await kernel.restore()
    assert.deepEqual(
      [report.target, report.database, report.name, report.of, report.dryRun, report.added, report.warnings],
      [1, root.name(1), second.name, root.name(1), false, false, []],
    )
    assert.deepEqual([report.rows, await kernel.wares(1)], [second.rows, ['hat', 'cap']])
    await kernel.restore({ at: first.name })
    assert.deepEqual(await kernel.wares(1), ['hat'])
    await kernel.restore({ at: second.taken.slice(0, 10) })
    assert.deepEqual(await kernel.wares(1), ['hat', 'cap'])
    const [entry] = await kernel.backups.history(1, 1)
    assert.deepEqual([entry?.action, entry?.name, entry?.rows], ['restore', second.name, second.rows])
    const none = { code: 'BACKUP_UNKNOWN', message: new RegExp(`no backup of 2020-01-01: there are ${second.name}`) }
    await assert.rejects(kernel.restore({ at: '2020-01-01' }), none)
    await assert.rejects(kernel.restore({ from: 2 }), { code: 'BACKUP_UNKNOWN', message: /there is none/ })
    await kernel.put(1, 'after')
    assert.deepEqual(await kernel.wares(1), ['hat', 'cap', 'after'], 'its counters go on')
  })

  test('a dry run loads and checks, and changes nothing', async (t) => {
    const { kernel, root } = await made(t)
    const { name } = await kernel.create(1)
    await kernel.put(1, 'cap')
    const before = await kernel.backups.history(undefined, 9)
    const report = await kernel.restore({ dryRun: true })
    assert.deepEqual([report.name, report.dryRun, report.warnings], [name, true, []])
    const planned = await kernel.restore({ dryRun: true, as: { newTenant: `n_${root.run}` } })
    assert.deepEqual([planned.database, planned.added, planned.subscriptions], [`n_${root.run}`, false, ['shop@v1']])
    assert.deepEqual(await kernel.wares(1), ['hat', 'cap'])
    assert.equal((await kernel.kernel.listTenants(9)).length, 2)
    assert.deepEqual(await kernel.backups.history(undefined, 9), before)
  })

  test('a damaged file leaves everything as it was, however it is damaged', async (t) => {
    const { kernel, root } = await made(t)
    const { name } = await kernel.create(1)
    await kernel.put(1, 'cap')
    const file = path.join(root.root, 'backups', name)
    const whole = await readFile(file)
    const turned = Buffer.from(whole)
    const middle = whole.length >> 1
    turned[middle] = (turned[middle] ?? 0) ^ 0xff
    for (const damaged of [turned, whole.subarray(0, whole.length - 9), whole.subarray(0, 40), Buffer.alloc(0)]) {
      await writeFile(file, damaged)
      await assert.rejects(kernel.restore(), { code: 'BACKUP_INVALID' })
      await assert.rejects(kernel.restore({ dryRun: true }), { code: 'BACKUP_INVALID' })
      assert.deepEqual(await kernel.wares(1), ['hat', 'cap'])
    }
    await writeFile(file, whole)
    await kernel.restore()
    assert.deepEqual(await kernel.wares(1), ['hat'])
  })

  test('a backup of another database is refused unless it is asked for', async (t) => {
    const { kernel, root } = await made(t)
    await kernel.put(1, 'cap')
    const { name } = await kernel.create(1)
    const catalog = await kernel.create('catalog')
    const folder = path.join(root.root, 'backups')
    await rename(path.join(folder, name), path.join(folder, name.replace(root.name(1), root.name(2))))
    const foreign = { code: 'RESTORE_REFUSED', message: /of the tenant 1, .*not of the tenant 2.*--as 2/ }
    await assert.rejects(kernel.restore({ from: 2 }), foreign)
    assert.deepEqual(await kernel.wares(2), ['hat'])
    await rename(
      path.join(folder, catalog.name),
      path.join(folder, catalog.name.replace(catalog.database, root.name(1))),
    )
    await assert.rejects(kernel.restore(), {
      code: 'RESTORE_REFUSED',
      message: /is of the catalog, not of the tenant 1/,
    })
    await assert.rejects(kernel.restore({ as: 2 }), { code: 'RESTORE_REFUSED', message: /nowhere but to the catalog/ })
    const report = await kernel.restore({ from: 2, as: 2 })
    assert.deepEqual([report.target, report.of, await kernel.wares(2)], [2, root.name(1), ['hat', 'cap']])
  })

  test('into a new tenant: its own row, subscriptions as asked, seeds that stay its own', async (t) => {
    const { kernel, root } = await made(t)
    await kernel.kernel.runMode(1, 'seed')
    await kernel.put(1, 'cap')
    await kernel.create(1)
    const name = `n_${root.run}`
    const report = await kernel.restore({ as: { newTenant: name } })
    assert.deepEqual([report.added, report.database, report.subscriptions], [true, name, ['shop@v1']])
    const id = report.target as number
    assert.deepEqual(await kernel.wares(id), ['hat', 'try me', 'cap'])
    const [row] = (await kernel.kernel.listTenants(9)).filter((tenant) => tenant.id === id)
    assert.deepEqual([row?.name, row?.user, row?.subscriptions], [name, name, ['shop@v1']])
    const migrated = await kernel.kernel.runMode(id, 'migrate')
    assert.deepEqual([migrated.upToDate, migrated.provisioned], [true, []])
    await kernel.kernel.runMode(id, 'deseed')
    assert.deepEqual(
      [await kernel.wares(id), await kernel.wares(1)],
      [
        ['hat', 'cap'],
        ['hat', 'try me', 'cap'],
      ],
    )
    await kernel.put(id, 'of its own')
    assert.equal((await kernel.wares(1)).length, 3)
    const none = await kernel.restore({ as: { newTenant: `o_${root.run}` }, subscriptions: 'none' })
    assert.deepEqual([none.subscriptions, (await kernel.kernel.listTenants(9)).at(-1)?.subscriptions], [[], []])
    for (const taken of [name, 'mysql_', '1x'].slice(0, 1)) {
      await assert.rejects(kernel.restore({ as: { newTenant: taken } }), { code: 'CATALOG_REFUSED' })
    }
  })

  test('a new tenant for which nothing comes of it is gone again, and a database that is there stays', async (t) => {
    const { kernel, root } = await made(t)
    const { name } = await kernel.create(1)
    const file = path.join(root.root, 'backups', name)
    const whole = await readFile(file)
    const newTenant = `n_${root.run}`
    const before = await kernel.kernel.listTenants(9)
    await writeFile(file, whole.subarray(0, whole.length - 9))
    await assert.rejects(kernel.restore({ as: { newTenant } }), { code: 'BACKUP_INVALID' })
    const { engine } = kernel.kernel
    assert.deepEqual(await kernel.kernel.listTenants(9), before)
    assert.equal(await engine.exists({ name: newTenant, user: newTenant, secret: '' }), false)
    if (server) {
      const users = await rootQuery(server)(`SELECT User FROM mysql.user WHERE User = '${newTenant}'`)
      assert.deepEqual(users, [])
    }
    await writeFile(file, whole)
    const id = await kernel.kernel.catalogChanges.add({ name: newTenant, user: newTenant })
    await kernel.kernel.runMode(id, 'migrate')
    await kernel.kernel.catalogChanges.remove(id)
    const refused = { code: 'RESTORE_REFUSED', message: /There is a database .* already/ }
    await assert.rejects(kernel.restore({ as: { newTenant } }), refused)
    assert.equal(await engine.exists({ name: newTenant, user: newTenant, secret: '' }), true)
    assert.deepEqual(await kernel.kernel.listTenants(9), before)
  })

  test('a file from elsewhere becomes a tenant here', async (t) => {
    const { kernel, root } = await made(t)
    await kernel.put(1, 'cap')
    const { name } = await kernel.create(1)
    const folder = path.join(root.root, 'backups')
    await rename(path.join(folder, name), path.join(folder, name.replace(root.name(1), 'elsewhere')))
    const from = { database: 'elsewhere' }
    await assert.rejects(kernel.restore({ from }), { code: 'RESTORE_REFUSED', message: /say whose it is to be/ })
    const report = await kernel.restore({ from, as: { newTenant: `n_${root.run}` } })
    assert.deepEqual([report.subscriptions, await kernel.wares(report.target as number)], [[], ['hat', 'cap']])
  })

  test('a database that was lost is there again', async (t) => {
    const { kernel, root } = await made(t)
    await kernel.put(1, 'cap')
    await kernel.create(1)
    await kernel.kernel.engine.remove({ name: root.name(1), user: root.name(1), secret: '' })
    await kernel.restore()
    assert.deepEqual(await kernel.wares(1), ['hat', 'cap'])
  })

  test('one of an older schema is migrated forward when the tenant is next needed', async (t) => {
    const { kernel, root } = await made(t)
    await kernel.put(1, 'cap')
    await kernel.create(1)
    const newer = await BackupRoot.make(t, {
      server,
      columns: 'size: int().default(1), colour: varchar(9).default("red")',
    })
    const plugin = 'plugins/shop/v1/shop.module.mjs'
    await writeFile(path.join(root.root, plugin), await readFile(path.join(newer.root, plugin)))
    const later = await laterKernel(t, root)
    await later.kernel.runMode(1, 'migrate')
    const colours = (target: BackupKernel) => target.use(1, (database) => database.select('SELECT colour FROM wares'))
    assert.equal((await colours(later)).length, 2)
    await later.restore()
    await assert.rejects(colours(later), 'the schema is that of the backup')
    await later.kernel.registry.build(1)
    assert.deepEqual(await colours(later), [{ colour: 'red' }, { colour: 'red' }])
  })

  test('while requests come they are answered by the old or the new, or told to come again', async (t) => {
    const { kernel, root } = await made(t)
    for (let i = 0; i < 5; i++) await kernel.put(1, `old ${i}`)
    await kernel.create(1)
    await kernel.use(1, (database) => database.run('DELETE FROM wares WHERE id > 1'))
    await kernel.put(1, 'fresh')
    const [old, fresh] = [
      ['hat', 'old 0', 'old 1', 'old 2', 'old 3', 'old 4'],
      ['hat', 'fresh'],
    ]
    const servers = [await startServer((await root.bare()).kernel), await startServer((await root.bare()).kernel)]
    t.after(async () => {
      for (const each of servers) await each.close()
    })
    const seen = new Map<string, number>()
    let isOver = false
    const ask = async (url: string) => {
      while (!isOver) {
        const answer = await fetch(`${url}/1/shop/v1/wares`)
        const body = (await answer.json()) as { one: string[]; two: string[] }
        const key = answer.status === 200 ? JSON.stringify([body.one, body.two]) : String(answer.status)
        if (answer.status !== 200)
          assert.ok(answer.headers.get('retry-after'), `${answer.status} says when to come again`)
        seen.set(key, (seen.get(key) ?? 0) + 1)
      }
    }
    const readers = servers.flatMap(({ url }) => [ask(url), ask(url)])
    const [before, after] = [fresh, old].map((names) => JSON.stringify([names, [...names].sort()]))
    await until(() => (seen.get(before ?? '') ?? 0) > 20, 'the database of before is read')
    await kernel.restore()
    await until(() => (seen.get(after ?? '') ?? 0) > 20, 'the restored one is read, by other processes too', 20)
    isOver = true
    await Promise.all(readers)
    assert.deepEqual(
      [...seen.keys()].filter((key) => ![before, after, '503'].includes(key)),
      [],
    )
  })

  test('the catalog comes back to the catalog', async (t) => {
    const { kernel, root } = await made(t)
    await kernel.create('catalog')
    await kernel.kernel.catalogChanges.add({ name: `n_${root.run}`, user: `n_${root.run}` })
    const report = await kernel.restore({ from: 'catalog' })
    assert.equal(report.target, 'catalog')
    assert.equal((await kernel.kernel.listTenants(9)).length, 2)
    assert.deepEqual(await kernel.wares(1), ['hat'])
  })

  test('one that is called off, or comes while the database is in work, leaves it as it was', async (t) => {
    const { kernel } = await made(t)
    await kernel.create(1)
    await kernel.put(1, 'cap')
    const ended = new AbortController()
    const running = kernel.backups.restore({ from: 1 }, { signal: ended.signal })
    ended.abort(new Error('no more'))
    await assert.rejects(running)
    assert.deepEqual(await kernel.wares(1), ['hat', 'cap'])
    await kernel.restore()
    assert.deepEqual(await kernel.wares(1), ['hat'])
  })
}
