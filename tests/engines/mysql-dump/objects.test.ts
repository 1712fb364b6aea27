import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { openMysql } from '../../../kernel/engines/mysql/connection.js'
import { define } from '../../../kernel/engines/mysql/dump/try-definitions.js'
import { type SharedMariaDb, withMariaDb } from '../../support/mariadb.js'
import { findServer } from '../../support/server-process.js'
import { DumpFixture } from './dump-fixture.js'

const TABLES = `
CREATE TABLE \`a \`\`b; c\` (id INT PRIMARY KEY, \`it's\` VARCHAR(40) DEFAULT 'a;''b\\\\' COMMENT 'x''y', n INT, CONSTRAINT \`odd one\` CHECK (n <> 4));
INSERT INTO \`a \`\`b; c\` VALUES (1, 'x;\\n--\\\\''', 1), (2, 'DELIMITER //\\n\\0/*', 2);
CREATE TABLE noted (id INT AUTO_INCREMENT PRIMARY KEY, t TEXT, d VARCHAR(99) AS (LEFT(t, 9)) STORED, blobby MEDIUMBLOB, KEY (t(7)), FULLTEXT KEY (t));
INSERT INTO noted (t, blobby) VALUES ('one two', REPEAT(0x27005C0A, 200000)), (NULL, NULL);
CREATE SEQUENCE tickets START WITH 9007199254740993 INCREMENT BY -2 MINVALUE -5 MAXVALUE 9223372036854775806 CACHE 3;
`
const ROUTINES = `
CREATE FUNCTION \`plus one\`(n INT) RETURNS INT DETERMINISTIC COMMENT 'adds; one' RETURN n + 1;
CREATE PROCEDURE busy(IN n INT, OUT total INT)
BEGIN
  -- counts; and says so
  DECLARE i INT DEFAULT 0; # another; comment
  WHILE i < n DO SET i = i + 1; INSERT INTO noted (t) VALUES (CONCAT('a;', "b", i)); END WHILE;
  SELECT COUNT(*) INTO total FROM noted;
END;
CREATE VIEW z AS SELECT id, t FROM noted WHERE t <> 'ü;''';
CREATE VIEW m AS SELECT z.id, \`plus one\`(z.id) AS more FROM z JOIN noted USING (id);
CREATE SQL SECURITY INVOKER VIEW a (\`first one\`, second) AS SELECT * FROM m;
CREATE VIEW b AS SELECT * FROM a WITH CASCADED CHECK OPTION;
CREATE EVENT tidy ON SCHEDULE EVERY 1 WEEK STARTS '2037-01-01 00:00:00' ON COMPLETION PRESERVE DISABLE COMMENT 'x' DO BEGIN DELETE FROM noted WHERE id < 0; DELETE FROM noted WHERE id < -1; END;
`.replace(' WITH CASCADED CHECK OPTION', '')
const STRANGE = `
CREATE TRIGGER "first one" BEFORE INSERT ON noted FOR EACH ROW BEGIN
  IF NEW."t" = 'back\\' THEN SET NEW.t = 'sl;' || 'ash'; END IF;
END;
`

await withMariaDb('objects in a dump of MariaDB', (server) => {
  test('views, triggers, routines and events come back as they were made, under the settings of then', async (t) => {
    const fixture = await objectsOf(await DumpFixture.make(t, server))
    const { definitions, faults } = await fixture.roundTrip()
    assert.deepEqual(faults, [])
    assert.deepEqual(await fixture.objects('to'), [])
    const { login, database, collation, timeout } = fixture.connection('to')
    const own = await openMysql({ ...login, database }, { collation, timeout })
    t.after(() => own.close())
    for (const definition of definitions) await define(own, definition)
    assert.deepEqual(await fixture.objects('to'), await fixture.objects('from'))
  })

  test('the text for people is taken by the client of the server and gives the same database', async (t) => {
    const client = (await findServer('mariadb')) ?? (await findServer('mysql'))
    if (!client) return t.skip('there is no client')
    const fixture = await objectsOf(await DumpFixture.make(t, server))
    const { frames } = await fixture.frames('from', { format: 'sql' })
    await load(client, server, fixture, Buffer.concat(frames.map(({ body }) => body)))
    assert.deepEqual(await fixture.tables('to'), await fixture.tables('from'))
    assert.deepEqual(await fixture.objects('to'), await fixture.objects('from'))
    const [[next]] = (await fixture.root.query(`SELECT NEXTVAL(${fixture.name('to')}.tickets) AS n`)) as unknown as [
      { n: unknown }[],
    ]
    assert.ok(BigInt(String(next?.n)) < 9_007_199_254_740_993n, `the sequence goes on: ${next?.n}`)
  })

  test('a view that cannot be read is told of, and keeps nothing from being loaded', async (t) => {
    const fixture = await DumpFixture.make(t, server)
    await fixture.run(
      'from',
      `CREATE TABLE gone (id INT); CREATE TABLE stays (id INT); INSERT INTO stays VALUES (1);
      CREATE VIEW broken AS SELECT * FROM gone; CREATE VIEW well AS SELECT * FROM stays; DROP TABLE gone`,
    )
    const { frames, warnings } = await fixture.frames()
    assert.match(warnings.join(), /^the view broken cannot be read: /)
    const loaded = await fixture.load(frames)
    assert.deepEqual(loaded.faults, [])
    assert.match(loaded.warnings.join(), /the view broken is left out/)
    assert.deepEqual(
      loaded.definitions.map(({ name }) => name),
      ['well'],
    )
    const client = await findServer('mariadb')
    if (!client) return
    await fixture.run('to', 'DROP TABLE stays')
    const exported = await fixture.frames('from', { format: 'sql' })
    await load(client, server, fixture, Buffer.concat(exported.frames.map(({ body }) => body)))
    assert.deepEqual(await fixture.tables('to'), await fixture.tables('from'))
  })
})

async function objectsOf(fixture: DumpFixture): Promise<DumpFixture> {
  await fixture.run('from', TABLES + ROUTINES)
  await fixture.run('from', STRANGE, 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT')
  // Its author named the database, and the server keeps the text of a trigger as it was written.
  const qualified = `${fixture.name('from')}.\`second\` BEFORE INSERT ON ${fixture.name('from')}.noted`
  await fixture.run('from', `CREATE TRIGGER ${qualified} FOR EACH ROW SET NEW.t = UPPER(NEW.t)`)
  const latin = await fixture.own('from')
  await latin.query('SET NAMES latin1 COLLATE latin1_german1_ci')
  await latin.query({ sql: "CREATE VIEW umlauts AS SELECT 'x' = 'X' AS same, COLLATION('x') AS collation" })
  await latin.end()
  return fixture
}

async function load(client: string, { host, port }: SharedMariaDb, { prefix }: DumpFixture, sql: Buffer) {
  const child = spawn(
    client,
    [
      '--no-defaults',
      '--comments',
      '--protocol=TCP',
      `--host=${host}`,
      `--port=${port}`,
      `--user=${prefix}`,
      `${prefix}_to`,
    ],
    { env: { ...process.env, MYSQL_PWD: 'the user' }, stdio: ['pipe', 'ignore', 'pipe'] },
  )
  const exited = once(child, 'exit')
  child.stdin.on('error', () => undefined)
  child.stdin.end(sql)
  const complaints = await text(child.stderr)
  const [status] = await exited
  assert.equal(status, 0, complaints)
}
