import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { missedTick, nextTick } from '../../../kernel/cron/due/daily-tick.js'
import { at as moment } from './cases.js'

/** Zone, time of day, now, the next tick, and whether today's has passed. */
const cases: Readonly<Record<string, readonly [string, string, string, string, boolean]>> = {
  'before it': ['UTC', '07:30', '2026-11-27T07:29:59.999Z', '2026-11-27T07:30:00Z', false],
  'at the very moment: the next day’s': ['UTC', '07:30', '2026-11-27T07:30:00Z', '2026-11-28T07:30:00Z', true],
  'after it': ['UTC', '07:30', '2026-11-27T20:00:00Z', '2026-11-28T07:30:00Z', true],
  'at midnight': ['UTC', '00:00', '2026-12-31T23:59:59Z', '2027-01-01T00:00:00Z', true],
  'a minute before midnight': ['UTC', '23:59', '2026-12-31T23:58:00Z', '2026-12-31T23:59:00Z', false],
  'Berlin, winter': ['Europe/Berlin', '07:30', '2026-11-27T06:00:00Z', '2026-11-27T06:30:00Z', false],
  'Berlin, summer': ['Europe/Berlin', '07:30', '2026-07-01T05:31:00Z', '2026-07-02T05:30:00Z', true],
  'Kolkata, where the date is another one': [
    'Asia/Kolkata',
    '01:00',
    '2026-11-26T19:00:00Z',
    '2026-11-26T19:30:00Z',
    false,
  ],
  Auckland: ['Pacific/Auckland', '07:30', '2026-11-26T18:30:00Z', '2026-11-27T18:30:00Z', true],
  'spring, the day of 23 hours': ['Europe/Berlin', '07:30', '2026-03-28T06:30:00Z', '2026-03-29T05:30:00Z', true],
  'autumn, the day of 25 hours': ['Europe/Berlin', '07:30', '2026-10-24T05:30:00Z', '2026-10-25T06:30:00Z', true],
  'a time that is skipped: the first moment after': [
    'Europe/Berlin',
    '02:30',
    '2026-03-28T12:00:00Z',
    '2026-03-29T01:00:00Z',
    true,
  ],
  'just before that moment': ['Europe/Berlin', '02:30', '2026-03-29T00:59:59Z', '2026-03-29T01:00:00Z', false],
  'at that moment': ['Europe/Berlin', '02:30', '2026-03-29T01:00:00Z', '2026-03-30T00:30:00Z', true],
  'the first time that is skipped': ['Europe/Berlin', '02:00', '2026-03-28T12:00:00Z', '2026-03-29T01:00:00Z', true],
  'the first time after it': ['Europe/Berlin', '03:00', '2026-03-28T12:00:00Z', '2026-03-29T01:00:00Z', true],
  'a time that comes twice: the first of both': [
    'Europe/Berlin',
    '02:30',
    '2026-10-24T12:00:00Z',
    '2026-10-25T00:30:00Z',
    true,
  ],
  'a time that comes twice: not the second one': [
    'Europe/Berlin',
    '02:30',
    '2026-10-25T00:30:00Z',
    '2026-10-26T01:30:00Z',
    true,
  ],
  'between both': ['America/New_York', '01:30', '2026-11-01T06:00:00Z', '2026-11-02T06:30:00Z', true],
  'New York, skipped': ['America/New_York', '02:15', '2026-03-08T06:00:00Z', '2026-03-08T07:00:00Z', false],
  'Lord Howe, where half an hour is skipped': [
    'Australia/Lord_Howe',
    '02:15',
    '2026-10-03T12:00:00Z',
    '2026-10-03T15:30:00Z',
    true,
  ],
  'Nuuk, where the last hour of a day is skipped': [
    'America/Nuuk',
    '23:30',
    '2026-03-29T00:00:00Z',
    '2026-03-29T01:00:00Z',
    false,
  ],
  'Apia, where a whole day is skipped': ['Pacific/Apia', '07:30', '2011-12-29T17:30:00Z', '2011-12-30T10:00:00Z', true],
}

describe('the next daily tick, and whether today’s has passed', () => {
  for (const [name, [timeZone, at, now, next, missed]] of Object.entries(cases)) {
    test(name, () => {
      assert.equal(nextTick(at, timeZone, moment(now)).toISOString(), moment(next).toISOString())
      assert.equal(missedTick(at, timeZone, moment(now)), missed)
    })
  }
})

describe('from tick to tick over two years', () => {
  const zones = ['Europe/Berlin', 'Pacific/Auckland', 'Africa/Casablanca']
  for (const timeZone of zones) {
    for (const at of ['00:00', '02:30']) {
      test(`${at} in ${timeZone}: one each date`, () => {
        const format = new Intl.DateTimeFormat('en-CA', {
          timeZone,
          dateStyle: 'short',
          timeStyle: 'short',
          hourCycle: 'h23',
        })
        const dates: string[] = []
        const odd = new Set<string>()
        let tick = moment('2024-01-01T00:00:00Z')
        for (;;) {
          tick = nextTick(at, timeZone, tick)
          if (tick >= moment('2026-01-01T00:00:00Z')) break
          const [date = '', time = ''] = format.format(tick).split(', ')
          dates.push(date)
          if (time !== at) odd.add(time)
        }
        assert.equal(new Set(dates).size, dates.length)
        const [first = '', last = ''] = [dates[0], dates.at(-1)]
        assert.equal((Date.parse(last) - Date.parse(first)) / 86_400_000 + 1, dates.length)
        assert.ok(odd.size <= (at === '02:30' ? 1 : 0), [...odd].join())
      })
    }
  }
})
