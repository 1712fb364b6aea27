import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { M3Error } from '../../../kernel/errors.js'
import { gate } from '../../support/gate.js'
import { type SharedMariaDb, withMariaDb } from '../../support/mariadb.js'
import { rootQuery } from '../../support/root-query.js'
import { type BackupKernel, BackupRoot, never } from './backup-root.js'

describe('what goes wrong around backups, on SQLite', () => suite(undefined))
await withMariaDb('what goes wrong around backups, on MariaDB', (server) => suite(server))

function suite(server: SharedMariaDb | undefined): void {
  const made = async (t: TestContext) => {
    const root = await BackupRoot.make(t, { server })
    return { root, kernel: await root.kernel() }
  }
  const identity = (name: string) => ({ name, user: name, secret: '' })

  test('whoever waits for a lock can be called off; the next gets it', async (t) => {
    const { kernel } = await made(t)
    const { name } = await kernel.create(1)
    const { opened: held, open: hold } = gate()
    const { opened: freed, open: free } = gate()
    const holding = kernel.use(1, (database) =>
      database.locked(1, async () => {
        hold()
        await freed
      }),
    )
    await held
    const ended = new AbortController()
    const waiting = [
      kernel.backups.restore({ from: 1 }, { signal: ended.signal }),
      kernel.backups.create(1, { reason: 'manual', signal: ended.signal }),
    ]
    ended.abort(new Error('no more'))
    const settled = await Promise.allSettled(waiting)
    const patient = kernel.restore({ at: name })
    free()
    await Promise.all([holding, patient])
    assert.deepEqual(
      settled.map((each) => each.status === 'rejected' && each.reason.message),
      ['no more', 'no more'],
    )
    const errors = (await kernel.backups.history(1, 9)).flatMap(({ error }) => error ?? [])
    assert.deepEqual(errors, ['it was called off', 'it was called off'])
  })

  test('two restores of one database come one after the other', async (t) => {
    const { kernel, root } = await made(t)
    await kernel.create(1)
    await kernel.put(1, 'cap')
    await Promise.all([kernel.restore(), (await root.bare()).restore()])
    assert.deepEqual(await kernel.wares(1), ['hat'])
  })

  test('called off, or ended with its process, while it loads, it leaves nothing', async (t) => {
    const { kernel, root } = await made(t)
    await kernel.use(1, async (database) => {
      for (let i = 0; i < 8; i++) {
        const texts = Array.from({ length: 400 }, () => randomBytes(18).toString('base64'))
        await database.run(`INSERT INTO wares (name) VALUES ${texts.map(() => '(?)').join(', ')}`, texts)
      }
    })
    await kernel.create(1)
    await kernel.put(1, 'cap')
    const before = (await kernel.wares(1)).length
    const newTenant = `n_${root.run}`
    for (const as of [{}, { as: { newTenant } }]) {
      const ended = new AbortController()
      const progress = () => ended.abort(new Error('no more'))
      const running = kernel.backups.restore({ from: 1, ...as }, { signal: ended.signal, progress })
      await assert.rejects(running, { message: 'no more' })
    }
    const progress = () => void kernel.backups.close()
    await assert.rejects(kernel.backups.restore({ from: 1 }, { signal: never, progress }), { code: 'SHUTTING_DOWN' })
    assert.equal((await kernel.wares(1)).length, before)
    assert.equal((await kernel.kernel.listTenants(9)).length, 2)
    assert.equal(await kernel.kernel.engine.exists(identity(newTenant)), false)
    assert.deepEqual(await leftovers(kernel, server), [])
  })

  test('what fails after the restore is done takes nothing away again', async (t) => {
    const { root } = await made(t)
    const kernel = await root.bare({ catalog: { pollSeconds: 600 } })
    await kernel.create(1)
    kernel.kernel.registry.refresh = () => Promise.reject(new M3Error('DATABASE_UNAVAILABLE', 'not now'))
    await kernel.kernel.engine.catalog.session(async (session) => {
      await session.execute('DROP TABLE m3saas_backups')
      await session.execute('CREATE TABLE m3saas_backups (other INT)')
    })
    const { target, warnings } = await kernel.restore({ as: { newTenant: `n_${root.run}` } })
    assert.deepEqual(warnings, ['the history of backups cannot be written: the log has the reason'])
    assert.deepEqual(await kernel.wares(Number(target)), ['hat'])
    const report = await kernel.create(1)
    assert.deepEqual(report.warnings, warnings)
    assert.deepEqual(
      (await kernel.backups.list(1)).map(({ name, rows }) => [name, rows]),
      [[report.name, undefined]],
    )
  })

  test('a lost database is not made for nothing', async (t) => {
    const { kernel, root } = await made(t)
    const { name } = await kernel.create(1)
    const file = path.join(root.root, 'backups', name)
    const whole = await readFile(file)
    const { engine } = kernel.kernel
    await engine.remove(identity(root.name(1)))
    const planned = await kernel.restore({ dryRun: true })
    assert.deepEqual([planned.target, planned.database, planned.dryRun], [1, root.name(1), true])
    assert.equal(await engine.exists(identity(root.name(1))), false)
    await writeFile(file, whole.subarray(0, whole.length - 9))
    await assert.rejects(kernel.restore(), { code: 'BACKUP_INVALID' })
    assert.equal(await engine.exists(identity(root.name(1))), false)
    await writeFile(file, whole)
    await kernel.restore()
    assert.deepEqual(await kernel.wares(1), ['hat'])
  })

  test('a name that is taken, or is none for a tenant, is refused, in a rehearsal too', async (t) => {
    const { kernel, root } = await made(t)
    await kernel.create(1)
    const id = await kernel.kernel.catalogChanges.add({ name: `n_${root.run}`, user: `n_${root.run}` })
    await kernel.kernel.runMode(id, 'migrate')
    await kernel.kernel.catalogChanges.remove(id)
    const before = await kernel.kernel.listTenants(9)
    for (const dryRun of [true, false]) {
      for (const [newTenant, code, message] of [
        [root.name(2), 'CATALOG_REFUSED', /a tenant .* already, 2: /],
        [`n_${root.run}`, 'RESTORE_REFUSED', /a database .* already/],
        ['catalog', 'RESTORE_REFUSED', /does not go to the catalog/],
      ] as const) {
        await assert.rejects(kernel.restore({ dryRun, as: { newTenant } }), { code, message })
      }
    }
    const planned = await kernel.restore({ dryRun: true, as: { newTenant: `o_${root.run}` } })
    assert.deepEqual([planned.target, planned.database], [undefined, `o_${root.run}`])
    assert.deepEqual(await kernel.kernel.listTenants(9), before)
  })

  test('links and folders that are named like backups take no place and are left alone', async (t) => {
    const { kernel, root } = await made(t)
    const folder = path.join(root.root, 'backups')
    const link = `${root.name(2)}-2020-01-01T00-00-00.000Z.backup.gz`
    await mkdir(path.join(folder, link.replace('2020', '2999')), { recursive: true })
    await symlink(path.join(root.root, 'config.json'), path.join(folder, link))
    const { removed, warnings } = await kernel.create(2)
    assert.deepEqual([removed, warnings], [[], []])
    assert.deepEqual([(await kernel.create(2)).removed, (await root.files()).includes(link)], [[], true])
    assert.equal((await kernel.backups.list(2)).length, 2)
  })

  test('the history goes on where the catalog comes back, and so do the numbers of databases', async (t) => {
    const { kernel } = await made(t)
    const generation = async () => {
      const rows = await kernel.kernel.engine.catalog.select<{ generation: number }>(
        'SELECT generation FROM tenants WHERE id = 1',
      )
      return rows[0]?.generation
    }
    await kernel.create('catalog')
    const { name } = await kernel.create(1)
    await kernel.restore()
    const before = await generation()
    await kernel.restore({ from: 'catalog' })
    const lines = await kernel.backups.history(undefined, 9)
    assert.deepEqual(
      lines.map(({ action, target }) => `${action} ${target}`),
      ['restore catalog', 'restore 1', 'backup 1', 'backup catalog'],
    )
    assert.ok((await kernel.backups.list(1)).every((backup) => backup.name === name && Number(backup.rows) > 0))
    await kernel.restore()
    assert.notEqual(await generation(), before)
  })

  if (server) {
    test('a user that is gone, or has another password, keeps nobody from a restore', async (t) => {
      const { kernel, root } = await made(t)
      await kernel.create(1)
      await kernel.put(1, 'cap')
      const user = root.name(1)
      for (const harm of [`ALTER USER '${user}' IDENTIFIED BY 'another one'`, `DROP USER '${user}'`]) {
        await rootQuery(server)(harm)
        await kernel.restore()
        assert.deepEqual(await kernel.wares(1), ['hat'])
      }
      await rootQuery(server)(`ALTER USER '${user}' ACCOUNT LOCK`)
      await assert.rejects(kernel.restore(), { code: 'DATABASE_UNAVAILABLE' })
      await rootQuery(server)(`ALTER USER '${user}' ACCOUNT UNLOCK`)
      await kernel.restore()
    })
  } else {
    test('of a file that is damaged it is said what to do, and then it is restored', async (t) => {
      const { kernel, root } = await made(t)
      await kernel.create(1)
      const connection = kernel.kernel.engine.connectionOf(identity(root.name(1)))
      assert.ok(connection.kind === 'sqlite')
      await writeFile(connection.file, Buffer.alloc(20_000, 'x'))
      await assert.rejects(kernel.restore(), { code: 'RESTORE_FAILED', message: /is damaged\. .* move it away/ })
      for (const suffix of ['', '-wal', '-shm']) await rm(`${connection.file}${suffix}`, { force: true })
      await kernel.restore()
      assert.deepEqual(await kernel.wares(1), ['hat'])
    })
  }
}

/** What a restore makes beside a database. */
async function leftovers({ kernel, root }: BackupKernel, server: SharedMariaDb | undefined): Promise<unknown[]> {
  if (!server) return (await root.contents('databases/tenants')).filter((name) => /restoring|former/.test(name))
  const rows = await rootQuery(server)(`SHOW DATABASES LIKE 'm3saas-%${root.run}%'`)
  return [kernel.engine.kind === 'mysql' ? [] : ['another engine'], rows].flat()
}
