import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSameCollation } from '../../kernel/engines/mysql/collation.js'
import { grantDifference, grantTarget } from '../../kernel/engines/mysql/grants.js'
import { foreignKeyName, freeName, indexName, lockName, scratchName } from '../../kernel/engines/mysql/identifiers.js'

const account = "'u'@'%'"

/** Lines as MySQL 8 shows them, which the tests cannot run: https://dev.mysql.com/doc/refman/8.0/en/show-grants.html */
const mysql8 = [
  {
    shown: ['GRANT USAGE ON *.* TO `u`@`%`', 'GRANT ALL PRIVILEGES ON `a\\_b`.* TO `u`@`%`'],
    missing: false,
    revoked: [],
  },
  { shown: ['GRANT USAGE ON *.* TO `u`@`%`'], missing: true, revoked: [] },
  {
    shown: ['GRANT USAGE ON *.* TO `u`@`%`', 'GRANT SELECT, INSERT ON `a\\_b`.* TO `u`@`%` WITH GRANT OPTION'],
    missing: true,
    revoked: ["REVOKE GRANT OPTION ON `a\\_b`.* FROM 'u'@'%'"],
  },
  {
    shown: [
      'GRANT SELECT, RELOAD ON *.* TO `u`@`%` WITH GRANT OPTION',
      'GRANT BACKUP_ADMIN,XA_RECOVER_ADMIN ON *.* TO `u`@`%`',
    ],
    missing: true,
    revoked: [
      "REVOKE SELECT, RELOAD ON *.* FROM 'u'@'%'",
      "REVOKE GRANT OPTION ON *.* FROM 'u'@'%'",
      "REVOKE BACKUP_ADMIN,XA_RECOVER_ADMIN ON *.* FROM 'u'@'%'",
    ],
  },
  {
    shown: ['GRANT ALL PRIVILEGES ON `a\\_b`.* TO `u`@`%`', 'GRANT `r1`@`%`,`r TO 2`@`%` TO `u`@`%` WITH ADMIN OPTION'],
    missing: false,
    revoked: ["REVOKE `r1`@`%`,`r TO 2`@`%` FROM 'u'@'%'"],
  },
  {
    shown: ['GRANT ALL PRIVILEGES ON `a_b`.* TO `u`@`%`', 'REVOKE SELECT ON `mysql`.* FROM `u`@`%`'],
    missing: true,
    revoked: ["REVOKE ALL PRIVILEGES ON `a_b`.* FROM 'u'@'%'"],
  },
  {
    shown: [
      'GRANT PROXY ON ``@`` TO `u`@`%` WITH GRANT OPTION',
      'GRANT SELECT (`x ON y`), UPDATE ON `d`.`a ON b` TO `u`@`%`',
    ],
    missing: true,
    revoked: ["REVOKE PROXY ON ``@`` FROM 'u'@'%'", "REVOKE SELECT (`x ON y`), UPDATE ON `d`.`a ON b` FROM 'u'@'%'"],
  },
]

test('the rights shown are compared with all on one database and nothing else', () => {
  for (const { shown, missing, revoked } of mysql8) {
    const difference = grantDifference(shown, account, 'a_b')
    assert.deepEqual(
      { missing: difference.missing, revoked: difference.excess.map(({ sql }) => sql) },
      { missing, revoked },
      shown.join('\n'),
    )
  }
})

test('the wildcards of a grant are escaped', () => {
  assert.equal(grantTarget('a_b'), '`a\\_b`.*')
  assert.equal(grantTarget('a%b`c'), '`a\\%b``c`.*')
})

test('utf8 is an alias, other collations are themselves', () => {
  assert.ok(isSameCollation('utf8_unicode_ci', 'utf8mb3_unicode_ci'))
  assert.ok(isSameCollation('utf8mb4_bin', 'utf8mb4_bin'))
  assert.ok(!isSameCollation('utf8mb4_bin', 'utf8mb4_unicode_ci'))
  assert.ok(!isSameCollation('utf8_unicode_ci', 'utf8mb3_general_ci'))
})

test('names of keys, locks and scratch databases are distinct and within 64 characters', () => {
  assert.equal(indexName('notes', ['owner_id'], false), 'notes$owner_id$index')
  assert.equal(foreignKeyName('notes', ['owner_id']), 'notes_ibfk_$owner_id')
  assert.notEqual(indexName('a_b', ['c'], true), indexName('a', ['b_c'], true))
  assert.notEqual(foreignKeyName('a_ibfk_b', ['c']), foreignKeyName('a', ['b_ibfk_c']))
  const long = [1, 2].map((n) => indexName('t'.repeat(60), [`column_${n}`], false))
  const locks = ['a', 'b'].map((last) => lockName('migrate', 'd'.repeat(63) + last))
  const scratches = ['a', 'b'].map((last) => scratchName('c'.repeat(63) + last))
  for (const names of [long, locks, scratches]) assert.equal(new Set(names).size, 2)
  const taken = new Set(['t$a$index', long[0] as string])
  const free = [freeName('T$a$index', taken), freeName('T$a$index', taken), freeName(long[0] as string, taken)]
  assert.deepEqual(free.slice(0, 2), ['T$a$index$2', 'T$a$index$3'])
  for (const name of [...long, ...locks, ...scratches, ...free]) assert.ok(name.length <= 64, name)
})
