import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  describeDuration,
  describeEvent,
  describeJobs,
  describeRuns,
  describeSchedule,
} from '../../kernel/cli/describe-cron.js'
import type { CronEvent, JobSummary, RunSummary } from '../../kernel/cron/contract.js'

const run: RunSummary & { outcome: 'done' } = {
  id: '1',
  target: 1,
  module: 'notes@v1',
  job: 'purge',
  attempt: 1,
  tick: '2026-12-01T07:30:00.000Z',
  started: '2026-12-01T07:30:01.000Z',
  ended: '2026-12-01T07:30:01.012Z',
  ms: 12,
  outcome: 'done',
}
const summary = {
  event: 'summary',
  tick: run.tick,
  ...{ databases: 3, due: 0, done: 0, failed: 0, left: 0, failures: 0, ms: 130 },
} as const
const place = { target: 'catalog', module: 'kernel', job: 'database_backup' } as const

const events: readonly (readonly [CronEvent, string])[] = [
  [{ event: 'run', ...run }, '1 notes@v1/purge: done in 12 ms'],
  [
    { event: 'run', ...run, outcome: 'timed_out', attempt: 2, ms: 900_000, error: 'it took longer than 900 s' },
    '1 notes@v1/purge: timed out in 15 min 0 s, attempt 2\n  it took longer than 900 s',
  ],
  [
    { event: 'run', ...run, outcome: 'failed', error: 'two\nlines' },
    '1 notes@v1/purge: failed in 12 ms\n  two\n  lines',
  ],
  [{ event: 'due', ...place }, 'catalog database_backup: due'],
  [{ event: 'left', ...place, reason: 'nothing to call' }, 'catalog database_backup: left: nothing to call'],
  [
    {
      event: 'failure',
      target: 7,
      code: 'TENANT_UNAVAILABLE',
      message: 'no',
      faults: [{ path: 'a@v1', message: 'b' }],
    },
    '7: TENANT_UNAVAILABLE: no\n  - a@v1: b',
  ],
  [summary, '3 databases in 0.1 s: nothing is due'],
  [
    { ...summary, databases: 1, due: 4, done: 1, failed: 1, left: 2, failures: 1, ms: 4200 },
    '1 database in 4.2 s: 4 due, 1 done, 1 failed, 2 left, 1 not looked at',
  ],
]

for (const [event, expected] of events) {
  test(`of a tick a person reads: ${expected.split('\n', 1)[0]}`, () => assert.equal(describeEvent(event), expected))
}

test('jobs are a table; what could not be looked at comes behind it', () => {
  const job: JobSummary = {
    target: 1,
    module: 'notes@v1',
    job: 'purge',
    schedule: { repeat: 'day', every: 1 },
    nextDue: '2026-12-02',
    due: false,
    running: false,
    lastRun: run.tick,
    last: run,
  }
  const { lastRun: _lastRun, last: _last, ...never } = job
  const text = describeJobs({
    timeZone: 'Europe/Berlin',
    jobs: [
      job,
      { ...job, job: 'late', due: true },
      { ...job, job: 'works', due: true, running: true },
      { ...never, ...place, due: false },
    ],
    leftOut: [
      { module: 'notes@v1', job: 'often', reason: 'every must be 1 or more' },
      { module: 'users@v1', reason: 'users.cron.ts exports no jobs' },
    ],
    failures: [{ target: 7, code: 'DATABASE_UNAVAILABLE', message: 'it is away' }],
  })
  assert.deepEqual(
    text.split('\n').map((line) => line.split(/ {2,}/)),
    [
      ['of', 'job', 'repeated', 'next due (Europe/Berlin)', 'last done', 'last run'],
      ['1', 'notes@v1/purge', 'every day', '2026-12-02', run.tick, 'done'],
      ['1', 'notes@v1/late', 'every day', 'now', run.tick, 'done'],
      ['1', 'notes@v1/works', 'every day', 'running', run.tick, 'done'],
      ['catalog', 'database_backup', 'every day', '2026-12-02', 'never'],
      ['cron jobs left out:'],
      ['', '- notes@v1/often: every must be 1 or more'],
      ['', '- users@v1: users.cron.ts exports no jobs'],
      ['not looked at:'],
      ['', '7: DATABASE_UNAVAILABLE: it is away'],
    ],
  )
  assert.equal(describeJobs({ timeZone: 'UTC', jobs: [], leftOut: [], failures: [] }), 'no jobs')
})

test('runs are a table, each failure with its reason below', () => {
  const { ended: _ended, ms: _ms, ...going } = run
  const text = describeRuns([{ ...going, outcome: 'running' }, { ...run, outcome: 'failed', error: 'away' }, run])
  assert.deepEqual(
    text.split('\n').map((line) => line.split(/ {2,}/)),
    [
      ['started', 'job', 'attempt', 'time', 'outcome'],
      [run.started, 'notes@v1/purge', '1', 'running'],
      [run.started, 'notes@v1/purge', '1', '12 ms', 'failed'],
      ['', 'away'],
      [run.started, 'notes@v1/purge', '1', '12 ms', 'done'],
    ],
  )
  assert.equal(describeRuns([]), 'no runs')
})

test('schedules read as they are meant', () => {
  for (const [schedule, expected] of [
    [{ repeat: 'day', every: 1 }, 'every day'],
    [{ repeat: 'week', every: 6 }, 'every 6 weeks'],
    [{ repeat: 'month', every: 3, day: 1 }, 'every 3 months, day 1'],
    [{ repeat: 'year', every: 1, day: 1, month: 7 }, 'every year, day 1 of month 7'],
    [{ repeat: 'year', every: 2, month: 7 }, 'every 2 years, month 7'],
  ] as const) {
    assert.equal(describeSchedule(schedule), expected)
  }
})

test('durations are as long as they need to be', () => {
  for (const [ms, expected] of [
    [0, '0 ms'],
    [999, '999 ms'],
    [1000, '1.0 s'],
    [59_499, '59.5 s'],
    [59_999, '1 min 0 s'],
    [125_000, '2 min 5 s'],
    [11_040_000, '3 h 4 min'],
  ] as const) {
    assert.equal(describeDuration(ms), expected)
  }
})
