import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { defineCronjobs, isCronjobs, type JobDeclaration } from '../../kernel/contract/define-cronjobs.js'
import { faultsOf } from '../support/faults.js'

const run = () => undefined

/** What a module in plain JavaScript may hand over. */
const declare = (jobs: unknown) => defineCronjobs(jobs as Readonly<Record<string, JobDeclaration>>)
const schedulesOf = (jobs: Readonly<Record<string, JobDeclaration>>) =>
  Object.fromEntries(defineCronjobs(jobs).jobs.map(({ name, schedule }) => [name, schedule]))

test('jobs are frozen, with the defaults of their schedules', () => {
  const definition = defineCronjobs({
    purge: { run },
    report: { repeat: 'year', every: 3, day: 31, month: 2, timeoutSeconds: 0.5, memoryMegabytes: 16, run },
  })
  assert.deepEqual(definition.jobs, [
    { name: 'purge', schedule: { repeat: 'day', every: 1 }, run },
    {
      name: 'report',
      schedule: { repeat: 'year', every: 3, day: 31, month: 2 },
      timeoutSeconds: 0.5,
      memoryMegabytes: 16,
      run,
    },
  ])
  assert.deepEqual(definition.faults, [])
  assert.ok(isCronjobs(definition) && !isCronjobs({ jobs: [], faults: [] }) && !isCronjobs(null))
  const parts = [
    definition,
    definition.jobs,
    definition.faults,
    ...definition.jobs.flatMap((job) => [job, job.schedule]),
  ]
  assert.ok(parts.every(Object.isFrozen))
})

test('every schedule of the rule is taken', () => {
  const schedules = {
    minutely: { repeat: 'minute', every: 5 },
    hourly: { repeat: 'hour', every: 100_000 },
    weekly: { repeat: 'week', every: 6 },
    monthly: { repeat: 'month', every: 1, day: 31 },
    yearly: { repeat: 'year', every: 1 },
    'on-a-day': { repeat: 'year', every: 1, day: 15 },
    in_july: { repeat: 'year', every: 1, month: 7 },
  } as const
  const jobs = Object.entries(schedules).map(([name, schedule]) => [name, { ...schedule, run }])
  assert.deepEqual(schedulesOf(Object.fromEntries(jobs)), schedules)
})

test('what is undefined counts as left out', () => {
  const { jobs, faults } = declare({ purge: { repeat: undefined, every: undefined, day: undefined, run } })
  assert.deepEqual([jobs, faults], [[{ name: 'purge', schedule: { repeat: 'day', every: 1 }, run }], []])
})

test('no jobs at all is a declaration too', () => {
  assert.deepEqual(defineCronjobs({}).jobs, [])
})

const UNITS = 'repeat must be minute, hour, day, week, month or year'
const EVERY = 'every must be a whole number from 1 to 100000'
const DAY = 'day must be a whole number from 1 to 31'
const MONTH = 'month must be a whole number from 1 to 12'
const SECONDS = 'timeoutSeconds must be a number above 0, 86400 at most'
const MEGABYTES = 'memoryMegabytes must be a whole number from 16 to 65536'
const SHAPE = "must be an object: { repeat: 'day', run() { … } }"
const known = 'repeat, every, day, month, timeoutSeconds, memoryMegabytes, run'

