import { Temporal } from 'temporal-polyfill'
import type { Schedule } from '../../contract/schedule.js'
import { type CalendarDate, dateIn } from './calendar.js'

/** What is known of a job in one database. */
export interface JobHistory {
  readonly firstSeen: Date
  /** The tick of the last run that was done. */
  readonly lastRun?: Date
  /** As `retryAt` gave it after a failure. */
  readonly retryAt?: Date
}

const MINUTE = 60_000
/** Minutes of absolute time; the other units are of the calendar. */
const MINUTES: Readonly<Partial<Record<Schedule['repeat'], number>>> = { minute: 1, hour: 60 }
const LONGEST_RETRY_MINUTES = 60

/**
 * By how much the clocks of two machines may differ. One that is a little behind must not take the run of another for a
 * run of the future: put back to its own today, at midnight, the job would be run a second time for one day.
 */
const SKEW = MINUTE

/** Whether a job is counted in minutes or hours, not in dates. */
export function isShort({ repeat }: Schedule): boolean {
  return MINUTES[repeat] !== undefined
}

/**
 * When a job is due next, or has been since: a calendar date of the time zone (`2026-12-01`), or for minutes and hours a
 * moment (`2026-12-01T07:30:00.000Z`).
 */
export function nextDue(schedule: Schedule, history: JobHistory, now: Date, timeZone: string): string {
  const minutes = MINUTES[schedule.repeat]
  return minutes === undefined
    ? nextDate(schedule, history, now, timeZone).toString()
    : nextMoment(minutes * schedule.every, history, now).toISOString()
}

/** A tick that was missed is made up for once: what counts is that the date has come, not how often it has passed. */
export function isDue(schedule: Schedule, history: JobHistory, now: Date, timeZone: string): boolean {
  const minutes = MINUTES[schedule.repeat]
  if (minutes !== undefined) return nextMoment(minutes * schedule.every, history, now) <= now
  return Temporal.PlainDate.compare(nextDate(schedule, history, now, timeZone), dateIn(timeZone, now)) <= 0
}

/**
 * The moment to which a last run is to be set back since it lies in the future: the clock was set back, or the run was
 * rehearsed for a later day. Undefined if it is to stay. So a job waits for one interval at most.
 */
export function lastRunSetBack(lastRun: Date | undefined, now: Date): Date | undefined {
  return lastRun !== undefined && lastRun.getTime() > now.getTime() + SKEW ? now : undefined
}

/**
 * Before which moment a job that failed at `now` is not tried again: after 1, 2, 4, … 60 whole minutes, by the attempts
 * so far. Undefined for days and longer units: the next daily tick tries again.
 */
export function retryAt(schedule: Schedule, attempts: number, now: Date): Date | undefined {
  if (!isShort(schedule)) return undefined
  const minutes = Math.min(2 ** Math.max(attempts - 1, 0), LONGEST_RETRY_MINUTES)
  return new Date((wholeMinutes(now) + minutes) * MINUTE)
}

function nextMoment(every: number, { firstSeen, lastRun, retryAt }: JobHistory, now: Date): Date {
  const due = lastRun
    ? wholeMinutes(lastRunSetBack(lastRun, now) ?? lastRun) + every
    : wholeMinutes(sooner(firstSeen, now))
  const retry = retryAt ? wholeMinutes(retryAt) : due
  // A moment that is further away was set by a clock that has been set back since.
  const isSound = retry - wholeMinutes(now) <= LONGEST_RETRY_MINUTES
  return new Date((isSound ? Math.max(due, retry) : due) * MINUTE)
}

function nextDate(schedule: Schedule, { firstSeen, lastRun }: JobHistory, now: Date, timeZone: string): CalendarDate {
  if (!lastRun) return firstDate(schedule, dateIn(timeZone, sooner(firstSeen, now)))
  const last = dateIn(timeZone, lastRunSetBack(lastRun, now) ?? lastRun)
  return onNamedDay(schedule, last.add({ [`${schedule.repeat}s`]: schedule.every }))
}

/** The first date that a schedule names, from `from` on; `from` itself if it names none. */
function firstDate(schedule: Schedule, from: CalendarDate): CalendarDate {
  const date = onNamedDay(schedule, from)
  if (Temporal.PlainDate.compare(date, from) >= 0) return date
  const next = schedule.month === undefined ? { months: 1 } : { years: 1 }
  return onNamedDay(schedule, from.with({ day: 1 }).add(next))
}

/** The named day in the month of a date, in its year if the month is named too; a month without that day ends before. */
function onNamedDay({ day, month }: Schedule, date: CalendarDate): CalendarDate {
  if (month !== undefined) return date.with({ month, day: day ?? 1 })
  return day === undefined ? date : date.with({ day })
}

function wholeMinutes(moment: Date): number {
  return Math.floor(moment.getTime() / MINUTE)
}

function sooner(a: Date, b: Date): Date {
  return a < b ? a : b
}
