import assert from 'node:assert/strict'
import { readFile, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import type { BackupEvent } from '../../../kernel/backups/contract.js'
import { type SharedMariaDb, withMariaDb } from '../../support/mariadb.js'
import { BackupRoot, never } from './backup-root.js'

describe('backups on SQLite', () => suite(undefined))
await withMariaDb('backups on MariaDB', (server) => suite(server))

function suite(server: SharedMariaDb | undefined): void {
  const made = (t: TestContext, config: object = {}) => BackupRoot.make(t, { server, config })

  test('a backup tells what is in it, is listed, is in the history, and can be read and deleted', async (t) => {
    const root = await made(t)
    const kernel = await root.kernel()
    const { backups } = kernel
    const report = await kernel.create(1)
    assert.deepEqual([report.target, report.database, report.engine], [1, root.name(1), server ? 'mysql' : 'sqlite'])
    assert.deepEqual([report.removed, report.warnings, report.encrypted], [[], [], false])
    assert.ok(report.rows > 1 && report.bytes > 100 && report.rawBytes > report.bytes && report.tables >= 3)
    const other = await kernel.create('catalog')
    const listed = await backups.list()
    assert.deepEqual(
      listed.map(({ target, name, bytes, rows }) => ({ target, name, bytes, rows })),
      [other, report].map(({ target, name, bytes, rows }) => ({ target, name, bytes, rows })),
    )
    assert.deepEqual((await backups.list(1)).length, 1)
    const [entry] = await backups.history(1, 5)
    assert.deepEqual(
      [entry?.action, entry?.name, entry?.reason, entry?.rows, entry?.bytes, entry?.error],
      ['backup', report.name, 'manual', report.rows, report.bytes, undefined],
    )
    const { bytes, stream } = await backups.open(1, report.name)
    const pieces: Uint8Array[] = []
    for await (const piece of stream) pieces.push(Buffer.from(piece))
    const file = await readFile(path.join(root.root, 'backups', report.name))
    assert.deepEqual([bytes, Buffer.concat(pieces)], [file.length, file])
    let text = ''
    for await (const piece of backups.read(report.name)) text += Buffer.from(piece).toString('latin1')
    assert.ok(text.startsWith('{"kind":"m3saas-backup"') && text.includes('hat'))
    for (const target of [2, 'catalog'] as const) {
      await assert.rejects(backups.open(target, report.name), { code: 'BACKUP_UNKNOWN' })
      await assert.rejects(backups.remove(target, report.name), { code: 'BACKUP_UNKNOWN' })
    }
    await backups.remove(1, report.name)
    assert.deepEqual(await root.files(), [other.name])
    await assert.rejects(backups.remove(undefined, report.name), { code: 'BACKUP_UNKNOWN' })
    await assert.rejects(kernel.create(9), { code: 'TENANT_UNKNOWN' })
  })

  test('old ones go by the rule of each tenant, once the new one is there', async (t) => {
    const kernel = await (await made(t)).kernel()
    const first = await kernel.create(1)
    const second = await kernel.create(1)
    assert.deepEqual(second.removed, [first.name], 'one of each day')
    const ofTwo = [await kernel.create(2), await kernel.create(2), await kernel.create(2)]
    assert.deepEqual(
      ofTwo.map(({ removed }) => removed),
      [[], [], [ofTwo[0]?.name]],
    )
    const before = await kernel.backups.create(1, { reason: 'migration', signal: never })
    assert.match(before.name, /\.migration\.backup\.gz$/)
    const text = await kernel.backups.create(1, { reason: 'manual', format: 'sql', signal: never })
    assert.deepEqual([before.removed, text.removed, (await kernel.create(1)).removed], [[], [], [second.name]])
  })

  test('names that lead elsewhere, links and foreign files are no backups', async (t) => {
    const root = await made(t)
    const kernel = await root.kernel()
    const { name } = await kernel.create(1)
    const folder = path.join(root.root, 'backups')
    const other = name.replace('Z.backup', 'Z.migration.backup')
    await symlink(path.join(root.root, 'config.json'), path.join(folder, other))
    await writeFile(path.join(folder, 'notes.txt'), 'mine')
    assert.deepEqual(
      (await kernel.backups.list()).map((backup) => backup.name),
      [name],
    )
    for (const wrong of [
      other,
      'notes.txt',
      '../config.json',
      `../backups/${name}`,
      `./${name}`,
      '',
      '.',
      name.slice(1),
    ]) {
      await assert.rejects(kernel.backups.open(1, wrong), { code: 'BACKUP_UNKNOWN' }, wrong)
      await assert.rejects(kernel.backups.remove(1, wrong), { code: 'BACKUP_UNKNOWN' }, wrong)
      await assert.rejects(kernel.restore({ at: wrong }), { code: 'BACKUP_UNKNOWN' }, wrong)
    }
    assert.ok((await root.files()).includes('notes.txt'))
  })

  test('all are backed up; one that fails holds up no other, one that has no database is left', async (t) => {
    const root = await made(t)
    const kernel = await root.kernel()
    const { catalog } = kernel.kernel.engine
    await kernel.kernel.catalogChanges.add({ id: 3, name: `n_${root.run}`, user: `n_${root.run}` })
    await catalog.run("UPDATE tenants SET name = 'no name' WHERE id = 2")
    const events: BackupEvent[] = []
    for await (const event of kernel.backups.createAll({ signal: never })) events.push(event)
    const told = events.map((event) => ('target' in event ? `${event.event} ${event.target}` : event.event))
    assert.deepEqual([told[0], told.at(-1)], ['begin', 'summary'])
    assert.deepEqual(told.slice(1, -1).sort(), ['backup 1', 'backup catalog', 'failure 2', 'skipped 3'])
    const summary = events.at(-1)
    assert.ok(summary?.event === 'summary')
    assert.deepEqual([summary.databases, summary.done, summary.skipped, summary.failed], [4, 2, 1, 1])
  })

  test('one that is ended leaves nothing behind; so does a process that shuts down', async (t) => {
    const root = await made(t)
    const kernel = await root.kernel()
    const ended = new AbortController()
    const running = kernel.backups.create(1, { reason: 'manual', signal: ended.signal })
    ended.abort(new Error('no more'))
    await assert.rejects(running)
    await kernel.backups.close()
    await assert.rejects(kernel.create(1), { code: 'SHUTTING_DOWN' })
    assert.deepEqual(await root.files(), [])
  })

  test('encrypted with a key, it is restored by that key alone, of before or of now', async (t) => {
    const root = await made(t)
    await writeFile(path.join(root.root, 'key'), Buffer.alloc(32, 7).toString('base64'))
    await writeFile(path.join(root.root, 'other'), `${Buffer.alloc(32, 8).toString('hex')}\n`)
    await root.kernel()
    const settings = { directory: 'backups', compression: 6, parallel: 2, formerKeyFiles: [], repeat: 'month' }
    const withKeys = (keys: object) => root.bare({ backups: { ...settings, ...keys } })
    const sealed = await withKeys({ keyFile: 'key' })
    const { name, encrypted } = await sealed.create(1)
    assert.deepEqual([encrypted, name.endsWith('.backup.gz.enc')], [true, true])
    const file = await readFile(path.join(root.root, 'backups', name))
    assert.ok(!file.includes(root.name(1)))
    await sealed.put(1, 'cap')
    await sealed.restore()
    assert.deepEqual(await sealed.wares(1), ['hat'])
    const refused = { code: 'BACKUP_INVALID', message: /encrypted with another key/ }
    await assert.rejects((await withKeys({ keyFile: 'other' })).restore(), refused)
    await assert.rejects((await withKeys({})).restore(), { code: 'BACKUP_INVALID', message: /names no key/ })
    await (await withKeys({ keyFile: 'other', formerKeyFiles: ['key'] })).restore()
    for (const keys of [{ keyFile: 'missing' }, { keyFile: 'config.json' }, { formerKeyFiles: ['config.json'] }]) {
      await assert.rejects((await withKeys(keys)).create(1), { code: 'CONFIG_INVALID' })
    }
  })
}
