import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { RunOutcome } from '../../../kernel/cron/contract.js'
import { type SharedMariaDb, withMariaDb } from '../../support/mariadb.js'
import { hostileApp } from './hostile-app.js'

type Expected = readonly [module: string, job: string, outcome: RunOutcome, reason?: RegExp]

/** How each is recorded, and why. */
const ENDS: readonly Expected[] = [
  ['throwers', 'throws-error', 'failed', /^it is broken$/],
  ['throwers', 'throws-nothing', 'failed', /null/],
  ['throwers', 'throws-undefined', 'failed', /undefined/],
  ['throwers', 'throws-function', 'failed', /Function/],
  ['throwers', 'throws-symbol', 'failed', /Symbol\(x\)/],
  ['throwers', 'throws-bigint', 'failed', /10n/],
  ['throwers', 'throws-text', 'failed', /^x{4000}$/],
  ['throwers', 'throws-number', 'failed', /7/],
  ['throwers', 'throws-object-that-throws', 'failed', /./],
  ['throwers', 'throws-error-that-throws', 'failed', /cannot be looked at/],
  ['throwers', 'throws-error-with-long-message', 'failed', /^y{4000}$/],
  ['throwers', 'throws-proxy', 'failed', /./],
  ['throwers', 'throws-object', 'failed', /^it threw \{ reason: 1 \}$/],
  ['throwers', 'rejects-afterwards', 'failed', /nobody waits for this/],
  ['throwers', 'timer-throws', 'failed', /in a timer/],
  ['throwers', 'timer-throws-null', 'failed', /./],
  ['throwers', 'timer-after-its-end', 'done'],
  ['throwers', 'returns-a-function', 'done'],
  ['throwers', 'returns-a-promise-of-the-process', 'done'],
  ['enders', 'exits-well', 'exited', /exit code 0/],
  ['enders', 'exits', 'exited', /exit code 7/],
  ['enders', 'exits-for-real', 'exited', /exit code 3/],
  ['enders', 'loops', 'timed_out', /within 2 s/],
  ['enders', 'loops-in-microtasks', 'timed_out'],
  ['enders', 'matches-without-end', 'timed_out'],
  ['enders', 'waits', 'timed_out'],
  ['enders', 'blocks', 'timed_out'],
  ['enders', 'never-loads', 'timed_out'],
]

/** One after another: what one takes must not be held against the other. */
const EATERS: readonly Expected[] = [
  ['eaters', 'heap', 'out_of_memory', /more than 64 MB/],
  ['eaters', 'map', 'out_of_memory'],
  ['eaters', 'array', 'out_of_memory'],
  ['eaters', 'texts', 'out_of_memory'],
  ['eaters', 'buffers', 'out_of_memory'],
  ['eaters', 'heap-slowly', 'out_of_memory'],
  ['eaters', 'buffers-slowly', 'out_of_memory'],
  ['eaters', 'garbage-only', 'done'],
]

const AT_A_TIME = 3

function suite(server?: SharedMariaDb): void {
  const hostile = hostileApp(server)

  for (const [expected, concurrency] of [
    [ENDS, AT_A_TIME],
    [EATERS, 1],
  ] as const) {
    describe(`${concurrency} at a time`, { concurrency }, () => {
      for (const [module, job, outcome, reason] of expected) {
        test(`${module}/${job} ends as ${outcome}`, async (t) => {
          const begun = () =>
            hostile.jobs.logged(1, module).some(({ text, data }) => text === 'begun' && data.job === job)
          let { result } = await hostile.attack(t, module, job)
          if (outcome === 'timed_out') {
            // On a busy machine the time may have passed before the job itself began.
            for (let again = 0; again < 5 && !begun(); again++) result = (await hostile.attack(t, module, job)).result
            assert.ok(begun(), 'the job has begun')
          }
          assert.equal(result.outcome, outcome, result.error)
          if (reason) assert.match(result.error ?? '', reason)
        })
      }
    })
  }

  test('a job that takes its thread with it on exit, and one that patches promises, are over all the same', async (t) => {
    await hostile.attack(t, 'enders', 'exits-on-exit')
    const { ms } = await hostile.attack(t, 'throwers', 'patches-promises')
    assert.ok(ms < 60_000, `${ms} ms`)
    assert.equal(hostile.jobs.app.kernel.stuckThreads(), 0)
  })

  test('jobs and requests of another tenant went on all the while', (t) => {
    const { jobs, requests } = hostile.served
    t.diagnostic(`meanwhile ${jobs} jobs of another tenant were done and ${requests} requests to it served`)
    assert.ok(jobs > 1 && requests > 20)
  })
}

describe('how hostile jobs end on SQLite', () => suite())
await withMariaDb('how hostile jobs end on MariaDB', (server) => suite(server))
