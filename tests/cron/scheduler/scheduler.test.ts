import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Scheduler } from '../../../kernel/cron/scheduler.js'
import { FakeClock } from '../fake-clock.js'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** A scheduler on a clock that is moved by hand, started at a moment, and the ticks that it makes. */
function scheduled(now: string, { at = '07:30', timeZone = 'UTC', random = 0 } = {}) {
  const clock = new FakeClock(now)
  const ticks: string[] = []
  const note = (kind: string) => () => void ticks.push(`${kind} ${clock.now().toISOString().slice(0, 19)}`)
  const scheduler = new Scheduler({
    ...{ clock, at, timeZone },
    random: () => random,
    daily: note('daily'),
    minutely: note('minutely'),
  })
  scheduler.start()
  const daily = () => ticks.filter((tick) => tick.startsWith('daily')).map((tick) => tick.slice('daily '.length))
  return { clock, ticks, daily, scheduler }
}

test('it ticks at each whole minute, and at the time of day instead', async () => {
  const { clock, ticks } = scheduled('2026-06-10T07:28:30Z')
  await clock.advance(3 * MINUTE)
  assert.deepEqual(ticks, ['minutely 2026-06-10T07:29:00', 'daily 2026-06-10T07:30:00', 'minutely 2026-06-10T07:31:00'])
})

test('the daily tick comes once a day, at the time of the time zone', async () => {
  const { clock, daily } = scheduled('2026-06-10T00:00:00Z', { timeZone: 'Asia/Kolkata' })
  await clock.advance(50 * HOUR)
  assert.deepEqual(daily(), ['2026-06-10T02:00:00', '2026-06-11T02:00:00', '2026-06-12T02:00:00'])
})

test('one that passed before the start is made up for a minute and a little later, once', async () => {
  const { clock, daily } = scheduled('2026-06-10T09:00:20Z', { random: 0.5 })
  await clock.advance(24 * HOUR)
  assert.deepEqual(daily(), ['2026-06-10T09:01:25', '2026-06-11T07:30:00'])
})

test('one that is still to come is not', async () => {
  const { clock, daily } = scheduled('2026-06-10T00:00:20Z')
  await clock.advance(2 * HOUR)
  assert.deepEqual(daily(), [])
})

test('a start just before midnight makes up for the tick of the day, and the next one comes in its time', async () => {
  const { clock, daily } = scheduled('2026-06-10T23:59:30Z', { at: '00:00' })
  await clock.advance(5 * MINUTE)
  assert.deepEqual(daily(), ['2026-06-11T00:00:00'], 'the daily tick itself makes up for what was missed')
})

test('where clocks are set forward over the time the tick comes right after, where they are set back it comes once', async () => {
  const zone = { at: '02:30', timeZone: 'Europe/Berlin' }
  const spring = scheduled('2026-03-28T22:00:00Z', zone)
  await spring.clock.advance(30 * HOUR)
  assert.deepEqual(spring.daily().slice(-2), ['2026-03-29T01:00:00', '2026-03-30T00:30:00'])
  const autumn = scheduled('2026-10-24T23:00:00Z', zone)
  await autumn.clock.advance(30 * HOUR)
  assert.deepEqual(autumn.daily(), ['2026-10-25T00:30:00', '2026-10-26T01:30:00'])
})

test('a clock that is set forward makes the tick late by a minute at most; one that is set back makes it come again', async () => {
  const { clock, daily } = scheduled('2026-06-10T00:00:00Z')
  await clock.advance(30_000)
  clock.set('2026-06-10T08:00:00Z')
  await clock.advance(MINUTE)
  assert.deepEqual(daily(), ['2026-06-10T08:00:30'])
  clock.set('2026-06-10T07:29:00Z')
  await clock.advance(2 * MINUTE)
  assert.deepEqual(daily().length, 2)
})

test('once stopped it does not tick', async () => {
  const { clock, ticks, scheduler } = scheduled('2026-06-10T09:00:00Z')
  scheduler.stop()
  await clock.advance(48 * HOUR)
  assert.deepEqual([ticks, clock.timers], [[], 0])
})
