import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isDue, isShort, lastRunSetBack, nextDue, retryAt } from '../../../kernel/cron/due/due.js'
import { at, every } from './cases.js'

const firstSeen = at('2026-11-20T12:00:00Z')
const NOW = at('2026-11-27T07:30:00Z')
const after = (minutes: number, from = NOW) => new Date(from.getTime() + minutes * 60_000)

describe('minutes and hours are whole minutes', () => {
  test('a job that never ran is due at once', () => {
    assert.ok(isDue(every(5, 'minute'), { firstSeen: NOW }, NOW, 'UTC'))
    assert.equal(nextDue(every(5, 'hour'), { firstSeen: NOW }, NOW, 'UTC'), '2026-11-27T07:30:00.000Z')
  })

  const cases: readonly (readonly [string, ReturnType<typeof every>, string, string])[] = [
    ['every minute', every(1, 'minute'), '2026-11-27T07:30:00Z', '2026-11-27T07:31:00.000Z'],
    ['every minute, run late in one', every(1, 'minute'), '2026-11-27T07:30:59.999Z', '2026-11-27T07:31:00.000Z'],
    ['every 5 minutes', every(5, 'minute'), '2026-11-27T07:33:10Z', '2026-11-27T07:38:00.000Z'],
    ['every 90 minutes', every(90, 'minute'), '2026-11-27T23:00:00Z', '2026-11-28T00:30:00.000Z'],
    ['hourly', every(1, 'hour'), '2026-11-27T07:30:00Z', '2026-11-27T08:30:00.000Z'],
    ['every 36 hours', every(36, 'hour'), '2026-11-27T07:30:59Z', '2026-11-28T19:30:00.000Z'],
  ]
  for (const [name, schedule, ran, due] of cases) {
    test(name, () => {
      const history = { firstSeen, lastRun: at(ran) }
      assert.equal(nextDue(schedule, history, at(ran), 'Asia/Kolkata'), due)
      assert.ok(!isDue(schedule, history, new Date(at(due).getTime() - 1), 'Asia/Kolkata'))
      assert.ok(isDue(schedule, history, at(due), 'Asia/Kolkata'))
      assert.ok(isDue(schedule, history, after(10_000, at(due)), 'Asia/Kolkata'))
    })
  }

  test('a job is short if it is counted in them', () => {
    const units = ['minute', 'hour', 'day', 'week', 'month', 'year'] as const
    assert.deepEqual(
      units.filter((unit) => isShort(every(1, unit))),
      ['minute', 'hour'],
    )
  })
})

describe('run earlier', () => {
  test('today: not again today', () => {
    const history = { firstSeen, lastRun: at('2026-11-27T00:00:01Z') }
    for (const unit of ['day', 'week', 'month', 'year'] as const) {
      assert.ok(!isDue(every(1, unit), history, NOW, 'UTC'), unit)
      assert.ok(!isDue(every(1, unit), history, at('2026-11-27T23:59:59Z'), 'UTC'), unit)
    }
  })

  test('yesterday, a minute before midnight: due today', () => {
    const history = { firstSeen, lastRun: at('2026-11-26T23:59:00Z') }
    assert.ok(isDue(every(1, 'day'), history, at('2026-11-27T00:00:00Z'), 'UTC'))
  })

  test('ticks that were missed are made up for once', () => {
    const lastRun = at('2026-11-01T07:30:00Z')
    assert.ok(isDue(every(1, 'day'), { firstSeen, lastRun }, NOW, 'UTC'))
    assert.ok(!isDue(every(1, 'day'), { firstSeen, lastRun: NOW }, after(600), 'UTC'))
    assert.ok(isDue(every(1, 'minute'), { firstSeen, lastRun }, NOW, 'UTC'))
    assert.ok(!isDue(every(1, 'minute'), { firstSeen, lastRun: NOW }, NOW, 'UTC'))
  })
})

