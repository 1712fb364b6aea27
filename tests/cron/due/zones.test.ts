import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isDue, nextDue } from '../../../kernel/cron/due/due.js'
import { at, every } from './cases.js'

const daily = every(1, 'day')
const monthly = every(1, 'month', { day: 1 })

/** In a zone: the moment of the last run, one a moment before the next date begins, and the first moment of it. */
const midnights: readonly (readonly [string, string, string, string])[] = [
  ['UTC', '2026-11-27T00:00:00Z', '2026-11-27T23:59:59.999Z', '2026-11-28T00:00:00Z'],
  ['Europe/Berlin', '2026-11-26T23:00:00Z', '2026-11-27T22:59:59.999Z', '2026-11-27T23:00:00Z'],
  ['Europe/Berlin', '2026-07-01T21:59:00Z', '2026-07-01T21:59:59.999Z', '2026-07-01T22:00:00Z'],
  ['America/New_York', '2026-11-27T05:00:00Z', '2026-11-28T04:59:59.999Z', '2026-11-28T05:00:00Z'],
  ['Asia/Kolkata', '2026-11-27T18:29:00Z', '2026-11-27T18:29:59.999Z', '2026-11-27T18:30:00Z'],
  ['Pacific/Auckland', '2026-11-27T10:59:00Z', '2026-11-27T10:59:59.999Z', '2026-11-27T11:00:00Z'],
  ['Pacific/Apia', '2026-11-26T11:00:00Z', '2026-11-27T10:59:59.999Z', '2026-11-27T11:00:00Z'],
]

describe('dates are those of the zone, on both sides of its midnight', () => {
  for (const [timeZone, ran, before, after] of midnights) {
    test(`${timeZone} at ${after}`, () => {
      const history = { firstSeen: at(ran), lastRun: at(ran) }
      assert.ok(!isDue(daily, history, at(ran), timeZone), 'not twice on one date')
      assert.ok(!isDue(daily, history, at(before), timeZone))
      assert.ok(isDue(daily, history, at(after), timeZone))
    })
  }

  test('the first of a month is there at another moment in each zone', () => {
    const history = { firstSeen: at('2026-11-20T12:00:00Z') }
    const due = (timeZone: string) => isDue(monthly, history, at('2026-11-30T20:00:00Z'), timeZone)
    const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Pacific/Auckland', 'Pacific/Apia']
    assert.deepEqual(zones.filter(due), ['Asia/Kolkata', 'Pacific/Auckland', 'Pacific/Apia'])
  })

  test('the day on which it was first seen is one of the zone too', () => {
    const history = { firstSeen: at('2026-11-30T20:00:00Z') }
    const due = (timeZone: string) => nextDue(monthly, history, at('2026-11-30T20:00:00Z'), timeZone)
    assert.deepEqual(['UTC', 'Asia/Kolkata'].map(due), ['2026-12-01', '2026-12-01'])
    const second = { firstSeen: at('2026-12-01T20:00:00Z') }
    assert.equal(nextDue(monthly, second, at('2026-12-02T20:00:00Z'), 'UTC'), '2026-12-01')
    assert.equal(nextDue(monthly, second, at('2026-12-02T20:00:00Z'), 'Asia/Kolkata'), '2027-01-01')
  })
})

describe('daylight saving: a day of 23 or 25 hours is a day', () => {
  const ticks: readonly (readonly [string, string, string, string])[] = [
    ['Europe/Berlin', '2026-03-28T06:30:00Z', '2026-03-29T05:30:00Z', 'spring'],
    ['Europe/Berlin', '2026-10-24T05:30:00Z', '2026-10-25T06:30:00Z', 'autumn'],
    ['America/New_York', '2026-03-07T12:30:00Z', '2026-03-08T11:30:00Z', 'spring'],
    ['America/New_York', '2026-10-31T11:30:00Z', '2026-11-01T12:30:00Z', 'autumn'],
    ['Pacific/Auckland', '2026-09-25T19:30:00Z', '2026-09-26T18:30:00Z', 'spring'],
  ]
  for (const [timeZone, ran, next, season] of ticks) {
    test(`${timeZone} in ${season}`, () => {
      const history = { firstSeen: at(ran), lastRun: at(ran) }
      assert.ok(isDue(daily, history, at(next), timeZone))
      assert.ok(!isDue(daily, { ...history, lastRun: at(next) }, at(next), timeZone))
    })
  }

  test('an hour that comes twice belongs to one date: nothing is run twice in it', () => {
    const history = { firstSeen: at('2026-10-25T00:30:00Z'), lastRun: at('2026-10-25T00:30:00Z') }
    assert.ok(!isDue(daily, history, at('2026-10-25T01:30:00Z'), 'Europe/Berlin'))
  })

  test('minutes and hours are of absolute time: 12 of them are 12, whatever clocks show', () => {
    const history = { firstSeen: at('2026-10-24T20:00:00Z'), lastRun: at('2026-10-24T20:00:00Z') }
    assert.equal(nextDue(every(12, 'hour'), history, history.lastRun, 'Europe/Berlin'), '2026-10-25T08:00:00.000Z')
  })
})

describe('Apia, where 30 December 2011 never was', () => {
  const timeZone = 'Pacific/Apia'
  const [thursday, saturday] = [at('2011-12-29T17:30:00Z'), at('2011-12-30T17:30:00Z')]
  test('a daily job of the 29th is run on the 31st, the next day there', () => {
    const history = { firstSeen: thursday, lastRun: thursday }
    assert.ok(!isDue(daily, history, at('2011-12-30T09:59:59Z'), timeZone))
    assert.ok(isDue(daily, history, saturday, timeZone))
  })
  test('a job of day 30 is made up for on the 31st', () => {
    const history = { firstSeen: at('2011-12-10T12:00:00Z'), lastRun: at('2011-11-30T17:30:00Z') }
    const schedule = every(1, 'month', { day: 30 })
    assert.ok(!isDue(schedule, history, thursday, timeZone))
    assert.ok(isDue(schedule, history, saturday, timeZone))
    assert.equal(nextDue(schedule, { ...history, lastRun: saturday }, saturday, timeZone), '2012-01-30')
  })
})

test('a moment at which clocks change belongs to what they show then', () => {
  // Nuuk goes from 23:00 on Saturday to midnight: the first moment of Sunday is the change itself.
  const change = '2026-03-29T01:00:00Z'
  const history = { firstSeen: at('2026-03-28T12:00:00Z'), lastRun: at('2026-03-28T12:00:00Z') }
  assert.ok(!isDue(daily, history, at('2026-03-29T00:59:59.999Z'), 'America/Nuuk'))
  assert.ok(isDue(daily, history, at(change), 'America/Nuuk'))
})

test('a hundred thousand questions take a second or two of the processor', () => {
  const schedules = [daily, every(6, 'week'), every(3, 'month', { day: 1 }), every(1, 'year', { month: 7 })]
  const now = at('2026-11-27T07:30:00Z')
  const began = process.cpuUsage()
  let due = 0
  for (let i = 0; i < 100_000; i++) {
    const lastRun = new Date(now.getTime() - (i % 500) * 86_400_000)
    if (isDue(schedules[i % 4] ?? daily, { firstSeen: lastRun, lastRun }, now, 'Europe/Berlin')) due++
  }
  const { user, system } = process.cpuUsage(began)
  const ms = (user + system) / 1000
  assert.ok(due > 0 && ms < 3000, `${Math.round(ms)} ms`)
})
