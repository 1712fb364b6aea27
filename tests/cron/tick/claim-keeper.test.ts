import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keepClaim, LEASE } from '../../../kernel/cron/tick/claim-keeper.js'
import { FakeClock } from '../fake-clock.js'

/** A claim that is kept by a clock that is moved by hand. `answers` are the database's, the last one for good. */
function keeping(answers: readonly (boolean | 'away' | 'hangs')[], endsUnheard = true) {
  const clock = new FakeClock()
  const beats: number[] = []
  const ends: number[] = []
  const keeper = keepClaim({
    clock,
    lease: LEASE,
    endsUnheard,
    onLost: () => void ends.push(clock.elapsed()),
    extend: async () => {
      const answer = answers[Math.min(beats.length, answers.length - 1)]
      beats.push(clock.elapsed())
      if (answer === 'away') throw new Error('the database is away')
      return answer === 'hangs' ? new Promise<boolean>(() => {}) : answer === true
    },
  })
  return { clock, beats, ends, keeper }
}

test('a process that dies frees its claims in under a minute', () => {
  assert.deepEqual(LEASE, { ms: 40_000, heartbeatMs: 10_000 })
})

test('a sign of life is given every ten seconds, until the job has ended', async () => {
  const { clock, beats, ends, keeper } = keeping([true])
  await clock.advance(35_000)
  assert.deepEqual(beats, [10_000, 20_000, 30_000])
  await keeper.stop()
  await clock.advance(100_000)
  assert.deepEqual([beats.length, ends, keeper.lost, clock.timers], [3, [], false, 0])
})

test('a claim that is gone ends the job at once', async () => {
  const { clock, beats, ends, keeper } = keeping([true, false])
  await clock.advance(100_000)
  assert.deepEqual([beats, ends, keeper.lost], [[10_000, 20_000], [20_000], true])
  assert.equal(clock.timers, 0)
})

test('a database that is away for a moment is tried again every second', async () => {
  const { clock, beats, ends } = keeping(['away', 'away', true])
  await clock.advance(25_000)
  assert.deepEqual([beats, ends], [[10_000, 11_000, 12_000, 22_000], []])
})

test('a job that cannot say that it lives is ended before its lease runs out', async () => {
  for (const answer of ['away', 'hangs'] as const) {
    const { clock, ends, keeper } = keeping([true, answer])
    await clock.advance(100_000)
    // The last sign of life was given at 10 s; the lease ends at 50 s.
    assert.deepEqual([ends, keeper.lost, clock.timers], [[45_000], true, 0], answer)
  }
})

test('on SQLite, which a job may keep busy, it is not', async () => {
  const { clock, ends } = keeping(['away'], false)
  await clock.advance(200_000)
  assert.deepEqual(ends, [])
})
