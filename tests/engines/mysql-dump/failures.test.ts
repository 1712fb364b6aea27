import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import type { Definition, DumpFrame, FrameHead } from '../../../kernel/engines/dump.js'
import { loadDump, openDump } from '../../../kernel/engines/open-dump.js'
import { M3Error } from '../../../kernel/errors.js'
import { withMariaDb } from '../../support/mariadb.js'
import { startRelay } from '../../support/relay.js'
import { until } from '../../support/until.js'
import { DumpFixture } from './dump-fixture.js'

const ROWS = 80_000
const MANY = `CREATE TABLE many (id INT PRIMARY KEY, t VARCHAR(200));
  INSERT INTO many SELECT seq, REPEAT('x', 180) FROM seq_1_to_${ROWS}`
const TABLE: DumpFrame = frame(
  { kind: 'table', name: 't' },
  'CREATE TABLE `t` (id INT PRIMARY KEY, e ENUM("x"), n INT)',
)

/** Each of them after a table has been made. */
const GARBLED: readonly (readonly [string, DumpFrame, RegExp])[] = [
  ['an unknown kind', frame({ kind: 'files', name: 't' }, ''), /does not know: files/],
  ['a kind of every object', frame({ kind: 'constructor', name: 't' }, ''), /does not know/],
  ['no name', frame({ kind: 'rows', table: 7 }, 'INSERT INTO `t` (id) VALUES (1)'), /no such statement/],
  ['another table', frame({ kind: 'rows', table: 't' }, 'INSERT INTO `u` (id) VALUES (1)'), /no such statement/],
  ['another statement', frame({ kind: 'rows', table: 't' }, 'DROP TABLE t'), /no such statement/],
  [
    'two statements',
    frame({ kind: 'rows', table: 't' }, 'INSERT INTO `t` (id) VALUES (1); DROP TABLE t'),
    /SQL syntax/,
  ],
  ['a setting', frame({ kind: 'piece', table: 't' }, 'SET @@session.sql_mode = ""'), /no such statement/],
  [
    'bytes that are no text',
    { ...frame({ kind: 'rows', table: 't' }, ''), body: new Uint8Array([0xc3, 0x28]) },
    /no text/,
  ],
  ['half a statement', frame({ kind: 'rows', table: 't' }, "INSERT INTO `t` (id) VALUES (1), (2, 'x"), /SQL syntax/],
  ['a row twice', frame({ kind: 'rows', table: 't' }, 'INSERT INTO `t` (id) VALUES (1), (1)'), /Duplicate/],
  ['another database', frame({ kind: 'table', name: 'x' }, 'CREATE TABLE `x` SELECT * FROM mysql.user'), /denied/],
  ['a sequence', frame({ kind: 'sequence', name: 's', next: '1); DROP' }, 'CREATE SEQUENCE `s` START 1'), /next value/],
  ['no definition', frame({ kind: 'definition' }, 'CREATE VIEW `v` AS SELECT 1'), /what it is/],
  ['a definer', definition('view', 'CREATE DEFINER=root@`%` VIEW `v` AS SELECT 1'), /no such statement/],
  ['a view elsewhere', definition('view', 'CREATE VIEW `v`.`w` AS SELECT 1'), /no such statement/],
  ['an event elsewhere', definition('event', 'CREATE EVENT mysql.v ON SCHEDULE EVERY 1 DAY DO SELECT 1'), /no such/],
  ['a view that is none', definition('view', 'DROP DATABASE mysql'), /no such statement/],
]

