import assert from 'node:assert/strict'
import { readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import type { TakenBackup } from '../../../kernel/migrations/take-backup.js'
import { type SharedMariaDb, withMariaDb } from '../../support/mariadb.js'
import { type BackupKernel, BackupRoot } from './backup-root.js'
import { laterKernel } from './later-kernel.js'

const PLUGIN = 'plugins/shop/v1/shop.module.mjs'

describe('backups before migrations on SQLite', () => suite(undefined))
await withMariaDb('backups before migrations on MariaDB', (server) => suite(server))

function suite(server: SharedMariaDb | undefined): void {
  /** Tenants whose wares have a size, and a kernel of code that knows none any more. */
  const narrowed = async (t: TestContext, config: object = {}) => {
    const root = await BackupRoot.make(t, { server, config })
    const kernel = await root.kernel()
    await kernel.use(1, (database) => database.run("INSERT INTO wares (name, size) VALUES ('cap', 42)"))
    const without = await BackupRoot.make(t, { server, columns: 'colour: varchar(9).default("red")' })
    await writeFile(path.join(root.root, PLUGIN), await readFile(path.join(without.root, PLUGIN)))
    return laterKernel(t, root)
  }
  const sizes = (kernel: BackupKernel, id = 1) =>
    kernel.use(id, (database) => database.select<{ size: number }>('SELECT size FROM wares ORDER BY id'))
  const SIZES = [{ size: 1 }, { size: 42 }]

  test('a column that a migration dropped is there again after the backup that it names is restored', async (t) => {
    const kernel = await narrowed(t)
    assert.deepEqual(await kernel.backups.list(), [], 'what loses nothing is not backed up')
    const plan = await kernel.kernel.plan(1)
    assert.equal(plan.backsUp, true)
    const { backup } = await kernel.kernel.runMode(1, 'migrate')
    const { name, bytes, rows } = taken(backup)
    assert.match(name, /Z\.migration\.backup\.gz$/)
    await assert.rejects(sizes(kernel), 'the column is gone')
    const [summary] = await kernel.backups.list(1)
    assert.deepEqual([summary?.name, summary?.bytes, summary?.rows], [name, bytes, rows])
    const [entry] = await kernel.backups.history(1, 1)
    assert.deepEqual([entry?.action, entry?.reason, entry?.name], ['backup', 'migration', name])
    await kernel.restore({ at: name })
    assert.deepEqual(await sizes(kernel), SIZES)
  })

  test('a server that migrates by itself, at a call of the tenant, backs it up as well', async (t) => {
    const kernel = await narrowed(t)
    await kernel.kernel.registry.build(1)
    await assert.rejects(sizes(kernel), 'the column is gone')
    const [summary] = await kernel.backups.list(1)
    assert.equal(summary?.beforeMigration, true)
    // Whom this code serves it migrates again at once: the values are looked at beside, where no module is loaded.
    const beside = { newTenant: `n_${kernel.root.run}` }
    const { target } = await kernel.restore({ at: String(summary?.name), as: beside, subscriptions: 'none' })
    assert.deepEqual(await sizes(kernel, Number(target)), SIZES)
  })

  test('all tenants at once tell of a backup each', async (t) => {
    const kernel = await narrowed(t)
    const names: string[] = []
    for await (const event of kernel.kernel.migrateAll({}, new AbortController().signal)) {
      if (event.event === 'tenant') names.push(taken(event.report?.backup).name)
    }
    assert.deepEqual(names.sort(), (await kernel.backups.list()).map(({ name }) => name).sort())
    assert.equal(names.length, 2)
  })

  test('where no backup can be written nothing is migrated; by "allow" it is', async (t) => {
    const kernel = await narrowed(t)
    const folder = path.join(kernel.root.root, 'backups')
    await writeFile(folder, 'a file where the folder should be')
    await assert.rejects(kernel.kernel.runMode(1, 'migrate'), {
      code: 'MIGRATION_REFUSED',
      message: /could not be backed up before; nothing of the tables was changed/,
    })
    assert.deepEqual(await sizes(kernel), SIZES)
    await rm(folder)
    const migrations = { ...kernel.kernel.config.migrations, destructive: 'allow' }
    const allowing = await kernel.root.bare({ migrations })
    const report = await allowing.kernel.runMode(1, 'migrate')
    assert.deepEqual([report.backup, await kernel.root.files()], [undefined, []])
    await assert.rejects(sizes(kernel), 'the column is gone')
  })

  test('pruning backs the database up too: a table that it dropped is there again', async (t) => {
    const root = await BackupRoot.make(t, { server })
    const kernel = await root.kernel()
    await kernel.kernel.catalogChanges.unsubscribe(1, { name: 'shop', version: 1 })
    assert.deepEqual((await kernel.kernel.prune(1, false)).backup, undefined)
    const { backup, tables } = await kernel.kernel.prune(1, true)
    assert.ok(tables.some(({ name, rows }) => name === 'wares' && rows === 1))
    await assert.rejects(kernel.wares(1), 'the table is gone')
    await kernel.restore({ at: taken(backup).name })
    assert.deepEqual(await kernel.wares(1), ['hat'])
  })

  test('an ordinary backup of the day leaves the one before a migration where it is', async (t) => {
    const kernel = await narrowed(t)
    const { backup } = await kernel.kernel.runMode(1, 'migrate')
    for (let i = 0; i < 2; i++) await kernel.create(1)
    const names = (await kernel.backups.list(1)).map(({ name }) => name)
    assert.equal(names.length, 2)
    assert.ok(names.includes(taken(backup).name))
  })
}

function taken(backup: TakenBackup | undefined): TakenBackup {
  assert.ok(backup, 'a backup is told of')
  return backup
}
