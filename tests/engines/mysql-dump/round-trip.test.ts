import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withMariaDb } from '../../support/mariadb.js'
import { DumpFixture } from './dump-fixture.js'

const ALL_BYTES = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0')).join('')
const TEXTS = ["''", "'it''s'", "'a\\\\b\\n\\r\\t\\0\\Z\"%_'", "'🦊 ü 漢 '", "'trailing  '", "'NULL'", "'0x41'", 'NULL']

const TYPES = `
CREATE TABLE numbers (id SERIAL, a TINYINT, b TINYINT UNSIGNED, c SMALLINT, d MEDIUMINT, e INT, f INT UNSIGNED ZEROFILL,
  g BIGINT, h BIGINT UNSIGNED, i DECIMAL(65,30), j DECIMAL(10,0), k FLOAT, l DOUBLE, m BIT(64), n BIT(1), o YEAR, p BOOLEAN, q DOUBLE(10,2));
INSERT INTO numbers VALUES
  (0, -128, 255, -32768, -8388608, -2147483648, 42, -9223372036854775808, 18446744073709551615,
   -99999999999999999999999999999999999.999999999999999999999999999999, -9999999999, 1.17549e-38, 2.2250738585072014e-308, b'1111111111111111111111111111111111111111111111111111111111111111', 1, 1901, TRUE, -12345678.99),
  (NULL, 127, 0, 32767, 8388607, 2147483647, 4294967295, 9223372036854775807, 0, 0.000000000000000000000000000001, 9999999999,
   3.40282e38, 1.7976931348623157e308, 0, 0, 2155, FALSE, 0.01),
  (NULL, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.1, 0.1, 5, 0, 0, 2, -0.0),
  (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (NULL, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 16777217, 0.30000000000000004, 1, 1, 1999, 1, 1), (NULL, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1.40130e-45, 5e-324, 1, 1, 1999, 1, 1);
CREATE TABLE moments (id INT PRIMARY KEY, a DATE, b TIME(6), c DATETIME(6), d TIMESTAMP(3) NULL, e TIME, f DATETIME);
INSERT INTO moments VALUES (1, '0000-00-00', '-838:59:59.000000', '0000-00-00 00:00:00', '1970-01-01 00:00:01.001', '838:59:59', '9999-12-31 23:59:59'),
  (2, '9999-12-31', '00:00:00.000001', '2024-02-29 23:59:59.999999', '2038-01-19 03:14:07.999', '-00:00:01', '1000-01-01'), (3, '2024-00-00', NULL, NULL, NULL, NULL, NULL);
CREATE TABLE words (id INT AUTO_INCREMENT PRIMARY KEY, a CHAR(20), b VARCHAR(50), c TINYTEXT, d TEXT, e MEDIUMTEXT, f LONGTEXT,
  g VARCHAR(50) CHARACTER SET utf16, h VARCHAR(50) CHARACTER SET utf8mb3, j VARCHAR(50) COLLATE utf8mb4_bin);
CREATE TABLE latin (id INT PRIMARY KEY, a VARCHAR(50) CHARACTER SET latin1, b CHAR(5) CHARACTER SET ascii, c VARCHAR(9) CHARACTER SET cp1251);
INSERT INTO latin VALUES (1, 'äöü€''', 'a''b', 'Жук'), (2, NULL, NULL, NULL);
CREATE TABLE bytes (id INT PRIMARY KEY, a BINARY(4), b VARBINARY(300), c TINYBLOB, d BLOB, e MEDIUMBLOB, f LONGBLOB);
INSERT INTO bytes VALUES (1, 'a', x'${ALL_BYTES}', '', x'${ALL_BYTES}', x'${ALL_BYTES}', x'${ALL_BYTES}'), (2, NULL, NULL, NULL, NULL, NULL, NULL),
  (3, x'00000000', '', x'27', x'5c', x'00', '''');
CREATE TABLE choices (id INT PRIMARY KEY, a ENUM('', 'x', 'it''s', 'ü'), b SET('a', 'b', 'c''d'), c ENUM('x', 'y'));
INSERT INTO choices VALUES (1, '', '', 'x'), (2, 'it''s', 'a,c''d', 'y'), (3, 'ü', 'a,b,c''d', 'wrong'), (4, NULL, NULL, NULL), (5, 99, 'b', 0);
CREATE TABLE documents (id INT PRIMARY KEY, a JSON);
INSERT INTO documents VALUES (1, '{"a": ["it''s", 1.50, null, "\\\\u00e4 🦊", "\\\\"quoted\\\\""]}'), (2, '1e999'), (3, NULL), (4, '""');
CREATE TABLE places (id INT PRIMARY KEY, a POINT, b GEOMETRY, c POLYGON NOT NULL, SPATIAL INDEX (c));
INSERT INTO places VALUES (1, POINT(1.5, -2), ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1))', 4326), ST_GeomFromText('POLYGON((0 0,0 1,1 1,0 0))')),
  (2, NULL, NULL, ST_GeomFromText('POLYGON((0 0,0 2,2 2,0 0))'));
CREATE TABLE addresses (id UUID PRIMARY KEY, a INET6, b INET4);
INSERT INTO addresses VALUES ('123e4567-e89b-12d3-a456-426655440000', '2001:db8::ff', '192.0.2.1'), (UUID(), NULL, NULL);
CREATE TABLE \`select\` (\`a \`\`b\` INT, \`order\` TEXT, \`ü 🙂\`\`\` VARCHAR(9) DEFAULT 'it''s');
INSERT INTO \`select\` VALUES (1, 'x', DEFAULT), (1, 'x', NULL);
CREATE TABLE empty (id INT PRIMARY KEY);
CREATE TABLE computed (id INT PRIMARY KEY, a INT, b INT AS (a * 2) STORED, c VARCHAR(20) AS (CONCAT('<', a, '>')) VIRTUAL, d INT INVISIBLE DEFAULT 5,
  e DATETIME DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, f VARCHAR(40) DEFAULT (UUID()), CHECK (a > 0), CONSTRAINT odd CHECK (a <> 4));
INSERT INTO computed (id, a, d) VALUES (1, 3, 7), (2, 5, NULL);
`.replaceAll('🙂', '')

