import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { withMariaDb } from '../../support/mariadb.js'
import { propertyRuns } from '../../support/property-runs.js'
import { DumpFixture } from './dump-fixture.js'

const MEBIBYTE = 1024 * 1024
const MEMBERS = Array.from({ length: 64 }, (_, i) => `'m${i}'`).join(', ')

const ODD = `
CREATE TABLE zeros (id INT PRIMARY KEY, a DOUBLE, b FLOAT, c DOUBLE(9,3), d FLOAT(7,4) UNSIGNED, y YEAR, z YEAR(2), p DECIMAL(20,4) ZEROFILL);
INSERT INTO zeros VALUES (1, '-0', '-0', '-0', 0.0001, 0, 0, 12.5), (2, 0, 0, 0, 123.4567, 2000, 70, 0), (3, 1e15, 1e15, -999999.999, 0, 1901, 99, 0);
CREATE TABLE sets (id INT PRIMARY KEY, a SET(${MEMBERS}), b SET('', 'x'), c ENUM('1', '0', '2'));
INSERT INTO sets VALUES (1, 18446744073709551615, 1, '0'), (2, 9223372036854775808, 0, 1), (3, 'm0,m63', 3, '2'), (4, '', '', 0), (5, NULL, NULL, NULL);
CREATE TABLE tongues (id INT PRIMARY KEY, a VARCHAR(60) CHARACTER SET cp932, b VARCHAR(60) CHARACTER SET gbk, c TEXT CHARACTER SET big5,
  d VARCHAR(60) CHARACTER SET cp1251, e CHAR(9) CHARACTER SET ascii, f VARCHAR(20) CHARACTER SET ucs2, g VARCHAR(20) CHARACTER SET utf32,
  h VARCHAR(20) CHARACTER SET utf16le, i VARCHAR(300) CHARACTER SET latin1, j ENUM('ж', 'ы') CHARACTER SET koi8r);
INSERT INTO tongues VALUES (1, 0x879081E0815C, 0x8140A2A1FE4F, 0xA15CA4405C, 0x98FF, 'plain''\\\\', 'ü漢', '🦊', '🦊', 0x${Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0')).join('')}, 'ы'),
  (2, '', '', '', '', '', '', '', '', '', 'ж'), (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE tight (id INT PRIMARY KEY, a VARCHAR(100) COMPRESSED, b BLOB COMPRESSED, c TEXT) ROW_FORMAT=DYNAMIC;
INSERT INTO tight VALUES (1, REPEAT('a', 99), REPEAT(0x00FF, 9000), REPEAT('\\'', 65535));
CREATE TABLE texts (id INT PRIMARY KEY, a TEXT, b TEXT, c TEXT, d TEXT, e TEXT, f TEXT CHARACTER SET latin1);
INSERT INTO texts VALUES (1, REPEAT('\\\\', 65535), REPEAT('''', 65535), REPEAT('ü', 30000), REPEAT('a', 65535), REPEAT(0, 9), REPEAT('€', 65535)), (2, '', NULL, '', '', '', '');
CREATE TABLE unsound (id INT PRIMARY KEY, a INT);
INSERT INTO unsound VALUES (1, -1);
SET check_constraint_checks = 0;
ALTER TABLE unsound ADD CONSTRAINT positive CHECK (a > 0);
`