await withMariaDb('a dump of MariaDB that goes wrong', (server) => {
  test('a connection that is killed ends a dump, whoever reads it', async (t) => {
    const fixture = await DumpFixture.make(t, server)
    await fixture.run('from', MANY)
    const dump = await openDump(fixture.connection('from'), { format: 'archive', withheld: {}, folder: tmpdir() })
    await assert.rejects(async () => {
      for await (const { head } of dump.frames) if (head.kind === 'rows') await killAll(fixture)
    }, isUnavailable)
    await dump.close()
  })

  test('a network that is cut ends a dump', async (t) => {
    const fixture = await DumpFixture.make(t, server)
    await fixture.run('from', MANY)
    const relay = await startRelay(t, server)
    const connection = fixture.connection('from')
    const login = { ...connection.login, port: relay.port }
    const dump = await openDump({ ...connection, login }, { format: 'archive', withheld: {}, folder: tmpdir() })
    await assert.rejects(async () => {
      for await (const { head } of dump.frames) {
        if (head.kind === 'rows') await relay.cut()
      }
    }, isUnavailable)
    await dump.close()
  })

  test('a connection that is killed ends a load, and the rest of the file is not read', async (t) => {
    const fixture = await DumpFixture.make(t, server)
    await fixture.run('from', MANY)
    const { frames } = await fixture.frames()
    let read = 0
    let isClosed = false
    async function* each(): AsyncGenerator<DumpFrame> {
      try {
        for (const one of frames) {
          yield one
          if (++read === 5) await killAll(fixture)
        }
      } finally {
        isClosed = true
      }
    }
    await assert.rejects(loadDump(fixture.connection('to'), each()), isUnavailable)
    assert.ok(isClosed && read < 10, `${read} of ${frames.length} frames were read`)
  })

  test('what the source of the frames throws is thrown', async (t) => {
    const fixture = await DumpFixture.make(t, server)
    const broken = new Error('the disk is gone')
    async function* each(): AsyncGenerator<DumpFrame> {
      yield TABLE
      throw broken
    }
    await assert.rejects(loadDump(fixture.connection('to'), each()), (error) => error === broken)
  })

  test('frames that no dump has are refused, each with its reason', async (t) => {
    const fixture = await DumpFixture.make(t, server)
    for (const [name, given, reason] of GARBLED) {
      await assert.rejects(fixture.load([TABLE, given]), (error: unknown) => {
        assert.ok(error instanceof M3Error && error.code === 'BACKUP_INVALID', `${name}: ${error}`)
        assert.match(error.message, reason, name)
        return true
      })
      await fixture.run('to', 'DROP TABLE IF EXISTS t; DROP SEQUENCE IF EXISTS s')
    }
    await until(async () => (await states(fixture)).length === 0, 'no connection is left')
  })

  test('a value that changes on its way in is a fault, unless it is what an ENUM keeps for a wrong one', async (t) => {
    const fixture = await DumpFixture.make(t, server)
    const rows = (values: string) =>
      frame({ kind: 'rows', table: 't' }, `INSERT INTO \`t\` (id, e, n) VALUES ${values}`)
    const loaded = await fixture.load([
      TABLE,
      rows('(1, 0, 5), (2, 1, 6)'),
      rows("(3, 0, '7 apples')"),
      rows('(4, 1, 1e30)'),
    ])
    assert.deepEqual(loaded.rows, { t: 4 })
    assert.deepEqual(
      loaded.faults.map(({ path, message }) => `${path}: ${message.replace(/ at row .*/, '')}`),
      ["t: Data truncated for column 'n'", "t: Out of range value for column 'n'"],
    )
  })

  test('a view that cannot be read any more is a fault; rows that refer to nothing are told of', async (t) => {
    const fixture = await DumpFixture.make(t, server)
    const loaded = await fixture.load([
      TABLE,
      frame({ kind: 'table', name: 'u' }, 'CREATE TABLE `u` (t INT, FOREIGN KEY (t) REFERENCES t (id))'),
      frame({ kind: 'rows', table: 'u' }, 'INSERT INTO `u` (t) VALUES (1), (NULL)'),
      definition('view', 'CREATE VIEW `v` AS SELECT * FROM gone'),
    ])
    assert.match(
      loaded.faults.map(({ path, message }) => `${path}: ${message}`).join(),
      /^v: this view cannot be .*gone/,
    )
    assert.deepEqual(loaded.warnings, ['1 rows of u refer to nothing in t'])
  })

  test('the server waits for a reader that is slow, and what has been read takes little memory', async (t) => {
    const fixture = await DumpFixture.make(t, server)
    await fixture.run('from', MANY)
    const dump = await openDump(fixture.connection('from'), { format: 'archive', withheld: {}, folder: tmpdir() })
    const before = process.memoryUsage().arrayBuffers
    let bytes = 0
    let most = 0
    try {
      for await (const { head, body } of dump.frames) {
        if (bytes === 0 && head.kind === 'rows') {
          await until(async () => (await states(fixture)).includes('Writing to net'), 'the server waits')
          most = process.memoryUsage().arrayBuffers - before
        }
        bytes += body.length
      }
    } finally {
      // Its transaction would keep the database from being dropped.
      await dump.close()
    }
    assert.ok(bytes > 14_000_000, `${bytes} bytes were dumped`)
    assert.ok(most < 8_000_000, `${most} bytes were held while the server waited`)
    assert.deepEqual(dump.rows, { many: ROWS })
  })

  test('a dump that is closed before its end lets go of the server', async (t) => {
    const fixture = await DumpFixture.make(t, server)
    await fixture.run('from', MANY)
    const dump = await openDump(fixture.connection('from'), { format: 'archive', withheld: {}, folder: tmpdir() })
    for await (const { head } of dump.frames) if (head.kind === 'rows') break
    await dump.close()
    await until(async () => (await states(fixture)).length === 0, 'the connection is gone')
  })
})

function frame(head: Omit<FrameHead, 'units'>, sql: string): DumpFrame {
  return { head: { units: 0, ...head } as FrameHead, body: Buffer.from(sql) }
}

function definition(kind: Definition['kind'], sql: string): DumpFrame {
  return frame({ kind: 'definition', definition: { kind, name: 'v' } }, sql)
}

function isUnavailable(error: unknown): boolean {
  return error instanceof M3Error && error.code === 'DATABASE_UNAVAILABLE'
}

async function states({ root, prefix }: DumpFixture): Promise<string[]> {
  const [rows] = await root.query(`SELECT STATE FROM information_schema.PROCESSLIST WHERE USER = '${prefix}'`)
  return (rows as { STATE: string }[]).map(({ STATE }) => STATE)
}

/** Ends all connections of the user of the databases. */
async function killAll({ root, prefix }: DumpFixture): Promise<void> {
  const [rows] = await root.query(`SELECT ID FROM information_schema.PROCESSLIST WHERE USER = '${prefix}'`)
  for (const { ID } of rows as { ID: number }[]) await root.query(`KILL ${ID}`).catch(() => undefined)
}
