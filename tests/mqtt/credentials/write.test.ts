import assert from 'node:assert/strict'
import { chmod, chown, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { changeFile } from '../../../kernel/mqtt/credentials/write.js'

const isRoot = process.getuid?.() === 0

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'm3saas-write-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

test('a new file has the mode that is asked for, and its folders are made', async (t) => {
  const folder = await folderOf(t)
  const file = path.join(folder, 'a/b/credentials.xml')
  await changeFile(file, 0o644, (text) => `${text} before`)
  assert.equal(await readFile(file, 'utf8'), 'undefined before')
  assert.equal((await stat(file)).mode & 0o777, 0o644)
  assert.deepEqual(await readdir(path.dirname(file)), ['credentials.xml'])
})

test('mode and owner of a file stay', async (t) => {
  const file = path.join(await folderOf(t), 'credentials.xml')
  await writeFile(file, 'a')
  await chmod(file, 0o640)
  if (isRoot) await chown(file, 1234, 4321)
  const before = await stat(file)
  await changeFile(file, 0o600, (text) => `${text}b`)
  const after = await stat(file)
  assert.equal(await readFile(file, 'utf8'), 'ab')
  assert.deepEqual([after.mode, after.uid, after.gid], [before.mode, before.uid, before.gid])
  assert.notEqual(after.ino, before.ino)
})

test('a symbolic link stays one, and its file is changed', async (t) => {
  const folder = await folderOf(t)
  await mkdir(path.join(folder, 'real'))
  await writeFile(path.join(folder, 'real/users.xml'), 'a')
  const link = path.join(folder, 'credentials.xml')
  await symlink('real/users.xml', link)
  await changeFile(link, 0o600, (text) => `${text}b`)
  assert.ok((await lstat(link)).isSymbolicLink())
  assert.equal(await readFile(path.join(folder, 'real/users.xml'), 'utf8'), 'ab')
  assert.deepEqual(await readdir(path.join(folder, 'real')), ['users.xml'])

  await symlink('nowhere', path.join(folder, 'broken.xml'))
  await assert.rejects(
    changeFile(path.join(folder, 'broken.xml'), 0o600, () => 'x'),
    /broken\.xml cannot be written: it is a link to nothing/,
  )
})

test('of many changes at once none is lost', async (t) => {
  const folder = await folderOf(t)
  const file = path.join(folder, 'credentials.xml')
  await Promise.all(Array.from({ length: 20 }, (_, i) => changeFile(file, 0o600, (text = '') => `${text}${i}\n`)))
  const lines = (await readFile(file, 'utf8')).trim().split('\n').map(Number)
  assert.deepEqual(
    lines.sort((a, b) => a - b),
    Array.from({ length: 20 }, (_, i) => i),
  )
  assert.deepEqual(await readdir(folder), ['credentials.xml'])
})

test('a change that throws leaves the file, and nothing beside it', async (t) => {
  const folder = await folderOf(t)
  const file = path.join(folder, 'credentials.xml')
  await writeFile(file, 'a')
  const fails = () => {
    throw new Error('no')
  }
  await assert.rejects(changeFile(file, 0o600, fails), /^Error: no$/)
  assert.equal(await readFile(file, 'utf8'), 'a')
  assert.deepEqual(await readdir(folder), ['credentials.xml'])
})

test('a lock that somebody left behind is taken over by one of those who wait', async (t) => {
  const folder = await folderOf(t)
  const file = path.join(folder, 'credentials.xml')
  await writeFile(`${file}.lock`, 'of a process that was killed')
  const changes = ['a', 'b', 'c'].map((letter) => changeFile(file, 0o600, (text = '') => text + letter, 500))
  await Promise.all(changes)
  assert.equal([...(await readFile(file, 'utf8'))].sort().join(''), 'abc')
  assert.deepEqual(await readdir(folder), ['credentials.xml'])
})

test('what is in the place of the file is told', async (t) => {
  const folder = await folderOf(t)
  await mkdir(path.join(folder, 'credentials.xml'))
  await assert.rejects(
    changeFile(path.join(folder, 'credentials.xml'), 0o600, () => 'x'),
    {
      code: 'CREDENTIALS_INVALID',
      message: 'credentials.xml is not a file',
    },
  )
  await writeFile(path.join(folder, 'file'), '')
  await assert.rejects(
    changeFile(path.join(folder, 'file/credentials.xml'), 0o600, () => 'x'),
    /cannot be written/,
  )
})
