import { Temporal } from 'temporal-polyfill'

export type CalendarDate = Temporal.PlainDate

const DAY = 86_400_000
const EPOCH = Temporal.PlainDate.from('1970-01-01')

/** From one change of a zone's clocks to the next, in milliseconds of the epoch. */
interface Span {
  readonly from: number
  readonly until: number
  /** Ahead of UTC, in milliseconds. */
  readonly offset: number
}

/**
 * Facts of time zones, kept since Intl takes some ten microseconds to tell the time in one: a tick asks for every job of
 * every tenant. A deployment has one zone, and a zone has two spans a year.
 */
const zones = new Map<string, Span[]>()
/** Dates by their days since the epoch: most jobs were last run on one of a few. */
const dates = new Map<number, CalendarDate>()
const MOST_DATES = 1_000

/** The calendar date that it is at a moment in a time zone. */
export function dateIn(timeZone: string, moment: Date): CalendarDate {
  const ms = moment.getTime()
  const days = Math.floor((ms + offsetAt(timeZone, ms)) / DAY)
  const known = dates.get(days)
  if (known) return known
  const date = EPOCH.add({ days })
  if (dates.size >= MOST_DATES) dates.clear()
  dates.set(days, date)
  return date
}

/**
 * The moment of a local time (`07:30`) on a date: the first one where clocks are set back over it, and the first one
 * after it where they are set forward over it.
 */
export function momentOf(date: CalendarDate, time: string, timeZone: string): Date {
  const wanted = date.toPlainDateTime(Temporal.PlainTime.from(time))
  const earlier = wanted.toZonedDateTime(timeZone, { disambiguation: 'earlier' })
  const isSkipped = !earlier.toPlainDateTime().equals(wanted)
  const found = isSkipped ? (earlier.getTimeZoneTransition('next') ?? earlier) : earlier
  return new Date(found.epochMilliseconds)
}

function offsetAt(timeZone: string, ms: number): number {
  const spans = zones.get(timeZone) ?? []
  if (spans.length === 0) zones.set(timeZone, spans)
  const known = spans.find(({ from, until }) => from <= ms && ms < until)
  if (known) return known.offset
  const span = spanAt(timeZone, ms)
  spans.push(span)
  return span.offset
}

function spanAt(timeZone: string, ms: number): Span {
  const there = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(timeZone)
  // The previous change is one before the moment asked for; the span of a change begins at it.
  const from = there.add({ nanoseconds: 1 }).getTimeZoneTransition('previous')?.epochMilliseconds ?? -Infinity
  const until = there.getTimeZoneTransition('next')?.epochMilliseconds ?? Infinity
  return { from, until, offset: there.offsetNanoseconds / 1_000_000 }
}
