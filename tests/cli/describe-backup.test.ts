import assert from 'node:assert/strict'
import { test } from 'node:test'
import type {
  BackupEvent,
  BackupReport,
  BackupSummary,
  HistoryEntry,
  RestoreReport,
} from '../../kernel/backups/contract.js'
import {
  describeBackup,
  describeBackupEvent,
  describeBackups,
  describeHistory,
  describeRestore,
  size,
} from '../../kernel/cli/describe-backup.js'

const name = 'shop-2026-11-27T21-02-03.456Z.backup.gz'
const taken = '2026-11-27T21:02:03.456Z'
const report: BackupReport = {
  ...{ target: 7, name, database: 'shop', engine: 'mysql', taken, bytes: 1_440_000, rawBytes: 9_000_000 },
  ...{ tables: 12, rows: 40_000, encrypted: false, removed: [], warnings: [], ms: 1234 },
}
const restore: RestoreReport = {
  ...{ target: 7, database: 'shop', name, of: 'shop', taken, dryRun: false, added: false },
  ...{ bytes: 1_440_000, tables: 12, rows: 40_000, warnings: [], ms: 2345 },
}
const FIGURES = '40000 rows of 12 tables, 1.4 MB'

test('a size has the unit that fits, a thousand bytes to the kilobyte', () => {
  const sizes = [0, 1, 999, 1000, 1049, 99_949, 100_000, 999_499, 1_000_000, 1.5e9, 2e12, 3e15]
  assert.deepEqual(sizes.map(size), [
    ...['0 B', '1 B', '999 B', '1.0 kB', '1.0 kB', '99.9 kB', '100 kB', '999 kB', '1.0 MB', '1.5 GB', '2.0 TB'],
    '3000 TB',
  ])
})

test('no size reads as a thousand of a unit', () => {
  assert.deepEqual([999_500, 999_999_999, 99_960].map(size), ['1.0 MB', '1.0 GB', '100 kB'])
})

for (const [given, expected] of [
  [report, `tenant 7 is backed up to ${name}: ${FIGURES}, in 1.2 s`],
  [
    { ...report, target: 'catalog', rows: 1, tables: 1, removed: ['a', 'b'], warnings: ['odd knows no snapshot'] },
    [
      `the catalog is backed up to ${name}: 1 row of 1 table, 1.4 MB, in 1.2 s`,
      '  removed a, as the rule of its backups says',
      '  removed b, as the rule of its backups says',
      '  warning: odd knows no snapshot',
    ].join('\n'),
  ],
] as const satisfies [BackupReport, string][]) {
  test(`a backup: ${expected.split('\n', 1)[0]}`, () => assert.equal(describeBackup(given), expected))
}

const summary = {
  event: 'summary',
  ...{ databases: 5, done: 3, skipped: 0, failed: 2, bytes: 5000, rows: 9, ms: 900 },
} as const

for (const [event, expected] of [
  [{ event: 'begin', databases: 1 }, 'backing up 1 database'],
  [{ event: 'backup', ...report }, describeBackup(report)],
  [{ event: 'skipped', target: 3, reason: 'it has no database yet' }, 'tenant 3 is left: it has no database yet'],
  [{ event: 'failure', target: 3, code: 'LOCKED', message: 'it is in work' }, 'tenant 3 failed: LOCKED: it is in work'],
  [
    { event: 'failure', target: 'catalog', code: 'X', message: 'no', faults: [{ path: 'a', message: 'is wrong' }] },
    'the catalog failed: X: no\n  - a: is wrong',
  ],
  [summary, '5 databases in 0.9 s: 3 backed up, 2 failed; 9 rows, 5.0 kB'],
  [
    { ...summary, skipped: 1, failed: 0 },
    '5 databases in 0.9 s: 3 backed up, 1 left, 0 failed, 1 called off; 9 rows, 5.0 kB',
  ],
] as const satisfies [BackupEvent, string][]) {
  test(`of all: ${expected.split('\n', 1)[0]}`, () => assert.equal(describeBackupEvent(event), expected))
}

for (const [given, expected] of [
  [restore, `tenant 7 is restored from ${name}, as of ${taken}: ${FIGURES}, in 2.3 s`],
  [{ ...restore, target: 'catalog' }, `the catalog is restored from ${name}, as of ${taken}: ${FIGURES}, in 2.3 s`],
  [{ ...restore, dryRun: true }, `${name} loads as it should: ${FIGURES}, in 2.3 s; nothing is changed`],
  [
    { ...restore, dryRun: true, subscriptions: ['notes@v1'], warnings: ['2 rows refer to nothing'] },
    `${name} loads as it should: ${FIGURES}, in 2.3 s; nothing is changed\n  warning: 2 rows refer to nothing`,
  ],
  [
    { ...restore, target: 8, database: 'copy', added: true, subscriptions: ['notes@v1', 'users@v2'] },
    `the new tenant 8, copy, is restored from ${name}, as of ${taken}: ${FIGURES}, in 2.3 s\n  subscribed to notes@v1 users@v2`,
  ],
  [
    { ...restore, target: 8, database: 'copy', added: true, subscriptions: [] },
    `the new tenant 8, copy, is restored from ${name}, as of ${taken}: ${FIGURES}, in 2.3 s\n  subscribed to nothing`,
  ],
] as const satisfies [RestoreReport, string][]) {
  test(`a restore: ${expected.replace('\n', ';')}`, () => assert.equal(describeRestore(given), expected))
}

test('backups are listed with what is known of them', () => {
  const one: BackupSummary = {
    ...{ name, database: 'shop', taken, beforeMigration: false, format: 'archive', encrypted: false, bytes: 1200 },
    ...{ target: 7, rows: 3, ms: 5 },
  }
  const { target: _target, rows: _rows, ms: _ms, ...foreign } = one
  const backups: BackupSummary[] = [one, { ...foreign, format: 'sql' }, { ...one, beforeMigration: true, rows: 0 }]
  assert.deepEqual(describeBackups(backups).split('\n'), [
    'of  database  taken                     size    rows  kind                name',
    `7   shop      ${taken}  1.2 kB  3                         ${name}`,
    `-   shop      ${taken}  1.2 kB        sql                 ${name}`,
    `7   shop      ${taken}  1.2 kB  0     before a migration  ${name}`,
  ])
  assert.equal(describeBackups([]), 'no backups')
})

test('the history has what came of it, or why nothing did', () => {
  const done: HistoryEntry = {
    ...{ id: '1', action: 'backup', target: 7, database: 'shop', name, reason: 'job', started: taken, ms: 900 },
    ...{ bytes: 1200, rows: 3 },
  }
  const failed: HistoryEntry = {
    ...{ id: '2', action: 'restore', database: 'shop', reason: 'manual', started: taken, ms: 90 },
    error: 'it is damaged\nat the end',
  }
  assert.deepEqual(describeHistory([done, failed]).split('\n'), [
    'started                   what     of  database  why     took   size    rows',
    `${taken}  backup   7   shop      job     0.9 s  1.2 kB  3     ${name}`,
    `${taken}  restore  -   shop      manual  0.1 s                failed: it is damaged; at the end`,
  ])
  assert.equal(describeHistory([]), 'nothing was backed up yet')
})
