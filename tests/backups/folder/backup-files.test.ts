import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { findBackup, listBackups, openBackup, removeBackup } from '../../../kernel/backups/folder/backup-files.js'

const NAME = (database: string, day: number) => `${database}-2026-11-0${day}T21-02-03.456Z.backup.gz`
const unknown = { code: 'BACKUP_UNKNOWN' }

async function makeFolder(t: TestContext, names: readonly string[]): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'm3saas-folder-'))
  t.after(() => rm(folder, { recursive: true }))
  for (const name of names) await writeFile(path.join(folder, name), name)
  return folder
}

test('the newest comes first, and of one moment they come by name', async (t) => {
  const names = [NAME('shop', 1), NAME('b', 3), NAME('a', 3), `${NAME('shop', 2)}.enc`]
  const folder = await makeFolder(t, names)
  const listed = await listBackups(folder)
  assert.deepEqual(
    listed.map(({ name, bytes }) => [name, bytes]),
    [NAME('a', 3), NAME('b', 3), `${NAME('shop', 2)}.enc`, NAME('shop', 1)].map((name) => [name, name.length]),
  )
  assert.deepEqual(
    (await listBackups(folder, 'shop')).map(({ name }) => name),
    [`${NAME('shop', 2)}.enc`, NAME('shop', 1)],
  )
  assert.deepEqual(await listBackups(folder, 'sho'), [])
  assert.deepEqual(await listBackups(path.join(folder, 'none')), [], 'no folder, no backups')
  await assert.rejects(listBackups(path.join(folder, NAME('a', 3))), { code: 'BACKUP_FAILED' })
})

test('foreign files, links and folders that are named like backups are none: they count for nothing and stay', async (t) => {
  const elsewhere = await makeFolder(t, [NAME('shop', 1)])
  const folder = await makeFolder(t, [NAME('shop', 5), 'notes.txt', '.m3saas-0123456789abcdef.part'])
  await symlink(path.join(elsewhere, NAME('shop', 1)), path.join(folder, NAME('shop', 1)))
  await symlink(path.join(elsewhere, 'nowhere'), path.join(folder, NAME('shop', 2)))
  await mkdir(path.join(folder, NAME('shop', 3)))
  const all = (await readdir(folder)).sort()
  assert.deepEqual(
    (await listBackups(folder)).map(({ name }) => name),
    [NAME('shop', 5)],
  )
  for (const name of [
    ...[1, 2, 3, 4].map((day) => NAME('shop', day)),
    'notes.txt',
    '.m3saas-0123456789abcdef.part',
    `../${path.basename(elsewhere)}/${NAME('shop', 1)}`,
    NAME('SHOP', 5),
    '',
  ]) {
    await assert.rejects(findBackup(folder, name), unknown, name)
  }
  // Even one that became a link after it was found is not followed.
  await assert.rejects(openBackup(folder, { name: NAME('shop', 1) }), unknown)
  assert.deepEqual((await readdir(folder)).sort(), all)
})

test('one is read as it is, of whatever size, and is gone when it is removed', async (t) => {
  const folder = await makeFolder(t, [NAME('shop', 1), NAME('shop', 2)])
  await writeFile(path.join(folder, NAME('shop', 2)), '')
  for (const day of [1, 2]) {
    const backup = await findBackup(folder, NAME('shop', day))
    const { bytes, stream } = await openBackup(folder, backup)
    const expected = await readFile(path.join(folder, backup.name))
    assert.equal(bytes, expected.length)
    // What is removed while it is read is read to its end.
    await removeBackup(folder, backup)
    assert.deepEqual(await buffer(stream), expected)
    await assert.rejects(openBackup(folder, backup), unknown)
    await assert.rejects(removeBackup(folder, backup), unknown)
  }
  assert.deepEqual(await readdir(folder), [])
})
