import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatBackupName, parseBackupName } from '../../../kernel/backups/folder/backup-name.js'

const taken = new Date('2026-11-27T21:02:03.456Z')
const facts = { database: 'shop_1', taken, beforeMigration: false, format: 'archive', encrypted: false } as const

for (const [backup, name] of [
  [facts, 'shop_1-2026-11-27T21-02-03.456Z.backup.gz'],
  [{ ...facts, encrypted: true }, 'shop_1-2026-11-27T21-02-03.456Z.backup.gz.enc'],
  [{ ...facts, beforeMigration: true }, 'shop_1-2026-11-27T21-02-03.456Z.migration.backup.gz'],
  [{ ...facts, format: 'sql' }, 'shop_1-2026-11-27T21-02-03.456Z.sql.gz'],
  [{ ...facts, database: 'S', encrypted: true, format: 'sql' }, 'S-2026-11-27T21-02-03.456Z.sql.gz.enc'],
] as const) {
  test(`${name} tells what it is`, () => {
    assert.equal(formatBackupName(backup), name)
    assert.deepEqual(parseBackupName(name), { name, ...backup })
  })
}

test('any other name is that of a foreign file', () => {
  for (const name of [
    '',
    'notes.txt',
    'shop.backup.gz',
    'shop-2026-11-27.backup.gz',
    'shop-2026-02-30T21-02-03.456Z.backup.gz',
    'shop-2026-11-27T25-02-03.456Z.backup.gz',
    'shop-2026-11-27T21-02-03Z.backup.gz',
    'shop-2026-11-27T21-02-03.456Z.backup',
    'shop-2026-11-27T21-02-03.456Z.backup.gz.part',
    'shop-2026-11-27T21-02-03.456Z.backup.gz\n',
    ' shop-2026-11-27T21-02-03.456Z.backup.gz',
    '../shop-2026-11-27T21-02-03.456Z.backup.gz',
    'a/shop-2026-11-27T21-02-03.456Z.backup.gz',
    'sh-op-2026-11-27T21-02-03.456Z.backup.gz',
    '1shop-2026-11-27T21-02-03.456Z.backup.gz',
    `${'a'.repeat(65)}-2026-11-27T21-02-03.456Z.backup.gz`,
    '.m3saas-0123456789abcdef.part',
  ]) {
    assert.equal(parseBackupName(name), undefined, name)
  }
})
