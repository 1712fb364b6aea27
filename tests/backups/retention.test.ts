import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseBackupName } from '../../kernel/backups/folder/backup-name.js'
import { expired, type RetentionRule } from '../../kernel/backups/retention.js'

/** `shop 11-27T21:02`, and `m` behind it for one before a migration, `sql` for an export. */
function named(text: string): string {
  const [database, moment = '', kind] = text.split(' ')
  const suffix = kind === 'm' ? '.migration.backup' : kind === 'sql' ? '.sql' : '.backup'
  return `${database}-2026-${moment.replace(':', '-')}-00.000Z${suffix}.gz`
}

const UTC = (moment: Date) => moment.toISOString().slice(0, 10)
const inZone = (timeZone: string) => {
  const format = new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' })
  return (moment: Date) => format.format(moment)
}

const DAYS = ['shop 03-01T07:00', 'shop 03-01T09:00', 'shop 03-02T07:00', 'shop 03-03T07:00', 'shop 03-03T09:00']

const CASES: readonly {
  readonly what: string
  readonly there: readonly string[]
  readonly rule: RetentionRule
  readonly dateOf?: (moment: Date) => string
  /** The last of those that are there, unless it is told. */
  readonly fresh?: string
  readonly gone: readonly string[]
}[] = [
  { what: 'unlimited both ways', there: DAYS, rule: { perDay: 0, max: -1 }, gone: [] },
  {
    what: 'the newest of each day',
    there: DAYS,
    rule: { perDay: 1, max: 0 },
    gone: ['shop 03-01T07:00', 'shop 03-03T07:00'],
  },
  { what: 'two of each day', there: DAYS, rule: { perDay: 2, max: 0 }, gone: [] },
  { what: 'the newest of all', there: DAYS, rule: { perDay: 0, max: 2 }, gone: DAYS.slice(0, 3) },
  {
    what: 'of those that a day leaves, the newest',
    there: DAYS,
    rule: { perDay: 1, max: 2 },
    gone: ['shop 03-01T07:00', 'shop 03-01T09:00', 'shop 03-03T07:00'],
  },
  { what: 'one alone', there: DAYS, rule: { perDay: 1, max: 1 }, gone: DAYS.slice(0, 4) },
  { what: 'none but the fresh one', there: ['shop 03-01T07:00'], rule: { perDay: 1, max: 1 }, gone: [] },
  {
    what: 'names that begin alike, of either kind of letters, are of others',
    there: ['sho 03-01T07:00', 'shop_2 03-01T07:00', 'Shop 03-01T07:00', 'shop 03-01T08:00', 'shop 03-01T09:00'],
    rule: { perDay: 1, max: 1 },
    gone: ['shop 03-01T08:00'],
  },
  {
    what: 'exports stay and do not count',
    there: ['shop 03-01T07:00 sql', 'shop 03-01T08:00', 'shop 03-01T09:00 sql', 'shop 03-01T10:00'],
    rule: { perDay: 0, max: 2 },
    gone: [],
  },
  {
    what: 'those before migrations are counted apart, and a day has as many as there are',
    there: ['shop 03-01T07:00', 'shop 03-01T08:00 m', 'shop 03-01T09:00 m', 'shop 03-01T10:00 m', 'shop 03-01T11:00'],
    rule: { perDay: 1, max: 2 },
    gone: ['shop 03-01T07:00', 'shop 03-01T08:00 m'],
  },
  {
    what: 'a fresh one before a migration leaves ordinary ones alone',
    there: ['shop 03-01T07:00', 'shop 03-01T08:00 m'],
    rule: { perDay: 1, max: 1 },
    gone: [],
  },
  {
    what: 'a clock that was set back: the fresh one counts as the newest of its day and of all',
    there: ['shop 03-01T07:00', 'shop 03-01T09:00', 'shop 03-05T07:00', 'shop 03-01T08:00'],
    rule: { perDay: 1, max: 2 },
    gone: ['shop 03-01T07:00', 'shop 03-01T09:00'],
  },
  {
    what: 'backups of the future do not push out the fresh one',
    there: ['shop 09-01T07:00', 'shop 09-02T07:00', 'shop 03-01T08:00'],
    rule: { perDay: 1, max: 2 },
    gone: ['shop 09-01T07:00'],
  },
  {
    what: 'days are those of the time zone',
    there: ['shop 03-01T22:30', 'shop 03-01T23:30', 'shop 03-02T22:30'],
    rule: { perDay: 1, max: 0 },
    dateOf: inZone('Europe/Berlin'),
    gone: ['shop 03-01T23:30'],
  },
  {
    what: 'a day of 25 hours is one day',
    // In Berlin 00:30 of the 25th, 02:30 twice, 23:30, and 00:30 of the 26th.
    there: ['shop 10-24T22:30', 'shop 10-25T00:30', 'shop 10-25T01:30', 'shop 10-25T22:30', 'shop 10-25T23:30'],
    rule: { perDay: 1, max: 0 },
    dateOf: inZone('Europe/Berlin'),
    gone: ['shop 10-24T22:30', 'shop 10-25T00:30', 'shop 10-25T01:30'],
  },
]

for (const { what, there, rule, dateOf = UTC, fresh = there.at(-1) ?? '', gone } of CASES) {
  test(`retention: ${what}`, () => {
    const backups = there.map((text) => {
      const backup = parseBackupName(named(text))
      assert.ok(backup, text)
      return backup
    })
    for (const order of [backups, [...backups].reverse()]) {
      assert.deepEqual(expired(order, 'shop', rule, dateOf, named(fresh)), gone.map(named))
    }
  })
}