describe('a last run in the future, since the clock was set back', () => {
  test('is set back to now, and counts as of now until then', () => {
    const lastRun = at('2030-01-01T00:00:00Z')
    assert.equal(lastRunSetBack(lastRun, NOW), NOW)
    const history = { firstSeen, lastRun }
    assert.ok(!isDue(every(1, 'day'), history, NOW, 'UTC'))
    assert.equal(nextDue(every(1, 'day'), history, NOW, 'UTC'), '2026-11-28')
    assert.equal(nextDue(every(1, 'month', { day: 15 }), history, NOW, 'UTC'), '2026-12-15')
    assert.equal(nextDue(every(1, 'hour'), history, NOW, 'UTC'), after(60).toISOString())
  })

  test('set back, it lets the job wait for one interval', () => {
    const lastRun = lastRunSetBack(at('2030-01-01T00:00:00Z'), NOW) ?? NOW
    assert.ok(!isDue(every(1, 'day'), { firstSeen, lastRun }, NOW, 'UTC'))
    assert.ok(isDue(every(1, 'day'), { firstSeen, lastRun }, after(24 * 60), 'UTC'))
  })

  test('stays when it is not in the future', () => {
    assert.equal(lastRunSetBack(undefined, NOW), undefined)
    assert.equal(lastRunSetBack(NOW, NOW), undefined)
    assert.equal(lastRunSetBack(after(-1), NOW), undefined)
  })

  test('stays when the clock of another machine was a little ahead: no date has two runs', () => {
    const [behind, ahead] = [at('2026-11-26T23:59:59.900Z'), at('2026-11-27T00:00:00.100Z')]
    assert.equal(lastRunSetBack(ahead, behind), undefined)
    const history = { firstSeen, lastRun: ahead }
    for (const now of [behind, ahead, NOW]) assert.ok(!isDue(every(1, 'day'), history, now, 'UTC'))
    for (const now of [behind, ahead]) assert.ok(!isDue(every(1, 'minute'), history, now, 'UTC'))
    assert.equal(lastRunSetBack(after(1), NOW), undefined)
    assert.equal(lastRunSetBack(after(1.01), NOW), NOW)
  })

  test('first seen in the future: due at once, or from today on', () => {
    const future = { firstSeen: at('2030-01-01T00:00:00Z') }
    assert.ok(isDue(every(1, 'day'), future, NOW, 'UTC'))
    assert.ok(isDue(every(1, 'minute'), future, NOW, 'UTC'))
    assert.equal(nextDue(every(1, 'month', { day: 5 }), future, NOW, 'UTC'), '2026-12-05')
  })
})

describe('a job that failed', () => {
  const minutesAfter = (attempts: number) => {
    const moment = retryAt(every(1, 'minute'), attempts, NOW)
    return moment && (moment.getTime() - NOW.getTime()) / 60_000
  }
  test('of minutes and hours is tried again after 1, 2, 4 … 60 minutes', () => {
    assert.deepEqual([1, 2, 3, 4, 5, 6, 7, 8, 5000].map(minutesAfter), [1, 2, 4, 8, 16, 32, 60, 60, 60])
    assert.deepEqual(retryAt(every(2, 'hour'), 3, at('2026-11-27T07:30:42Z')), after(4))
  })

  test('of days and longer is tried again at the next tick', () => {
    for (const unit of ['day', 'week', 'month', 'year'] as const) {
      assert.equal(retryAt(every(1, unit), 1, NOW), undefined, unit)
    }
  })

  test('is not due before that, and due then, though its interval has long passed', () => {
    const history = { firstSeen, lastRun: after(-500), retryAt: after(4) }
    const due = (minutes: number) => isDue(every(1, 'hour'), history, after(minutes), 'UTC')
    assert.deepEqual([0, 3.99, 4, 5].map(due), [false, false, true, true])
    assert.equal(nextDue(every(1, 'hour'), history, NOW, 'UTC'), after(4).toISOString())
    const fresh = { firstSeen: NOW, retryAt: after(1) }
    assert.deepEqual(
      [0, 1].map((minutes) => isDue(every(1, 'hour'), fresh, after(minutes), 'UTC')),
      [false, true],
    )
  })

  test('does not wait for a moment that a clock set since, years ahead', () => {
    const history = { firstSeen, lastRun: after(-500), retryAt: at('2030-01-01T00:00:00Z') }
    assert.ok(isDue(every(1, 'hour'), history, NOW, 'UTC'))
  })
})
