import assert from 'node:assert/strict'
import { access, chmod, copyFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { platform } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { tenantFile } from '../../kernel/engines/sqlite/database-files.js'
import { M3Error } from '../../kernel/errors.js'
import { identity, makeSqlite } from './sqlite-fixture.js'

const modeOf = async (file: string) => ((await stat(file)).mode & 0o777).toString(8)

function unavailable(reason: RegExp, directory: string) {
  return (error: unknown) => {
    assert.ok(error instanceof M3Error)
    assert.equal(error.code, 'DATABASE_UNAVAILABLE')
    assert.match(error.message, reason)
    assert.ok(!error.message.includes(directory), 'the message shows a path')
    assert.ok(Number(error.retryAfter) > 0)
    return true
  }
}

test('provisioning makes a file that only its owner reads, and repairs it', {
  skip: platform() === 'win32',
}, async (t) => {
  const { engine, directory } = await makeSqlite(t)
  assert.deepEqual(await engine.provision(identity('second')), ['created the database second'])
  assert.deepEqual(await engine.provision(identity('second')), [])
  const file = path.join(directory, 'tenants', 'second.sqlite')
  assert.equal(await modeOf(file), '600')
  assert.equal(await modeOf(path.dirname(file)), '700')
  await chmod(file, 0o644)
  assert.equal((await engine.provision(identity('second'))).length, 1)
  assert.equal(await modeOf(file), '600')
})

test('the files beside a database in use are as closed as the database', {
  skip: platform() === 'win32',
}, async (t) => {
  const { database, file } = await makeSqlite(t)
  await database.run('INSERT INTO items (name) VALUES (?)', ['a'])
  assert.equal(await modeOf(`${file}-wal`), '600')
})

test('after closing, all that was written stands in the one file', async (t) => {
  const { database, directory, file, engine, open } = await makeSqlite(t)
  await database.run('INSERT INTO items (name) VALUES (?)', ['a'])
  await database.close()
  await engine.provision(identity('copy'))
  await copyFile(file, path.join(directory, 'tenants', 'copy.sqlite'))
  assert.deepEqual(await open('copy').select('SELECT name FROM items'), [{ name: 'a' }])
})

test('handles opened and closed in great number do not pile up', { skip: platform() !== 'linux' }, async (t) => {
  const { database } = await makeSqlite(t)
  const descriptors = async () => (await readdir('/proc/self/fd')).length
  let most = 0
  for (let i = 0; i < 300; i++) {
    await database.select('SELECT * FROM items')
    await database.releaseIdle()
    most = Math.max(most, await descriptors())
  }
  assert.ok(most < 350, `${most} descriptors were open`)
})

test('a database that was never provisioned is unavailable, and is not made by asking', async (t) => {
  const { directory, open, engine } = await makeSqlite(t)
  const second = open('second')
  await assert.rejects(second.select('SELECT 1'), unavailable(/second.*does not exist.*migrating/, directory))
  await assert.rejects(engine.catalog.select('SELECT 1'), unavailable(/catalog.*does not exist/, directory))
  await assert.rejects(access(path.join(directory, 'tenants', 'second.sqlite')))
  await engine.provision(identity('second'))
  assert.deepEqual(await second.select('SELECT 1 AS one'), [{ one: 1 }])
})

test('the catalog is a database of its own, out of the reach of a tenant of its name', async (t) => {
  const { engine, open } = await makeSqlite(t)
  await engine.provisionCatalog()
  await engine.provisionCatalog()
  await engine.catalog.session((session) => session.execute('CREATE TABLE secrets (a)'))
  await engine.provision(identity('catalog'))
  await assert.rejects(open('catalog').select('SELECT * FROM secrets'), /no such table/)
})

test('names that differ by case alone are different files on every file system', () => {
  const names = ['abc', 'Abc', 'aBc', 'ABC', `${'A'.repeat(64)}`, `${'a'.repeat(64)}`]
  const files = names.map((name) => path.basename(tenantFile('/data', name)))
  assert.equal(new Set(files.map((file) => file.toLowerCase())).size, names.length)
  assert.equal(files[0], 'abc.sqlite')
})

test('a name that is no identifier reaches no file', async (t) => {
  const { engine } = await makeSqlite(t)
  for (const name of ['../catalog', '', 'a/b', 'a.b', 'a~1']) {
    assert.throws(() => engine.tenant(identity(name)), TypeError)
    await assert.rejects(engine.provision(identity(name)), TypeError)
  }
})

test('a damaged file is unavailable, and used again when it is repaired', async (t) => {
  const { database, directory, file } = await makeSqlite(t)
  await database.run('INSERT INTO items (name) VALUES (?)', ['a'])
  await database.releaseIdle()
  await rename(file, `${file}.kept`)
  await writeFile(file, 'this is no database, whatever its name says\n'.repeat(100))
  await assert.rejects(database.select('SELECT 1'), unavailable(/no database/, directory))
  await rm(file)
  await rename(`${file}.kept`, file)
  assert.deepEqual(await database.select('SELECT name FROM items'), [{ name: 'a' }])
})

test('a file that is damaged while in use takes its connection with it', async (t) => {
  const { database, directory, file } = await makeSqlite(t)
  await database.run('INSERT INTO items (name) VALUES (?)', ['a'])
  await database.releaseIdle()
  await database.select('SELECT 1')
  await writeFile(file, Buffer.alloc((await stat(file)).size, 0x58), { flag: 'r+' })
  await assert.rejects(database.select('SELECT * FROM items'), unavailable(/no database|damaged/, directory))
  await assert.rejects(database.run('DELETE FROM items'), unavailable(/no database|damaged/, directory))
})

test('a file put in the place of another is the one that is read', async (t) => {
  const { database, directory, file, engine, open } = await makeSqlite(t)
  await engine.provision(identity('second'))
  const second = open('second')
  await second.session((session) => session.execute('CREATE TABLE restored (a)'))
  await second.close()
  await database.select('SELECT * FROM items')
  await rm(file)
  await assert.rejects(database.select('SELECT 1'), unavailable(/does not exist/, directory))
  await rename(path.join(directory, 'tenants', 'second.sqlite'), file)
  assert.deepEqual(await database.select('SELECT * FROM restored'), [])
})