const faulty: readonly (readonly [string, unknown, readonly string[]])[] = [
  ['undefined', undefined, [SHAPE]],
  ['null', null, [SHAPE]],
  ['a function alone', run, [SHAPE]],
  ['a list', [run], [SHAPE]],
  ['nothing to run', {}, ['run is missing']],
  ['no function to run', { run: 'purge' }, ['run must be a function']],
  ['an unknown unit', { repeat: 'days', run }, [UNITS]],
  ['a unit in capitals', { repeat: 'Day', run }, [UNITS]],
  ['a unit that is no text', { repeat: null, run }, [UNITS]],
  ['a unit of every object', { repeat: 'constructor', run }, [UNITS]],
  ['every 0', { every: 0, run }, [EVERY]],
  ['every -1', { every: -1, run }, [EVERY]],
  ['every half', { every: 1.5, run }, [EVERY]],
  ['every NaN', { every: Number.NaN, run }, [EVERY]],
  ['every infinity', { every: Number.POSITIVE_INFINITY, run }, [EVERY]],
  ['every as text', { every: '2', run }, [EVERY]],
  ['every null', { every: null, run }, [EVERY]],
  ['every 100,001', { every: 100_001, run }, [EVERY]],
  ['a day of days', { day: 1, run }, ["day goes with repeat 'month' or 'year' only, not with 'day'"]],
  ['a day of weeks', { repeat: 'week', day: 1, run }, ["day goes with repeat 'month' or 'year' only, not with 'week'"]],
  [
    'a day of minutes',
    { repeat: 'minute', day: 40, run },
    ["day goes with repeat 'month' or 'year' only, not with 'minute'"],
  ],
  ['day 0', { repeat: 'month', day: 0, run }, [DAY]],
  ['day 32', { repeat: 'month', day: 32, run }, [DAY]],
  ['a day as text', { repeat: 'year', day: '1', run }, [DAY]],
  ['day -1 for the last', { repeat: 'month', day: -1, run }, [DAY]],
  ['a month of months', { repeat: 'month', month: 1, run }, ["month goes with repeat 'year' only, not with 'month'"]],
  ['a month of days', { month: 1, run }, ["month goes with repeat 'year' only, not with 'day'"]],
  ['month 0', { repeat: 'year', month: 0, run }, [MONTH]],
  ['month 13', { repeat: 'year', month: 13, run }, [MONTH]],
  ['a month by its name', { repeat: 'year', month: 'July', run }, [MONTH]],
  ['no time', { timeoutSeconds: 0, run }, [SECONDS]],
  ['time without end', { timeoutSeconds: Number.POSITIVE_INFINITY, run }, [SECONDS]],
  ['more than a day', { timeoutSeconds: 86_401, run }, [SECONDS]],
  ['a time as text', { timeoutSeconds: '60', run }, [SECONDS]],
  ['NaN seconds', { timeoutSeconds: Number.NaN, run }, [SECONDS]],
  ['too little memory', { memoryMegabytes: 15, run }, [MEGABYTES]],
  ['too much memory', { memoryMegabytes: 65_537, run }, [MEGABYTES]],
  ['half a megabyte', { memoryMegabytes: 64.5, run }, [MEGABYTES]],
  ['memory as text', { memoryMegabytes: '64M', run }, [MEGABYTES]],
  ['a slip of the pen', { repaet: 'day', run }, ['repaet is not a known key; did you mean repeat?']],
  ['another case', { timeoutseconds: 1, run }, ['timeoutseconds is not a known key; did you mean timeoutSeconds?']],
  ['another word', { schedule: '* * * * *', run }, [`schedule is not a known key; known are ${known}`]],
  [
    'all of it wrong',
    { repeat: 'week', every: 0, day: 1, month: 1, interval: 2, run: 1 },
    [
      `interval is not a known key; known are ${known}`,
      EVERY,
      "day goes with repeat 'month' or 'year' only, not with 'week'",
      "month goes with repeat 'year' only, not with 'week'",
      'run must be a function',
    ],
  ],
  ['an unknown unit, with days', { repeat: 'decade', day: 32, month: 1, run }, [UNITS, DAY]],
]

describe('a faulty job is left out with every reason, the others go on', () => {
  for (const [name, job, messages] of faulty) {
    test(name, () => {
      const { jobs, faults } = declare({ first: { run }, broken: job, last: { run } })
      assert.deepEqual(
        faults,
        messages.map((message) => ({ path: 'broken', message })),
      )
      assert.ok(faults.every(Object.isFrozen))
      assert.deepEqual(
        jobs.map((each) => each.name),
        ['first', 'last'],
      )
    })
  }

  for (const name of ['', '9lives', 'a b', 'a/b', 'a.b', 'größe', '_private', 'a'.repeat(65)]) {
    test(`the name ${JSON.stringify(name)}`, () => {
      const { jobs, faults } = defineCronjobs({ [name]: { run }, other: { run } })
      const message = 'its name must be a letter, then letters, digits, _ or -, at most 64'
      assert.deepEqual([faults, jobs.length], [[{ path: name, message }], 1])
    })
  }

  test('a name that differs from another in case alone', () => {
    const { jobs, faults } = defineCronjobs({ purge: { run }, Purge: { run } })
    const message = 'differs from purge in upper and lower case alone: rename one'
    assert.deepEqual([faults, jobs.map(({ name }) => name)], [[{ path: 'Purge', message }], ['purge']])
  })
})

for (const given of [undefined, null, 'purge', run, [{ run }]]) {
  test(`no object of jobs: ${JSON.stringify(given) ?? String(given)}`, () => {
    assert.deepEqual(
      faultsOf('MODULE_INVALID', () => declare(given)),
      [],
    )
    assert.throws(() => declare(given), {
      message: 'defineCronjobs takes an object of jobs: { purge: { run() { … } } }',
    })
  })
}
