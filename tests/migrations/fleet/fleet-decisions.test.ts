import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Fault, M3Error } from '../../../kernel/errors.js'
import { decide, stopReason, type TenantState } from '../../../kernel/migrations/fleet/fleet-decisions.js'
import type { TenantEvent } from '../../../kernel/migrations/fleet/fleet-events.js'
import { parseFleetNumber } from '../../../kernel/migrations/fleet/fleet-options.js'
import { add, errorOf, NOTHING_YET, summarize, type Tally } from '../../../kernel/migrations/fleet/fleet-tally.js'

describe('what is done with a tenant', () => {
  const known = (state: TenantState['state'], fingerprint: string | null = null): TenantState => ({
    state,
    fingerprint,
  })
  const cases: readonly (readonly [string, TenantState | undefined, boolean, boolean, string])[] = [
    ['a database that lacks something', undefined, false, false, 'migrate'],
    ['one that was done in this run and lacks something now', known('done', 'this'), false, false, 'migrate'],
    ['one that was up to date before this run', known('pending'), true, false, 'upToDate'],
    ['one that was done in this run', known('done', 'this'), true, false, 'skipped'],
    ['one that was done in this run, by another declaration', known('done', 'that'), true, false, 'upToDate'],
    ['one whose process was killed after its last step', known('running'), true, false, 'upToDate'],
    ['one that failed and was put right by hand', known('failed'), true, false, 'upToDate'],
    ['one whose seeds are to be forced', known('pending'), true, true, 'migrate'],
    ['one whose seeds were forced in this run', known('done', 'this'), true, true, 'skipped'],
    ['one that nothing is known of', undefined, true, false, 'upToDate'],
  ]
  for (const [what, state, upToDate, forcesSeeds, expected] of cases) {
    test(`${what}: ${expected}`, () => {
      assert.equal(decide(state, { fingerprint: 'this', upToDate }, forcesSeeds), expected)
    })
  }
})

test('no more tenants are begun when a canary failed, too many failed or somebody asks, in this order', () => {
  const cases = [
    [{ asked: false, canaryFailed: false, failed: 2 }, undefined],
    [{ asked: false, canaryFailed: false, failed: 3 }, 'failures'],
    [{ asked: true, canaryFailed: false, failed: 4 }, 'failures'],
    [{ asked: true, canaryFailed: false, failed: 0 }, 'asked'],
    [{ asked: true, canaryFailed: true, failed: 3 }, 'canary'],
  ] as const
  for (const [so, expected] of cases) assert.equal(stopReason(so, { maxFailures: 3 }), expected)
})

