/** A moment as somebody wrote it: without an offset it is one of a time zone, which may not be known yet. */
export type GivenMoment = (timeZone: string) => Promise<Date>

/** Goes on from "must be". */
export const MOMENT_RULE =
  'a date and time of ISO 8601 from 1970 on, such as 2026-12-01T07:30 in the configured timeZone, or with Z or an offset'

const DATE_TIME = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,3})?)?(Z|[+-](?:0\d|1[0-4]):[0-5]\d)?$/

/** Undefined if it is not as MOMENT_RULE says. */
export function parseMoment(text: string): GivenMoment | undefined {
  const match = DATE_TIME.exec(text)
  if (!match) return undefined
  const [year, month, day, hour, minute, second = 0] = match.slice(1, 7).map((digits) => Number(digits ?? 0))
  const date = new Date(Date.UTC(year ?? 0, (month ?? 0) - 1, day, hour, minute, second))
  // Date goes on to the next day or month where there is no such day or hour.
  const isReal = date.toISOString().startsWith(`${text.slice(0, 16)}:${match[6] ?? '00'}`)
  if (!isReal || Number(year) < 1970) return undefined
  return match[7] === undefined ? (timeZone) => inZone(text, timeZone) : async () => new Date(text)
}

/** A local time that is skipped is that much later; of one that comes twice it is the first. */
async function inZone(text: string, timeZone: string): Promise<Date> {
  // Takes a moment to load, which nobody who says no local time waits for.
  const { Temporal } = await import('temporal-polyfill')
  return new Date(Temporal.PlainDateTime.from(text).toZonedDateTime(timeZone).epochMilliseconds)
}