await withMariaDb('values in a dump of MariaDB', (server) => {
  test('values that only their bytes, bits or places tell apart come back equal', async (t) => {
    const fixture = await DumpFixture.make(t, server)
    await fixture.run('from', ODD)
    await fixture.roundTrip()
  })

  for (const { name, check } of propertyRuns(4)) {
    test(`floating-point numbers of any bits come back equal, ${name}`, async (t) => {
      const fixture = await DumpFixture.make(t, server)
      const double = fc.double({ noNaN: true, noDefaultInfinity: true })
      const float = fc.float({ noNaN: true, noDefaultInfinity: true })
      const rows = fc.array(fc.tuple(double, float), { minLength: 400, maxLength: 400, size: 'max' })
      await check(
        fc.asyncProperty(rows, async (pairs) => {
          for (const which of ['from', 'to']) await fixture.run(which, 'DROP TABLE IF EXISTS numbers')
          const values = pairs.map(([d, f]) => `('${Object.is(d, -0) ? '-0' : d}', '${f}')`)
          await fixture.run('from', `CREATE TABLE numbers (d DOUBLE, f FLOAT); INSERT INTO numbers VALUES ${values}`)
          await fixture.roundTrip()
        }),
      )
    })
  }

  test('a row that is longer than max_allowed_packet comes back equal, and no frame is longer than a few mebibytes', async (t) => {
    const fixture = await DumpFixture.make(t, server)
    const own = await fixture.own('from')
    t.after(() => own.end())
    await own.query(`CREATE TABLE long_rows (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, a LONGBLOB, b LONGTEXT, c LONGTEXT CHARACTER SET latin1,
      d DOUBLE, e ENUM('x'), f JSON, g GEOMETRY, h MEDIUMTEXT CHARACTER SET utf16) AUTO_INCREMENT = 18446744073709550000`)
    const blob = randomBytes(9 * MEBIBYTE)
    const string = `'🦊\\ü\0"`.repeat(300_000)
    await own.execute('INSERT INTO long_rows (a, d, e) VALUES (?, 0.1, 1)', [blob])
    // Each of them is less than a packet, all of them together more than two.
    await own.execute('UPDATE long_rows SET b = ?', [string])
    await own.query(
      "UPDATE long_rows SET c = REPEAT(CONVERT('€' USING latin1), 6000000), h = REPEAT('a', 200000), f = JSON_QUOTE(REPEAT('j', 90000))",
    )
    await own.query(
      "INSERT INTO long_rows (a, b, g) VALUES ('', '', POINT(1, 2)), (NULL, NULL, NULL), (0x00, 'short', NULL)",
    )
    await own.execute('INSERT INTO long_rows (a, b) VALUES (?, ?)', [blob.subarray(0, 250_000), 'ß'.repeat(700_000)])
    const { frames } = await fixture.roundTrip()
    const longest = Math.max(...frames.map(({ body }) => body.length))
    assert.ok(longest <= 2 * MEBIBYTE, `the longest frame has ${longest} bytes`)
  })

  test('what is withheld is empty in the dump', async (t) => {
    const fixture = await DumpFixture.make(t, server)
    await fixture.run(
      'from',
      `CREATE TABLE Users (id INT PRIMARY KEY, Secret VARCHAR(99) NOT NULL, more LONGTEXT);
      INSERT INTO Users VALUES (1, 'the Password of A', REPEAT('x', 999999))`,
    )
    const { frames } = await fixture.frames('from', { withheld: { users: ['secret'] } })
    assert.ok(!Buffer.concat(frames.map(({ body }) => body)).includes('the Password'))
    assert.deepEqual((await fixture.load(frames)).faults, [])
    const [rows] = await fixture.root.query(
      `SELECT id, Secret, LENGTH(more) AS length FROM ${fixture.name('to')}.Users`,
    )
    assert.deepEqual(rows, [{ id: 1, Secret: '', length: 999_999 }])
  })

  test('a reader is told of what is in no snapshot, or not in the dump at all', async (t) => {
    const fixture = await DumpFixture.make(t, server)
    await fixture.run(
      'from',
      `CREATE TABLE aria (id INT PRIMARY KEY) ENGINE=Aria; INSERT INTO aria VALUES (1);
      CREATE TABLE past (id INT PRIMARY KEY) WITH SYSTEM VERSIONING; INSERT INTO past VALUES (1), (2); DELETE FROM past WHERE id = 1`,
    )
    const { frames, rows, warnings } = await fixture.frames()
    assert.deepEqual(rows, { aria: 1, past: 1 })
    assert.match(warnings.join(), /past only the rows of now.*aria takes no part in transactions/)
    assert.deepEqual((await fixture.load(frames)).rows, rows)
  })
})