const MADE = `
CREATE TABLE parents (a INT, b VARCHAR(20), c INT UNIQUE, PRIMARY KEY (a, b)) COMMENT 'with ''quotes''';
CREATE TABLE children (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(20), t TEXT, d DECIMAL(9,2),
  KEY prefix (t(7), b DESC), FULLTEXT KEY words (t), KEY (a, b), CONSTRAINT up FOREIGN KEY (a, b) REFERENCES parents (a, b) ON DELETE CASCADE ON UPDATE SET NULL) AUTO_INCREMENT = 18446744073709551000;
CREATE TABLE hens (id INT PRIMARY KEY, egg INT);
CREATE TABLE eggs (id INT PRIMARY KEY, hen INT, self INT, FOREIGN KEY (hen) REFERENCES hens (id), FOREIGN KEY (self) REFERENCES eggs (id));
ALTER TABLE hens ADD FOREIGN KEY (egg) REFERENCES eggs (id);
CREATE TABLE parts (id INT, born DATE, PRIMARY KEY (id, born)) PARTITION BY RANGE (YEAR(born)) (PARTITION old VALUES LESS THAN (2000), PARTITION young VALUES LESS THAN MAXVALUE);
CREATE SEQUENCE numbers START WITH 100 INCREMENT BY 7 MAXVALUE 9223372036854775806;
SELECT NEXTVAL(numbers);
INSERT INTO parents VALUES (1, 'x', 1), (2, 'y', 2);
INSERT INTO children (a, b, t) VALUES (1, 'x', 'the quick brown fox'), (2, 'y', 'jumps');
SET foreign_key_checks = 0; INSERT INTO hens VALUES (1, 1); INSERT INTO eggs VALUES (1, 1, 1); SET foreign_key_checks = 1;
INSERT INTO parts VALUES (1, '1990-01-01'), (2, '2020-01-01');
CREATE FUNCTION plus(n INT) RETURNS INT DETERMINISTIC RETURN n + 1;
CREATE VIEW a_top AS SELECT id, plus(id) AS more FROM m_middle WHERE t LIKE 'the%';
CREATE VIEW m_middle AS SELECT * FROM z_bottom;
CREATE PROCEDURE fill(IN n INT) BEGIN DECLARE i INT DEFAULT 0; WHILE i < n DO SET i = i + 1; INSERT INTO eggs (id) VALUES (i + 100); END WHILE; END;
CREATE TRIGGER first_of BEFORE INSERT ON children FOR EACH ROW BEGIN SET NEW.d = 1.5; IF NEW.t IS NULL THEN SET NEW.t = 'a;b''c'; END IF; END;
CREATE TRIGGER second_of BEFORE INSERT ON children FOR EACH ROW SET NEW.d = NEW.d * 2;
CREATE EVENT tidy ON SCHEDULE EVERY 1 DAY STARTS '2037-01-01 00:00:00' DISABLE DO DELETE FROM eggs WHERE id > 1000;
`
  .replace(
    'CREATE VIEW a_top',
    'CREATE VIEW z_bottom AS SELECT * FROM children;\nCREATE VIEW m_middle AS SELECT * FROM z_bottom;\nCREATE VIEW a_top',
  )
  .replace('CREATE VIEW m_middle AS SELECT * FROM z_bottom;\nCREATE PROCEDURE', 'CREATE PROCEDURE')

