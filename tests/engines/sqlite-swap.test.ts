import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { DatabaseSync } from '@photostructure/sqlite'
import type { SwapHooks } from '../../kernel/engines/contract.js'
import type { DumpFrame } from '../../kernel/engines/dump.js'
import { loadDump } from '../../kernel/engines/open-dump.js'
import { fileFrames } from './sqlite-dumps.js'
import { holdWriteLock, identity, makeSqlite, type SqliteFixture, spawnHolder } from './sqlite-fixture.js'

const CHILD = fileURLToPath(new URL('./sqlite-killed-restore-child.js', import.meta.url))
const TENANT = identity('first')
const STEPS = ['former', 'swap', 'look', 'placed', 'clean']

/** A tenant with `old` in it, and a file with `new`, each 2,000 times and in two tables. */
async function made(t: TestContext): Promise<SqliteFixture & { readonly from: string }> {
  const fixture = await makeSqlite(t)
  const from = path.join(fixture.directory, 'new.sqlite')
  for (const [file, mark] of [
    [fixture.file, 'old'],
    [from, 'new'],
  ] as const) {
    const handle = new DatabaseSync(file)
    handle.exec(`
      CREATE TABLE one (id INTEGER PRIMARY KEY, mark TEXT);
      WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 2000) INSERT INTO one SELECT n, '${mark}' FROM n;
      CREATE TABLE two AS SELECT * FROM one;
      CREATE TABLE only_${mark} (id INTEGER PRIMARY KEY);`)
    handle.close()
  }
  return { ...fixture, from }
}

const MARKS = 'SELECT group_concat(mark) AS marks FROM (SELECT mark FROM one UNION SELECT mark FROM two)'

function restore(
  { engine, from }: { engine: SqliteFixture['engine']; from: string },
  hooks: Partial<SwapHooks> = {},
  frames: AsyncIterable<DumpFrame> = fileFrames(from),
) {
  return engine.restore(TENANT, 0, async (staging) => {
    const loaded = await loadDump(staging.connection, frames)
    await staging.swap(loaded, { placed: async () => {}, ...hooks })
    return loaded
  })
}

async function left({ file }: SqliteFixture): Promise<string[]> {
  return (await readdir(path.dirname(file))).filter((name) => !/-(wal|shm)$/.test(name)).sort()
}

for (const step of STEPS) {
  test(`killed before “${step}” it is wholly the old or the new, and nothing is left`, async (t) => {
    const fixture = await made(t)
    const input = { directory: fixture.directory, from: fixture.from, step }
    const child = spawn(process.execPath, [CHILD, JSON.stringify(input)], { stdio: ['ignore', 'inherit', 'inherit'] })
    assert.deepEqual(await once(child, 'exit'), [null, 'SIGKILL'])
    await fixture.engine.provision(TENANT)
    const expected = STEPS.indexOf(step) > STEPS.indexOf('swap') ? 'new' : 'old'
    assert.deepEqual(await fixture.database.select(MARKS), [{ marks: expected }])
    assert.deepEqual(await fixture.database.select('PRAGMA integrity_check'), [{ integrity_check: 'ok' }])
    assert.deepEqual(await left(fixture), ['first.sqlite', 'first.sqlite.lock'])
    await restore(fixture)
    assert.deepEqual(await fixture.database.select(MARKS), [{ marks: 'new' }])
  })
}

test('a reader in a transaction sees the old until its end; other handles, of other processes too, the new', async (t) => {
  const fixture = await made(t)
  const reader = new DatabaseSync(fixture.file)
  t.after(async () => reader.close())
  reader.exec('BEGIN')
  const marks = () => (reader.prepare(MARKS).get() as { marks: string }).marks
  assert.equal(marks(), 'old')
  const free = await spawnHolder(fixture.file, 'BEGIN; SELECT * FROM one')
  await restore(fixture, {
    async placed() {
      assert.deepEqual(await fixture.database.select(MARKS), [{ marks: 'new' }])
    },
  })
  assert.equal(marks(), 'old')
  reader.exec('COMMIT')
  assert.equal(marks(), 'new')
  await free()
  await fixture.database.run("INSERT INTO one (mark) VALUES ('later')")
})

test('a writer that does not end keeps the old one in its place, and that is told', async (t) => {
  const fixture = await made(t)
  const holder = holdWriteLock(fixture.file)
  await assert.rejects(restore(fixture), { code: 'DATABASE_UNAVAILABLE', retryAfter: 5 })
  holder.exec('ROLLBACK')
  holder.close()
  assert.deepEqual(await fixture.database.select(MARKS), [{ marks: 'old' }])
  assert.deepEqual(await left(fixture), ['first.sqlite', 'first.sqlite.lock'])
  await restore(fixture)
})

test('two at once: the second is told', async (t) => {
  const fixture = await made(t)
  await restore(fixture, {
    placed: () => assert.rejects(restore(fixture), { code: 'LOCKED' }),
  })
})

test('what fails once it stands there is put back', async (t) => {
  const fixture = await made(t)
  const failing = restore(fixture, {
    async placed() {
      throw new Error('on purpose')
    },
  })
  await assert.rejects(failing, /on purpose/)
  assert.deepEqual(await fixture.database.select(MARKS), [{ marks: 'old' }])
})

test('a file that is damaged, none, or of another page size', async (t) => {
  const fixture = await made(t)
  const frame = (body: Uint8Array): DumpFrame => ({ head: { kind: 'file', units: 1 }, body })
  async function* one(body: Uint8Array): AsyncGenerator<DumpFrame> {
    yield frame(body)
  }
  await assert.rejects(restore(fixture, {}, one(Buffer.from('no database at all'.repeat(100)))), {
    code: 'BACKUP_INVALID',
  })
  async function* foreign(): AsyncGenerator<DumpFrame> {
    yield { head: { kind: 'rows', units: 1 }, body: Buffer.from('x') }
  }
  await assert.rejects(restore(fixture, {}, foreign()), { code: 'BACKUP_INVALID', message: /does not know: rows/ })
  assert.deepEqual(await fixture.database.select(MARKS), [{ marks: 'old' }])
  const small = path.join(fixture.directory, 'small.sqlite')
  const handle = new DatabaseSync(small)
  handle.exec(
    "PRAGMA page_size = 1024; CREATE TABLE one (id INTEGER PRIMARY KEY, mark TEXT); INSERT INTO one VALUES (1, 'small'); CREATE TABLE two (mark TEXT)",
  )
  handle.close()
  await restore(fixture, {}, fileFrames(small))
  assert.deepEqual(await fixture.database.select(MARKS), [{ marks: 'small' }])
})
