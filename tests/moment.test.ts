import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseMoment } from '../kernel/moment.js'

const BERLIN = 'Europe/Berlin'

const moments: readonly (readonly [text: string, timeZone: string, expected: string])[] = [
  ['2026-12-01T07:30', 'UTC', '2026-12-01T07:30:00.000Z'],
  ['2026-12-01T07:30', BERLIN, '2026-12-01T06:30:00.000Z'],
  ['2026-07-01T07:30:15.25', BERLIN, '2026-07-01T05:30:15.250Z'],
  ['2026-12-01T07:30Z', BERLIN, '2026-12-01T07:30:00.000Z'],
  ['2026-12-01T07:30:00.001Z', BERLIN, '2026-12-01T07:30:00.001Z'],
  ['2026-12-01T07:30+05:45', BERLIN, '2026-12-01T01:45:00.000Z'],
  ['2024-02-29T23:59:59-14:00', BERLIN, '2024-03-01T13:59:59.000Z'],
  // Skipped, and one that comes twice.
  ['2026-03-29T02:30', BERLIN, '2026-03-29T01:30:00.000Z'],
  ['2026-10-25T02:30', BERLIN, '2026-10-25T00:30:00.000Z'],
]

for (const [text, timeZone, expected] of moments) {
  test(`${text} in ${timeZone} is ${expected}`, async () => {
    assert.equal((await parseMoment(text)?.(timeZone))?.toISOString(), expected)
  })
}

test('what is no moment is none', () => {
  const wrong = [
    ...['', 'now', '2026-12-01', '2026-12-01 07:30', '2026-12-01T7:30', '2026-12-01T07', '2026-12-01T07:30:00,5'],
    ...['2026-02-29T00:00', '2026-13-01T00:00', '2026-00-01T00:00', '2026-04-31T00:00', '2026-12-01T24:00'],
    ...[
      '2026-12-01T07:60',
      '2026-12-01T07:30:60',
      '2026-12-01T07:30+15:00',
      '2026-12-01T07:30+01',
      '1969-12-31T23:59Z',
    ],
    ...['12026-12-01T07:30', '2026-12-01T07:30Z\n', ' 2026-12-01T07:30', '2026-12-01T07:30z', '0001-01-01T00:00'],
  ]
  for (const text of wrong) assert.equal(parseMoment(text), undefined, JSON.stringify(text))
})
