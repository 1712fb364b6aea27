import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Schedule } from '../../../kernel/contract/schedule.js'
import { isDue, nextDue } from '../../../kernel/cron/due/due.js'

const DAY = 86_400_000

export const at = (text: string) => new Date(text)

export function every(
  count: number,
  repeat: Schedule['repeat'],
  named: { day?: number; month?: number } = {},
): Schedule {
  return { repeat, every: count, ...named }
}

/** All are dates of UTC. Without the date of a last run the job never ran. */
export interface DueCase {
  readonly schedule: Schedule
  readonly seen?: string
  readonly ran?: string
  readonly due: string
}

/** Holds a job to the date on which it is due: at no time of the day before, from the midnight that begins it on. */
export function testDates(cases: Readonly<Record<string, DueCase>>): void {
  for (const [name, { schedule, seen = '2001-01-01', ran, due }] of Object.entries(cases)) {
    test(name, () => {
      const noon = (date: string) => at(`${date}T12:00:00Z`)
      const history = { firstSeen: noon(seen), ...(ran === undefined ? {} : { lastRun: noon(ran) }) }
      const begin = history.lastRun ?? history.firstSeen
      assert.equal(nextDue(schedule, history, begin, 'UTC'), due)
      const midnight = at(`${due}T00:00:00Z`).getTime()
      const dueAt = (ms: number) => isDue(schedule, history, new Date(Math.max(ms, begin.getTime())), 'UTC')
      if (midnight > begin.getTime()) assert.ok(!dueAt(midnight - 1), 'the day before')
      for (const days of [0, 1, 2, 400, 4000]) assert.ok(dueAt(midnight + days * DAY), `${days} days late`)
      assert.equal(nextDue(schedule, history, new Date(midnight + 4000 * DAY), 'UTC'), due, 'it stays due')
    })
  }
}
