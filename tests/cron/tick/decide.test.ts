import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JobState, RegisteredJob } from '../../../kernel/cron/contract.js'
import { decide, type TickTime } from '../../../kernel/cron/tick/decide.js'

const NOW = new Date('2026-06-10T07:30:00Z')
const at = (iso: string) => new Date(iso)

const job = (schedule: Partial<RegisteredJob['schedule']> = {}, more: Partial<RegisteredJob> = {}): RegisteredJob => ({
  key: 'notes@v1/purge',
  module: 'notes@v1',
  name: 'purge',
  schedule: { repeat: 'day', every: 1, ...schedule },
  definition: { name: 'purge', schedule: { repeat: 'day', every: 1 }, run: () => {} },
  ...more,
})
const state = (more: Partial<JobState> = {}): JobState => ({
  firstSeen: at('2026-01-01T00:00:00Z'),
  attempts: 0,
  revision: 1,
  claimed: false,
  ...more,
})
const time = (more: Partial<TickTime> = {}): TickTime => ({
  now: NOW,
  wall: NOW,
  timeZone: 'UTC',
  shortOnly: false,
  ...more,
})
const ranToday = state({ lastRun: at('2026-06-10T00:10:00Z') })
const future = at('2026-06-12T00:00:00Z')

const cases: readonly [string, RegisteredJob, JobState | undefined, TickTime, object][] = [
  ['one that was never seen is run', job(), undefined, time(), { what: 'run' }],
  [
    'one that was never seen and is due on another day is met',
    job({ repeat: 'month', day: 15 }),
    undefined,
    time(),
    { what: 'meet' },
  ],
  [
    'one that was never seen and is due on this day is run',
    job({ repeat: 'month', day: 10 }),
    undefined,
    time(),
    { what: 'run' },
  ],
  ['one that is due is run', job(), state({ lastRun: at('2026-06-09T23:00:00Z') }), time(), { what: 'run' }],
  ['one that another has is left', job(), state({ claimed: true }), time(), { what: 'leave' }],
  ['one that ran today is not due', job(), ranToday, time(), { what: 'nothing' }],
  [
    'one that ran today is not due though another has it',
    job(),
    state({ ...ranToday, claimed: true }),
    time(),
    { what: 'nothing' },
  ],
  [
    'the date is that of the time zone',
    job(),
    state({ lastRun: at('2026-06-10T03:00:00Z') }),
    time({ timeZone: 'America/New_York' }),
    { what: 'run' },
  ],
  ['a tick of minutes leaves days alone', job(), undefined, time({ shortOnly: true }), { what: 'nothing' }],
  ['a tick of minutes runs hours', job({ repeat: 'hour' }), undefined, time({ shortOnly: true }), { what: 'run' }],
  ['a daily tick runs minutes, too', job({ repeat: 'minute' }), undefined, time(), { what: 'run' }],
  [
    'what is not to be tried yet waits',
    job({ repeat: 'minute' }),
    state({ attempts: 3, retryAt: at('2026-06-10T07:33:00Z') }),
    time(),
    { what: 'nothing' },
  ],
  [
    'what may be tried again is run',
    job({ repeat: 'minute' }),
    state({ attempts: 3, retryAt: NOW }),
    time(),
    { what: 'run' },
  ],
  ['a job of days is tried again at the next tick', job(), state({ attempts: 3 }), time(), { what: 'run' }],
  [
    'a last run in the future is set back',
    job(),
    state({ lastRun: future }),
    time(),
    { what: 'setBack', lastRun: NOW },
  ],
  ['but not while another runs it', job(), state({ lastRun: future, claimed: true }), time(), { what: 'nothing' }],
  [
    'a rehearsal of the future may find it past',
    job(),
    state({ lastRun: future }),
    time({ now: at('2026-06-13T00:00:00Z') }),
    { what: 'run' },
  ],
  [
    'a rehearsal of the past sets nothing back that has been run since',
    job(),
    ranToday,
    time({ now: at('2026-01-01T00:00:00Z') }),
    { what: 'nothing' },
  ],
  [
    'a rehearsal of the past sets the future back to the present',
    job(),
    state({ lastRun: future }),
    time({ now: at('2026-01-01T00:00:00Z') }),
    { what: 'setBack', lastRun: NOW },
  ],
]

for (const [name, registered, known, when, expected] of cases) {
  test(name, () => assert.deepEqual(decide(registered, known, when), expected))
}