describe('the summary', () => {
  const tenant = (id: number, rest: Partial<TenantEvent>): TenantEvent => ({
    event: 'tenant',
    tenant: id,
    name: `shop_${id}`,
    outcome: 'migrated',
    ms: 1,
    ...rest,
  })
  const failed = (id: number, message: string, code = 'LOCKED') =>
    tenant(id, { outcome: 'failed', error: { code, message } })
  const tallyOf = (events: readonly TenantEvent[]): Tally => events.reduce(add, NOTHING_YET)

  test('groups failures by cause, whatever the databases are called', () => {
    const { failures, ...counts } = tallyOf([
      tenant(1, {}),
      tenant(2, { outcome: 'upToDate' }),
      tenant(3, { outcome: 'skipped' }),
      failed(4, 'Another migration of the database shop_4 is running'),
      failed(5, 'Another migration of the database shop_5 is running'),
      failed(6, 'Another migration of the database shop_6 is running', 'INTERNAL'),
    ])
    assert.deepEqual(counts, { migrated: 1, upToDate: 1, skipped: 1, failed: 3 })
    const message = 'Another migration of the database is running'
    assert.deepEqual(failures, [
      { code: 'LOCKED', message, count: 2, tenants: [4, 5] },
      { code: 'INTERNAL', message, count: 1, tenants: [6] },
    ])
  })

  test('tells causes apart by what the faults are about, with the faults of the first tenant', () => {
    const refused = (id: number, ...faults: Fault[]) =>
      tenant(id, { outcome: 'failed', error: { code: 'MIGRATION_REFUSED', message: 'refused', faults } })
    const [a, b] = [
      { path: 'things.code', message: 'id=1' },
      { path: 'things.name', message: 'id=3' },
    ]
    const { failures } = tallyOf([
      refused(1, a),
      refused(2, b),
      refused(3, { ...a, message: 'id=2' }),
      refused(4, a, b),
    ])
    assert.deepEqual(
      failures.map(({ faults, count, tenants }) => [faults, count, tenants]),
      [
        [[a], 2, [1, 3]],
        [[b], 1, [2]],
        [[a, b], 1, [4]],
      ],
    )
  })

  test('does not grow with the number of tenants or of causes', () => {
    const { failed: number, failures } = tallyOf(Array.from({ length: 1000 }, (_, i) => failed(i, `cause ${i % 30}`)))
    assert.equal(number, 1000)
    assert.equal(failures.length, 21)
    assert.deepEqual(failures[0], {
      code: 'LOCKED',
      message: 'cause 0',
      count: 34,
      tenants: [0, 30, 60, 90, 120, 150, 180, 210, 240, 270],
    })
    assert.equal(failures.at(-1)?.message, 'for other reasons')
    assert.equal(
      failures.reduce((sum, { count }) => sum + count, 0),
      1000,
    )
  })

  test('says how a run ended, and what remains of it', () => {
    const run = { run: 7, tenants: 10 }
    const of = (counts: Partial<Tally>) => ({ ...NOTHING_YET, ...counts })
    const cases = [
      [of({ migrated: 4, upToDate: 5, skipped: 1 }), undefined, 0, false, ['done', undefined, 0]],
      [of({ migrated: 9, failed: 1 }), undefined, 0, false, ['failed', undefined, 0]],
      [of({ migrated: 8, failed: 2 }), 'failures', 0, false, ['failed', undefined, 0]],
      [of({ migrated: 2, failed: 2 }), 'failures', 1, true, ['stopped', 'failures', 6]],
      [of({ failed: 1 }), 'canary', 3, true, ['stopped', 'canary', 9]],
      [of({ migrated: 3 }), 'asked', 0, true, ['stopped', 'asked', 7]],
      [of({ migrated: 9 }), 'asked', 1, false, ['stopped', 'asked', 1]],
      // Some were removed meanwhile, some added.
      [of({ migrated: 8 }), undefined, 0, false, ['done', undefined, 0]],
      [of({ migrated: 8 }), 'asked', 0, false, ['done', undefined, 0]],
      [of({ migrated: 12 }), 'asked', 0, true, ['stopped', 'asked', 1]],
      [of({ migrated: 12 }), 'asked', 2, false, ['stopped', 'asked', 2]],
    ] as const
    for (const [tally, reason, turned, isMore, expected] of cases) {
      const left = { stopped: reason, turned, isMore }
      const { state, stopped, remaining } = summarize(run, tally, left, 5)
      assert.deepEqual([state, stopped, remaining], expected)
    }
  })

  test('tells nothing of an error that nobody foresaw', () => {
    assert.deepEqual(errorOf(new Error('hunter2')).code, 'INTERNAL')
    assert.ok(!JSON.stringify(errorOf(new Error('hunter2'))).includes('hunter2'))
    const refused = new M3Error('MIGRATION_REFUSED', 'no', { faults: [{ path: 'a', message: 'b' }] })
    assert.deepEqual(errorOf(refused), { code: 'MIGRATION_REFUSED', message: 'no', faults: refused.faults })
  })
})

test('numbers of a command line or a URL are whole and in their range', () => {
  assert.deepEqual(
    ['1', '256', '0', '257', '01', '1.0', '-1', '', ' 1', '1e2', '99999999'].map((text) =>
      parseFleetNumber('parallel', text),
    ),
    [1, 256, ...Array(9).fill(undefined)],
  )
  assert.deepEqual([parseFleetNumber('canary', '0'), parseFleetNumber('maxFailures', '0')], [0, undefined])
})
