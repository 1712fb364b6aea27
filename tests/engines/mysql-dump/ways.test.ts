import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import fc from 'fast-check'
import type { DumpFrame } from '../../../kernel/engines/dump.js'
import { loadDump, openDump } from '../../../kernel/engines/open-dump.js'
import { withMariaDb } from '../../support/mariadb.js'
import { propertyRuns } from '../../support/property-runs.js'
import { DumpFixture } from './dump-fixture.js'

const bits = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })

/** Any bit pattern that is a number. */
const double = bits
  .map((value) => new DataView(new BigUint64Array([value]).buffer).getFloat64(0, true))
  .filter((value) => Number.isFinite(value))

await withMariaDb('a dump of MariaDB', (server) => {
  for (const run of propertyRuns(20)) {
    test(`numbers of any bits and texts of any characters come back equal: ${run.name}`, async (t) => {
      const fixture = await DumpFixture.make(t, server)
      const value = fc.record({
        double,
        float: double.map(Math.fround).filter((each) => Number.isFinite(each)),
        big: bits,
        text: fc.string({ unit: 'binary', maxLength: 200 }),
        bytes: fc.uint8Array({ maxLength: 200 }),
      })
      await run.check(
        fc.asyncProperty(fc.array(value, { minLength: 1, maxLength: 30 }), async (values) => {
          const own = await fixture.own('from', { supportBigNumbers: true })
          await own.query('DROP TABLE IF EXISTS t')
          await own.query(
            'CREATE TABLE t (id INT PRIMARY KEY, d DOUBLE, f FLOAT, b BIGINT UNSIGNED, bits BIT(64), x LONGTEXT, y LONGBLOB)',
          )
          for (const [i, each] of values.entries()) {
            const big = String(each.big)
            const numbers = [i, String(each.double), String(each.float), big]
            await own.query('INSERT INTO t VALUES (?, ? + 0E0, ? + 0E0, ?, CAST(? AS UNSIGNED), ?, ?)', [
              ...numbers,
              big,
              each.text,
              Buffer.from(each.bytes),
            ])
          }
          await own.end()
          await fixture.root.query(`DROP TABLE IF EXISTS ${fixture.name('to')}.t`)
          await fixture.roundTrip()
        }),
      )
    })
  }

  test('a row that the server cannot write as text goes another way, and is the same', async (t) => {
    const fixture = await DumpFixture.make(t, server)
    const own = await fixture.own('from')
    await own.query(
      `CREATE TABLE t (id INT PRIMARY KEY, a LONGBLOB, b LONGTEXT, c BIT(9), d ENUM('x', 'y'), e FLOAT, f DATETIME, g POINT, h JSON, i DECIMAL(20, 5))`,
    )
    const large = Buffer.alloc(9_000_000, 0)
    for (let i = 0; i < large.length; i += 7) large[i] = i % 256
    await own.execute('INSERT INTO t VALUES (1, ?, ?, 300, ?, 0.1, ?, POINT(1, 2), ?, 1.5)', [
      large,
      "it's \\ 🦊\0".repeat(1000),
      'y',
      '2024-02-29 12:00:00',
      '{"a": "ü"}',
    ])
    await own.query('INSERT INTO t (id) VALUES (2)')
    await own.query('INSERT INTO t (id, a, b) VALUES (3, ?, ?)', ['', ''])
    await own.end()
    const { frames } = await fixture.frames()
    assert.ok(frames.some(({ head }) => head.kind === 'piece'))
    assert.ok(frames.every(({ body }) => body.length < 1_500_000))
    await fixture.roundTrip()
  })

  test('an export is loaded by the server’s own client', async (t) => {
    const fixture = await DumpFixture.make(t, server)
    await fixture.run(
      'from',
      `CREATE TABLE a (id INT AUTO_INCREMENT PRIMARY KEY, t TEXT, b BLOB, x FLOAT, at TIMESTAMP NULL, big LONGBLOB) AUTO_INCREMENT = 77;
       CREATE TABLE c (id INT PRIMARY KEY, a INT, FOREIGN KEY (a) REFERENCES a (id));
       INSERT INTO a VALUES (0, 'it''s; \\\\ "x" 🦊\\n--', x'00ff27', 0.1, '2024-01-01 00:00:00', NULL), (5, NULL, NULL, NULL, NULL, REPEAT('ab', 4500000));
       INSERT INTO c VALUES (1, 5);
       CREATE SEQUENCE s START WITH 5;
       CREATE VIEW z AS SELECT id FROM a; CREATE VIEW b AS SELECT * FROM z`,
      'NO_AUTO_VALUE_ON_ZERO',
    )
    await fixture.run(
      'from',
      "CREATE TRIGGER more BEFORE INSERT ON c FOR EACH ROW BEGIN SET NEW.id = NEW.id + 1; SET @x = ';'; END",
    )
    const { frames } = await fixture.frames('from', { format: 'sql' })
    const client = spawn(
      'mariadb',
      [
        '--no-defaults',
        `--host=${server.host}`,
        `--port=${server.port}`,
        '--protocol=TCP',
        '--default-character-set=utf8mb4',
        `--user=${fixture.prefix}`,
        fixture.name('to'),
      ],
      { env: { ...process.env, MYSQL_PWD: 'the user' }, stdio: ['pipe', 'inherit', 'inherit'] },
    )
    for (const { body } of frames) client.stdin.write(body)
    client.stdin.end()
    assert.deepEqual(await once(client, 'exit'), [0, null])
    assert.deepEqual(await fixture.tables('to'), await fixture.tables('from'))
    const own = await fixture.own('to')
    t.after(() => own.end())
    await own.query('INSERT INTO c VALUES (10, 0)')
    const [rows] = await own.query('SELECT id FROM c ORDER BY id')
    assert.deepEqual(rows, [{ id: 1 }, { id: 11 }], 'its trigger works')
    const [seen] = await own.query('SELECT COUNT(*) AS n FROM b')
    assert.deepEqual(seen, [{ n: 2 }])
  })

  test('a connection that is ended in the middle fails the dump, and the load', async (t) => {
    const fixture = await DumpFixture.make(t, server)
    await fixture.run('from', 'CREATE TABLE t (id INT PRIMARY KEY, a TEXT)')
    await fixture.root.query(
      `INSERT INTO ${fixture.name('from')}.t SELECT seq, REPEAT('x', 500) FROM ${fixture.name('from')}.seq_1_to_30000`,
    )
    const kill = async () => {
      const [rows] = await fixture.root.query(
        `SELECT id FROM information_schema.PROCESSLIST WHERE USER = '${fixture.prefix}'`,
      )
      for (const { id } of rows as { id: number }[]) await fixture.root.query(`KILL ${id}`)
    }
    const dump = await openDump(fixture.connection('from'), { format: 'archive', withheld: {}, folder: tmpdir() })
    const read: DumpFrame[] = []
    const reading = (async () => {
      for await (const frame of dump.frames) {
        read.push(frame)
        if (read.length === 3) await kill()
      }
    })()
    await assert.rejects(reading, { code: 'DATABASE_UNAVAILABLE' })
    await dump.close()
    const { frames } = await fixture.frames()
    async function* killing(): AsyncGenerator<DumpFrame> {
      for (const [i, frame] of frames.entries()) {
        if (i === 4) await kill()
        yield frame
      }
    }
    await assert.rejects(loadDump(fixture.connection('to'), killing()), { code: 'DATABASE_UNAVAILABLE' })
  })

  test('frames that are none are refused', async (t) => {
    const fixture = await DumpFixture.make(t, server)
    const made = (kind: string, text: string, more: object = {}): DumpFrame => ({
      head: { kind, units: 1, ...more },
      body: Buffer.from(text),
    })
    const table = made('table', 'CREATE TABLE `t` (id INT PRIMARY KEY, a INT NOT NULL)', { name: 't' })
    for (const [frame, message] of [
      [made('file', 'x'), /a part that this version does not know: file/],
      [made('rows', 'INSERT INTO `t` (id) VALUES (1', { table: 't' }), /does not take t/],
      [made('rows', 'INSERT INTO `missing` (id) VALUES (1)', { table: 'missing' }), /does not take missing/],
      [made('rows', 'INSERT INTO `t` (id) VALUES (1)', { table: 'other' }), /of kind rows that is no such statement/],
      [made('rows', 'DELETE FROM `t`', { table: 't' }), /of kind rows that is no such statement/],
      [made('piece', 'SET GLOBAL x = 1', { table: 't' }), /of kind piece that is no such statement/],
      [{ ...made('rows', ''), body: Buffer.from([0xff]) }, /a part that is no text/],
      [made('definition', 'x', { definition: { kind: 'user', name: 'x' } }), /does not tell what it is/],
      [
        made('definition', 'DROP TABLE t', { definition: { kind: 'view', name: 'v' } }),
        /a view that is no such statement/,
      ],
      [made('sequence', 'CREATE SEQUENCE `s` CACHE 5', { name: 's', next: '1; DROP' }), /without its next value/],
    ] as const) {
      await assert.rejects(fixture.load([table, frame]), { code: 'BACKUP_INVALID', message }, String(message))
      await fixture.root.query(`DROP TABLE IF EXISTS ${fixture.name('to')}.t, ${fixture.name('to')}.s`)
    }
  })

  test('what is withheld is empty in it, and a table without transactions is told of', async (t) => {
    const fixture = await DumpFixture.make(t, server)
    await fixture.run(
      'from',
      "CREATE TABLE tenants (id INT PRIMARY KEY, password VARCHAR(50)) ENGINE = MyISAM; INSERT INTO tenants VALUES (1, 'plain secret')",
    )
    const { frames, warnings } = await fixture.frames('from', { withheld: { tenants: ['password'] } })
    assert.ok(!frames.some(({ body }) => Buffer.from(body).includes('plain secret')))
    assert.match(warnings.join(), /tenants takes no part in transactions/)
    await fixture.load(frames)
    const own = await fixture.own('to')
    t.after(() => own.end())
    assert.deepEqual((await own.query('SELECT * FROM tenants'))[0], [{ id: 1, password: '' }])
  })
})