await withMariaDb('a dump of MariaDB', (server) => {
  test('every column type comes back equal at its extremes', async (t) => {
    const fixture = await DumpFixture.make(t, server)
    await fixture.run('from', TYPES)
    for (const text of TEXTS) {
      const others = Array(9).fill(text)
      if (text.includes('🦊')) others[7] = "'ü 漢'"
      await fixture.run('from', `INSERT INTO words (a, b, c, d, e, f, g, h, j) VALUES (${others.join(', ')})`)
    }
    const { warnings } = await fixture.roundTrip()
    assert.deepEqual(warnings, [])
  })

  test('what a migration makes by hand comes back, and what reads the tables is told of and taken away', async (t) => {
    const fixture = await DumpFixture.make(t, server)
    await fixture.run('from', MADE)
    const { definitions } = await fixture.roundTrip()
    assert.deepEqual(
      definitions.map(({ kind, name }) => `${kind} ${name}`),
      [
        'function plus',
        'procedure fill',
        'view z_bottom',
        'view m_middle',
        'view a_top',
        'trigger first_of',
        'trigger second_of',
        'event tidy',
      ],
    )
    assert.ok(definitions.every(({ sql }) => !/DEFINER\s*=/i.test(sql)))
    assert.ok(
      definitions.every(({ sql }) => !sql.includes(fixture.prefix)),
      'no name of a database is in them',
    )
    const [left] = await fixture.root.query(
      `SELECT TABLE_NAME FROM information_schema.VIEWS WHERE TABLE_SCHEMA = '${fixture.name('to')}' UNION
       SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = '${fixture.name('to')}' UNION
       SELECT ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = '${fixture.name('to')}'`,
    )
    assert.deepEqual(left, [])
    const [[next]] = (await fixture.root.query(`SELECT NEXTVAL(${fixture.name('to')}.numbers) AS n`)) as unknown as [
      { n: unknown }[],
    ]
    assert.ok(Number(next?.n) >= 107, `the sequence goes on: ${next?.n}`)
  })
})
