import { type CalendarDate, dateIn, momentOf } from './calendar.js'

/**
 * The first daily tick after `now`. `at` is a local time such as `07:30`: where clocks are set forward over it the tick is
 * the first moment after, where they are set back over it the first of both.
 */
export function nextTick(at: string, timeZone: string, now: Date): Date {
  const today = dateIn(timeZone, now)
  for (let date: CalendarDate = today; ; date = date.add({ days: 1 })) {
    const tick = momentOf(date, at, timeZone)
    if (tick > now) return tick
  }
}

/** Whether the daily tick of today has come already. */
export function missedTick(at: string, timeZone: string, now: Date): boolean {
  return momentOf(dateIn(timeZone, now), at, timeZone) <= now
}
