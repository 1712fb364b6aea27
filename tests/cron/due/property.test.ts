import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { Schedule } from '../../../kernel/contract/schedule.js'
import { isDue, lastRunSetBack } from '../../../kernel/cron/due/due.js'
import { propertyRuns } from '../../support/property-runs.js'
import { runDates, runMoments } from './rule-model.js'

const DAY = 86_400_000
const MINUTE = 60_000
const DAYS = 3_653
const [EARLIEST, LATEST] = [Date.UTC(2000, 0, 1), Date.UTC(2040, 0, 1)]
const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kolkata',
  'Pacific/Auckland',
  'Pacific/Apia',
  'America/Nuuk',
]

const day = fc.option(fc.oneof(fc.integer({ min: 1, max: 31 }), fc.constantFrom(1, 28, 29, 30, 31)), { nil: undefined })
const month = fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined })
const schedules: fc.Arbitrary<Schedule> = fc
  .record({ repeat: fc.constantFrom('day', 'week', 'month', 'year'), every: fc.nat(14), day, month })
  .map(({ repeat, every, day, month }) => {
    const isNamed = repeat === 'month' || repeat === 'year'
    return {
      repeat,
      every: repeat === 'year' ? 1 + (every % 4) : 1 + every,
      ...(isNamed && day !== undefined ? { day } : {}),
      ...(repeat === 'year' && month !== undefined ? { month } : {}),
    }
  })
const shortSchedules: fc.Arbitrary<Schedule> = fc.record({
  repeat: fc.constantFrom('minute', 'hour'),
  every: fc.integer({ min: 1, max: 40 }),
})

/** How many of a thousand ticks are missed, and the seed of which. */
const misses = fc.record({
  perMille: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 995 }), fc.integer({ min: 960, max: 995 })),
  seed: fc.nat(),
})

/** The runs that `isDue` makes of these ticks, a run being done at once. */
function runsOf(schedule: Schedule, ticks: readonly number[], timeZone: string): number[] {
  const runs: number[] = []
  const firstSeen = new Date(ticks[0] ?? 0)
  let lastRun: Date | undefined
  for (const tick of ticks) {
    const now = new Date(tick)
    assert.equal(lastRunSetBack(lastRun, now), undefined)
    if (!isDue(schedule, { firstSeen, ...(lastRun ? { lastRun } : {}) }, now, timeZone)) continue
    runs.push(tick)
    lastRun = now
  }
  return runs
}

/** Days since the epoch, of the date that Intl tells. */
function datesOf(ticks: readonly number[], timeZone: string): number[] {
  const format = new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' })
  return ticks.map((tick) => Date.parse(format.format(tick)) / DAY)
}

/** A sequence of numbers from 0 up to 1 that a seed makes: of mulberry32. */
function numbersOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** One tick each `step`, up to `late` later than the clock's; some are missed, but not the first. */
function ticksOf(first: number, step: number, count: number, late: number, { perMille, seed }: Misses): number[] {
  const next = numbersOf(seed)
  const ticks: number[] = []
  for (let i = 0; i < count; i++) {
    const tick = first + i * step + Math.floor(next() * late)
    if (next() * 1000 >= perMille || i === 0) ticks.push(tick)
  }
  return ticks
}
interface Misses {
  readonly perMille: number
  readonly seed: number
}

describe('whatever ticks are missed, the runs are those of the rule', () => {
  for (const { name, check } of propertyRuns(60)) {
    test(`ten years of daily ticks in any zone, ${name}`, () =>
      check(
        fc.asyncProperty(
          schedules,
          fc.constantFrom(...ZONES),
          fc.integer({ min: EARLIEST, max: LATEST }),
          // Now and then two ticks fall on one date, or none on another.
          fc.constantFrom(1000, 9 * 60 * MINUTE),
          misses,
          async (schedule, timeZone, first, late, missed) => {
            const ticks = ticksOf(first, DAY, DAYS, late, missed)
            const dates = datesOf(ticks, timeZone)
            const expected = runDates(schedule, dates)
            assert.deepEqual(datesOf(runsOf(schedule, ticks, timeZone), timeZone), expected)
          },
        ),
      ))
  }

  for (const { name, check } of propertyRuns(60)) {
    test(`three days of ticks a minute, ${name}`, () =>
      check(
        fc.asyncProperty(
          shortSchedules,
          fc.constantFrom(...ZONES),
          fc.integer({ min: EARLIEST, max: LATEST }),
          fc.constantFrom(100, MINUTE),
          misses,
          async (schedule, timeZone, first, late, missed) => {
            const ticks = ticksOf(first, MINUTE, 3 * 24 * 60, late, missed)
            assert.deepEqual(runsOf(schedule, ticks, timeZone), runMoments(schedule, ticks))
          },
        ),
      ))
  }
})
