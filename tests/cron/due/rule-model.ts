import type { Schedule } from '../../../kernel/contract/schedule.js'

/**
 * The rule of SPEC 10 told by walking through the calendar day by day. It knows dates as days since the epoch and asks
 * UTC for the day and month of each; nothing in it is shared with what it is compared to.
 */

const DAY = 86_400_000
const MINUTE = 60_000

const dayOf = (date: number) => new Date(date * DAY).getUTCDate()
const monthOf = (date: number) => new Date(date * DAY).getUTCMonth() + 1
const isLastOfMonth = (date: number) => dayOf(date + 1) === 1

/** Whether a date is the day of its month that a schedule names, or its last one where the month has no such day. */
const isDay = (date: number, day: number) => dayOf(date) === day || (dayOf(date) < day && isLastOfMonth(date))

/** Whether a date is one that a job which never ran may begin on. */
function isFirst({ day, month }: Schedule, date: number): boolean {
  if (month !== undefined && monthOf(date) !== month) return false
  if (day !== undefined) return isDay(date, day)
  return month === undefined || dayOf(date) === 1
}

/** The first date of the month that is `months` after that of a date. */
function monthAfter(date: number, months: number): number {
  let walked = date
  for (let left = months; left > 0; ) {
    walked++
    if (dayOf(walked) === 1) left--
  }
  while (dayOf(walked) !== 1) walked--
  return walked
}

/** The date on which a job that was last run on `last` is due. */
function dateAfter({ repeat, every, day, month }: Schedule, last: number): number {
  if (repeat === 'day') return last + every
  if (repeat === 'week') return last + 7 * every
  let date = monthAfter(last, repeat === 'month' ? every : 12 * every)
  if (month !== undefined) {
    while (!(monthOf(date) === 1 && dayOf(date) === 1)) date--
    while (monthOf(date) !== month) date++
  }
  const wanted = day ?? (month === undefined ? dayOf(last) : 1)
  while (!isDay(date, wanted)) date++
  return date
}

/** Which of the given ticks, dates in order of which the first is when the job was first seen, are runs. */
export function runDates(schedule: Schedule, ticks: readonly number[]): number[] {
  const runs: number[] = []
  const [seen] = ticks
  if (seen === undefined) return runs
  let due = seen
  while (!isFirst(schedule, due)) due++
  for (const tick of ticks) {
    if (tick < due) continue
    runs.push(tick)
    due = dateAfter(schedule, tick)
  }
  return runs
}

/** The same for minutes and hours: ticks are moments, in milliseconds. */
export function runMoments({ repeat, every }: Schedule, ticks: readonly number[]): number[] {
  const runs: number[] = []
  let last: number | undefined
  for (const tick of ticks) {
    const minute = (tick - (tick % MINUTE)) / MINUTE
    if (last !== undefined && minute < last + every * (repeat === 'hour' ? 60 : 1)) continue
    runs.push(tick)
    last = minute
  }
  return runs
}
