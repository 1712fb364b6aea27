import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { appendFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { platform, tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { readArchiveFile, readText } from '../../../kernel/backups/archive/open-file.js'
import { until } from '../../support/until.js'
import { fakeDump, frame, writeFakeArchive } from '../fake-dump.js'

const PLAIN = 'shop-2026-11-27T21-02-03.456Z.backup.gz'
const SEALED = `${PLAIN}.enc`
const KEY = randomBytes(32)

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'm3saas-open-'))
  t.after(() => rm(folder, { recursive: true }))
  return folder
}

async function readAll(folder: string, name: string): Promise<void> {
  const archive = await readArchiveFile(path.join(folder, name), name, { keys: [KEY] })
  for await (const _ of archive.frames);
}

const openFiles = async () => (await readdir('/proc/self/fd')).length
const skip = platform() === 'linux' ? false : 'open files are counted in /proc'

test('a file is let go of, however far it was read', { skip }, async (t) => {
  const folder = await folderOf(t)
  const frames = Array.from({ length: 4 }, () => ({ head: { kind: 'rows', units: 1 }, body: randomBytes(1_000_000) }))
  for (const [name, key] of [
    [PLAIN, undefined],
    [SEALED, KEY],
  ] as const) {
    await writeFakeArchive(folder, name, fakeDump(frames), key)
    const file = path.join(folder, name)
    const before = await openFiles()
    const open = () => readArchiveFile(file, name, { keys: [KEY] })
    for (let i = 0; i < 3; i++) {
      await (await open()).close()
      for await (const _ of (await open()).frames) break
      for await (const _ of readText(file, name, { keys: [KEY] })) break
      await readAll(folder, name)
      await (await open()).close()
    }
    await until(async () => (await openFiles()) <= before, `${name} is open no more`)
  }
  await writeFile(path.join(folder, PLAIN), gzipSync(`[]\n${randomBytes(2_000_000).toString('hex')}`))
  const before = await openFiles()
  for (let i = 0; i < 3; i++) await assert.rejects(readAll(folder, PLAIN), { code: 'BACKUP_INVALID' })
  await until(async () => (await openFiles()) <= before, 'one that is refused is open no more')
})

test('zeros behind a file, and what hides behind them, are refused', async (t) => {
  for (const more of [Buffer.alloc(1), Buffer.alloc(300_000), Buffer.from('\0garbage')]) {
    const folder = await folderOf(t)
    await writeFakeArchive(folder, PLAIN, fakeDump([frame('a')]))
    await readAll(folder, PLAIN)
    await appendFile(path.join(folder, PLAIN), more)
    await assert.rejects(readAll(folder, PLAIN), { code: 'BACKUP_INVALID', message: /something follows its end/ })
  }
})

test('what a hostile file says of itself is not repeated', async (t) => {
  const folder = await folderOf(t)
  const label = {
    ...{ kind: 'm3saas-backup', version: 1, engine: 'mysql', taken: '2026-01-01T00:00:00Z', bytes: 0 },
    origin: { target: 'catalog', database: 'c' },
  }
  for (const change of [
    { version: '\u001b[2J' },
    { version: ['\u001b[2J'] },
    { origin: { target: 'catalog', database: '\u001b[2J' } },
    { origin: { target: 'tenant', tenant: 1, database: 'a'.repeat(1000) } },
    { bytes: 5 },
  ]) {
    await writeFile(path.join(folder, PLAIN), gzipSync(`${JSON.stringify({ ...label, ...change })}\n12345`))
    await assert.rejects(readAll(folder, PLAIN), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'BACKUP_INVALID')
      assert.match(error.message, /does not tell|no backup of this kind/)
      assert.ok(!error.message.includes('\u001b') && error.message.length < 200)
      return true
    })
  }
})

test('a length that is a lie takes no memory', async (t) => {
  const folder = await folderOf(t)
  const text = `{"kind":"m3saas-backup","version":1,"engine":"mysql","origin":{"target":"catalog","database":"c"},"taken":"2026-01-01T00:00:00Z","bytes":0}\n{"kind":"rows","units":1,"bytes":500000000}\nabc`
  await writeFile(path.join(folder, PLAIN), gzipSync(text))
  const before = process.memoryUsage.rss()
  await assert.rejects(readAll(folder, PLAIN), { code: 'BACKUP_INVALID', message: /in the middle of a record/ })
  assert.ok(process.memoryUsage.rss() - before < 100 * 1024 * 1024)
})
