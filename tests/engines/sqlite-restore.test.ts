import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite'
import type { Staging, SwapHooks } from '../../kernel/engines/contract.js'
import type { DumpFrame, DumpOptions } from '../../kernel/engines/dump.js'
import { loadDump, openDump } from '../../kernel/engines/open-dump.js'
import { identity, makeSqlite, type SqliteFixture } from './sqlite-fixture.js'

const TENANT = identity('first')

async function makeFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'm3saas-dump-'))
  t.after(() => rm(folder, { recursive: true }))
  return folder
}

async function framesOf(fixture: SqliteFixture, folder: string, more: Partial<DumpOptions> = {}) {
  const options = { format: 'archive', withheld: {}, folder, ...more } as const
  const dump = await openDump(fixture.engine.connectionOf(TENANT), options)
  const frames: DumpFrame[] = []
  for await (const frame of dump.frames) frames.push(frame)
  await dump.close()
  assert.deepEqual(readdirSync(folder), [], 'nothing is left beside')
  return { frames, rows: dump.rows, warnings: dump.warnings }
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items
}

const NOTHING: SwapHooks = { placed: async () => {} }

function restored(fixture: SqliteFixture, frames: readonly DumpFrame[], hooks: SwapHooks = NOTHING) {
  return fixture.engine.restore(TENANT, 0, async (staging: Staging) => {
    const loaded = await loadDump(staging.connection, each(frames))
    await staging.swap(loaded, hooks)
    return loaded
  })
}

const SCHEMA = `
  CREATE TABLE kinds (id INTEGER PRIMARY KEY AUTOINCREMENT, i, r REAL, t TEXT, b BLOB, n NUMERIC, any);
  CREATE TABLE strict (id INTEGER PRIMARY KEY, a INT NOT NULL CHECK (a > 0), b ANY) STRICT;
  CREATE TABLE pairs (a TEXT, b INTEGER, c AS (a || b) STORED, PRIMARY KEY (a, b)) WITHOUT ROWID;
  CREATE TABLE chicken (id INTEGER PRIMARY KEY, egg INTEGER REFERENCES egg (id) DEFERRABLE INITIALLY DEFERRED);
  CREATE TABLE egg (id INTEGER PRIMARY KEY, chicken INTEGER REFERENCES chicken (id));
  CREATE TABLE "select" ("a ""b" TEXT);
  CREATE INDEX partly ON kinds (t) WHERE t IS NOT NULL;
  CREATE INDEX computed ON kinds (lower(t), i DESC);
  CREATE VIEW a_second AS SELECT * FROM z_first WHERE id > 0;
  CREATE VIEW z_first AS SELECT id, t FROM kinds;
  CREATE TRIGGER counts AFTER INSERT ON strict BEGIN UPDATE kinds SET i = 0 WHERE id = -1; END;
  CREATE VIRTUAL TABLE found USING fts5(body);
  PRAGMA user_version = 7;
`

/** Every storage class at its extremes. */
function fill(file: string): DatabaseSyncInstance {
  const handle = new DatabaseSync(file)
  handle.exec(SCHEMA)
  const put = handle.prepare('INSERT INTO kinds (i, r, t, b, n, any) VALUES (?, ?, ?, ?, ?, ?)')
  const texts = ['', "it's", 'a\\b\n\r\t', 'NUL \0 inside', '🦊 ü 漢', '1e999', 'NULL']
  for (const [i, r] of [
    [9223372036854775807n, Number.MAX_VALUE],
    [-9223372036854775808n, Number.MIN_VALUE],
    [0n, -0],
    [null, Number.POSITIVE_INFINITY],
    [1n, 0.1 + 0.2],
  ] as const) {
    for (const text of texts) put.run(i, r, text, Buffer.from(text), 12.5, Buffer.from([0, 255, 39]))
  }
  put.run(null, null, null, null, null, null)
  handle.exec(`
    INSERT INTO kinds (id, t) VALUES (9007199254740993, CAST(x'ff00fe' AS TEXT));
    INSERT INTO strict VALUES (1, 5, 'x'), (2, 6, x'00'), (3, 7, 1.5);
    INSERT INTO pairs VALUES ('a', 1), ('b', 2);
    BEGIN; INSERT INTO chicken VALUES (1, 1); INSERT INTO egg VALUES (1, 1); COMMIT;
    INSERT INTO "select" VALUES ('a "row"');
    INSERT INTO found VALUES ('the quick fox');
  `)
  return handle
}

/** All that can be read of a database, byte by byte. */
function contents(handle: DatabaseSyncInstance): unknown {
  const schema = handle.prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY type, name').all() as {
    type: string
    name: string
    sql: string | null
  }[]
  const rows = schema
    .filter(({ type }) => type === 'table')
    .map(({ name }) => {
      const quoted = `"${name.replaceAll('"', '""')}"`
      const columns = handle.prepare('SELECT name FROM pragma_table_xinfo(?) WHERE hidden <> 1').all(name) as {
        name: string
      }[]
      const values = columns.map(({ name: column }) => `"${column.replaceAll('"', '""')}"`)
      const exact = values.map((value) => `typeof(${value}) || quote(CAST(${value} AS BLOB)) || quote(${value})`)
      return [
        name,
        handle
          .prepare(`SELECT ${exact.join(', ')} FROM ${quoted}`)
          .all()
          .map((row: unknown) => Object.values(row as object))
          .sort(),
      ]
    })
  const { user_version } = handle.prepare('PRAGMA user_version').get() as { user_version: number }
  return { schema, rows, user_version }
}

test('what is dumped comes back equal, value by value and object by object', async (t) => {
  const fixture = await makeSqlite(t)
  const folder = await makeFolder(t)
  const handle = fill(fixture.file)
  t.after(async () => handle.close())
  const before = contents(handle)
  const { frames, rows, warnings } = await framesOf(fixture, folder)
  assert.deepEqual([rows.kinds, rows.strict, rows.found, rows.select, warnings], [37, 3, 1, 1, []])
  handle.exec('DELETE FROM kinds; DROP VIEW a_second; CREATE TABLE later (x); PRAGMA user_version = 8')
  const loaded = await restored(fixture, frames)
  assert.deepEqual([loaded.rows, loaded.faults, loaded.warnings], [rows, [], []])
  assert.deepEqual(contents(handle), before, 'an open handle sees it')
  assert.deepEqual(await fixture.database.select('SELECT COUNT(*) AS n FROM kinds'), [{ n: 37 }])
  handle.exec("INSERT INTO kinds (t) VALUES ('next')")
  assert.equal(
    (handle.prepare("SELECT CAST(id AS TEXT) AS id FROM kinds WHERE t = 'next'").get() as { id: string }).id,
    '9007199254740994',
  )
  const { journal_mode } = handle.prepare('PRAGMA journal_mode').get() as { journal_mode: string }
  assert.equal(journal_mode, 'wal')
  assert.deepEqual(await beside(fixture), ['first.sqlite', 'first.sqlite.lock'])
})

/** Files of the folder but for those of the write-ahead log. */
async function beside({ file }: SqliteFixture): Promise<string[]> {
  return (await readdir(path.dirname(file))).filter((name) => !/-(wal|shm)$/.test(name)).sort()
}
