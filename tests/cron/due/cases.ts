import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Schedule } from '../../../kernel/contract/schedule.js'
import { isDue, nextDue } from '../../../kernel/cron/due/due.js'

export const at = (text: string) => new Date(text)
export const every = (
  count: number,
  repeat: Schedule['repeat'],
  named: { day?: number; month?: number } = {},
): Schedule => ({
  repeat,
  every: count,
  ...named,
})

/** A moment of the last run (none: it never ran and was first seen at `seen`), and when the job is due next. */
export interface DueCase {
  readonly schedule: Schedule
  readonly seen?: string
  readonly ran?: string
  readonly due: string
  /** Absent: UTC, and a date without a time stands for its noon. */
  readonly timeZone?: string
}

const NOON = 'T12:00:00Z'
const moment = (text: string) => at(text.includes('T') ? text : text + NOON)
const DAY = 86_400_000

/** Holds a case of dates to its date: not due at noon the day before, due on the day, and on any day after. */
export function testDates(cases: Readonly<Record<string, DueCase>>): void {
  for (const [name, { schedule, seen = '2001-01-01', ran, due, timeZone = 'UTC' }] of Object.entries(cases)) {
    test(name, () => {
      const history = { firstSeen: moment(seen), ...(ran === undefined ? {} : { lastRun: moment(ran) }) }
      const begin = history.lastRun ?? history.firstSeen
      assert.equal(nextDue(schedule, history, begin, timeZone), due)
      const day = at(due + NOON).getTime()
      const dueAfter = (days: number) => isDue(schedule, history, new Date(day + days * DAY), timeZone)
      if (day - 2 * DAY > begin.getTime()) assert.ok(!dueAfter(-2), 'not the day before the day before')
      if (day - DAY > begin.getTime()) assert.ok(!dueAfter(-1), 'not the day before')
      for (const days of [1, 2, 400, 4000]) assert.ok(dueAfter(days), `${days} days late`)
      if (timeZone === 'UTC') assert.ok(dueAfter(0), 'on the day')
    })
  }
}
