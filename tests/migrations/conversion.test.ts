import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Domain } from '../../kernel/engines/live-schema.js'
import { type Conversion, conversion } from '../../kernel/migrations/diff/conversion.js'

const integer = (least: bigint, most: bigint): Domain => ({ kind: 'integer', least, most })
const tiny = integer(-128n, 127n)
const unsignedTiny = integer(0n, 255n)
const int = integer(-(2n ** 31n), 2n ** 31n - 1n)
const big = integer(-(2n ** 63n), 2n ** 63n - 1n)
const boolean = integer(0n, 1n)
const decimal = (precision: number, scale: number, unsigned = false): Domain => ({
  kind: 'decimal',
  precision,
  scale,
  unsigned,
})
const float: Domain = { kind: 'float', unsigned: false }
const double: Domain = { kind: 'double', unsigned: false }
const text = (characters: number): Domain => ({ kind: 'text', characters })
const words = (...values: string[]): Domain => ({ kind: 'enum', values })
const plain = (kind: 'date' | 'time' | 'datetime' | 'json' | 'blob'): Domain => ({ kind })
const other = (type: string): Domain => ({ kind: 'other', type })

const cases: readonly [Domain, Domain, Conversion][] = [
  [tiny, tiny, 'same'],
  [tiny, int, 'widening'],
  [int, tiny, 'narrowing'],
  [tiny, unsignedTiny, 'narrowing'],
  [unsignedTiny, tiny, 'narrowing'],
  [boolean, tiny, 'widening'],
  [tiny, boolean, 'narrowing'],
  [tiny, decimal(3, 0), 'widening'],
  [tiny, decimal(4, 2), 'narrowing'],
  [unsignedTiny, decimal(3, 0, true), 'widening'],
  [tiny, decimal(3, 0, true), 'narrowing'],
  [decimal(2, 0), tiny, 'widening'],
  [decimal(3, 0), tiny, 'narrowing'],
  [decimal(3, 1), int, 'narrowing'],
  [decimal(5, 2), decimal(5, 2), 'same'],
  [decimal(5, 2), decimal(6, 2), 'widening'],
  [decimal(5, 2), decimal(6, 4), 'narrowing'],
  [decimal(5, 2), decimal(7, 4), 'widening'],
  [decimal(5, 2), decimal(6, 1), 'narrowing'],
  [decimal(5, 2), decimal(5, 2, true), 'narrowing'],
  [decimal(5, 2, true), decimal(5, 2), 'widening'],
  [int, double, 'widening'],
  [int, float, 'narrowing'],
  [tiny, float, 'widening'],
  [big, double, 'narrowing'],
  [tiny, { kind: 'double', unsigned: true }, 'narrowing'],
  [float, double, 'widening'],
  [double, float, 'narrowing'],
  [double, { kind: 'double', unsigned: true }, 'narrowing'],
  [{ kind: 'double', unsigned: true }, double, 'widening'],
  [decimal(15, 2), double, 'widening'],
  [decimal(16, 2), double, 'narrowing'],
  [double, decimal(65, 30), 'narrowing'],
  [double, int, 'narrowing'],
  [text(10), text(10), 'same'],
  [text(10), text(20), 'widening'],
  [text(20), text(10), 'narrowing'],
  [tiny, text(4), 'widening'],
  [tiny, text(3), 'narrowing'],
  [decimal(5, 2), text(7), 'widening'],
  [decimal(5, 2), text(6), 'narrowing'],
  [decimal(2, 2), text(5), 'widening'],
  [decimal(2, 2), text(4), 'narrowing'],
  [double, text(24), 'widening'],
  [double, text(23), 'narrowing'],
  [text(99), int, 'narrowing'],
  [text(99), double, 'narrowing'],
  [text(99), decimal(65, 0), 'narrowing'],
  [words('a', 'b'), words('a', 'b'), 'same'],
  [words('a', 'b'), words('b', 'c', 'a'), 'widening'],
  [words('a', 'b'), words('a'), 'narrowing'],
  [words('a', 'long'), text(4), 'widening'],
  [words('a', 'long'), text(3), 'narrowing'],
  [text(9), words('a'), 'narrowing'],
  [words('1'), int, 'impossible'],
  [int, words('1'), 'impossible'],
  [plain('date'), plain('date'), 'same'],
  [plain('date'), plain('datetime'), 'widening'],
  [plain('datetime'), plain('date'), 'narrowing'],
  [plain('datetime'), plain('time'), 'narrowing'],
  [plain('time'), plain('datetime'), 'impossible'],
  [plain('date'), plain('time'), 'impossible'],
  [plain('date'), text(10), 'widening'],
  [plain('datetime'), text(29), 'narrowing'],
  [text(99), plain('date'), 'narrowing'],
  [text(99), plain('time'), 'narrowing'],
  [text(99), plain('datetime'), 'narrowing'],
  [int, plain('datetime'), 'impossible'],
  [plain('date'), int, 'impossible'],
  [plain('json'), text(65_535), 'narrowing'],
  [text(99), plain('json'), 'narrowing'],
  [plain('json'), int, 'impossible'],
  [plain('blob'), text(65_535), 'narrowing'],
  [text(16_383), plain('blob'), 'widening'],
  [text(65_535), plain('blob'), 'narrowing'],
  [plain('blob'), plain('json'), 'impossible'],
  [other('bit(8)'), other('bit(8)'), 'same'],
  [other('bit(8)'), int, 'impossible'],
  [other('bit(8)'), other('year'), 'impossible'],
  [int, other('year'), 'impossible'],
]

const textOf = (domain: Domain) =>
  JSON.stringify(domain, (_key, value) => (typeof value === 'bigint' ? String(value) : value))

for (const [from, to, expected] of cases) {
  test(`${textOf(from)} → ${textOf(to)} is ${expected}`, () => {
    assert.equal(conversion(from, to), expected)
  })
}
