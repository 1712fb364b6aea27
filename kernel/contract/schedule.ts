import type { Fault } from '../errors.js'

export const REPEATS = ['minute', 'hour', 'day', 'week', 'month', 'year'] as const
export type Repeat = (typeof REPEATS)[number]

/** With it a job of years stays within the dates that JavaScript and both engines know. */
const MOST_UNITS = 100_000

/** When a job is due, as declared: calendar dates in the configured time zone, but for minutes and hours. */
export interface Schedule {
  readonly repeat: Repeat
  /** Units between two runs, 1 to 100,000. */
  readonly every: number
  /** 1 to 31, with `month` and `year`; beyond the end of a month it is the month's last day. */
  readonly day?: number
  /** 1 to 12, with `year`. */
  readonly month?: number
}

/** As an author writes it; what is left out has its default. */
export type ScheduleDeclaration = Readonly<Partial<Record<keyof Schedule, unknown>>>

/** What is wrong with a schedule as an author wrote it; empty if nothing is. `path` is the key. */
export function scheduleFaults({ repeat = 'day', every = 1, day, month }: ScheduleDeclaration): Fault[] {
  const faults: Fault[] = []
  const known = REPEATS.find((each) => each === repeat)
  if (known === undefined) {
    faults.push({ path: 'repeat', message: `must be ${REPEATS.slice(0, -1).join(', ')} or ${REPEATS.at(-1)}` })
  }
  if (!isCount(every, MOST_UNITS)) {
    faults.push({ path: 'every', message: `must be a whole number from 1 to ${MOST_UNITS}` })
  }
  const named = [
    { path: 'day', value: day, most: 31, with: ['month', 'year'] },
    { path: 'month', value: month, most: 12, with: ['year'] },
  ]
  for (const { path, value, most, with: repeats } of named) {
    if (value === undefined) continue
    if (known !== undefined && !repeats.includes(known)) {
      const units = repeats.map((each) => `'${each}'`).join(' or ')
      faults.push({ path, message: `goes with repeat ${units} only, not with '${known}'` })
    } else if (!isCount(value, most)) {
      faults.push({ path, message: `must be a whole number from 1 to ${most}` })
    }
  }
  return faults
}

/** The schedule that a declaration without faults stands for, its defaults filled in and frozen. */
export function scheduleOf({ repeat = 'day', every = 1, day, month }: ScheduleDeclaration): Schedule {
  const given = { repeat, every, ...(day === undefined ? {} : { day }), ...(month === undefined ? {} : { month }) }
  return Object.freeze(given as Schedule)
}

function isCount(value: unknown, most: number): boolean {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most
}
