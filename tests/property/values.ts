import type { SqlValue } from '../../kernel/contract/context.js'
import { isInteger, lengthOf, rangeOf } from './kinds.js'
import type { Column, Kind, Value } from './world.js'

const LONGEST = 2n ** 63n - 1n

/** The value that a number picks for a column: mostly a small one that other types can hold as well. */
export function pickValue({ kind, nullable }: Column, pick: number): Value {
  if (nullable && pick % 4 === 3) return null
  const { ordinary, extreme } = poolOf(kind)
  const pool = pick >= 950 && extreme.length > 0 ? extreme : ordinary
  return pool[pick % pool.length] ?? null
}

interface Pool {
  readonly ordinary: readonly string[]
  readonly extreme: readonly string[]
}

function poolOf(kind: Kind): Pool {
  if (isInteger(kind) || kind.type === 'boolean') return wholeNumbers(kind)
  switch (kind.type) {
    case 'float':
    case 'double':
      return signed(kind, ['0', '1', '0.5', '1.25', '42', '7'], ['1048576.5', '0.0078125', '-1.5'])
    case 'decimal': {
      const { precision = 10, scale = 0 } = kind
      const least = scale > 0 ? `0.${'1'.padStart(scale, '0')}` : '6'
      const most = '9'.repeat(precision - scale)
      const halves = scale > 0 ? ['1.5', '12.2'] : []
      const ordinary = ['0', '1', '2', '7', '12', '42', ...halves].map((text) => decimalText(text, scale))
      return signed(
        kind,
        ordinary,
        [least, most, `-${least}`].map((text) => decimalText(text, scale)),
      )
    }
    case 'date':
      return { ordinary: ['2024-02-29', '2000-01-01', '1999-12-31', '2024-01-31'], extreme: ['9999-12-31'] }
    case 'time':
      return { ordinary: ['00:00:00', '12:34:56', '23:59:59', '07:30:00'], extreme: ['-838:59:59', '100:00:00'] }
    case 'datetime':
      return {
        ordinary: ['2024-02-29T12:00:00.000Z', '2000-01-01T00:00:00.000Z', '1999-12-31T23:59:59.000Z'],
        extreme: ['2024-02-29T12:00:00.123Z', '9999-12-31T23:59:59.999Z'],
      }
    case 'json':
      return { ordinary: ['5', '{"a":1}', '[1,2]', '"x"', 'true', 'null'], extreme: [`"${'é'.repeat(300)}"`] }
    case 'enum':
      return { ordinary: kind.values ?? [], extreme: [] }
    case 'blob':
      return { ordinary: ['', '616263', '31', '3132'], extreme: ['00ff', 'ff'.repeat(300)] }
    default:
      return texts(kind)
  }
}

function wholeNumbers(kind: Kind): Pool {
  const { least, most } = rangeOf(kind)
  const inRange = (numbers: readonly bigint[]) =>
    numbers.filter((number) => number >= least && number <= most && number <= LONGEST).map(String)
  return {
    ordinary: inRange([0n, 1n, 2n, 3n, 5n, 7n, 9n, 12n, 42n, 100n, 127n]),
    extreme: inRange([-1n, least, most, 300n, 70_000n, LONGEST]),
  }
}

const CUSTOM: Readonly<Partial<Record<Kind['type'], readonly string[]>>> = {
  email: ['a@b.co', 'b@b.co', 'c.d@example.com'],
  password: ['hash', 'a', '12'],
  phone: ['1', '12', '+49 30 12', '555-1'],
  ip: ['::1', '127.0.0.1', '10.0.0.1'],
  link: ['http://a.b/', 'http://a.b/1', 'https://example.com/?a=b'],
}

function texts(kind: Kind): Pool {
  const most = lengthOf(kind) ?? 300
  const fitting = (values: readonly string[]) => values.filter((value) => [...value].length <= most)
  const own = CUSTOM[kind.type]
  if (own) return { ordinary: fitting(own), extreme: [] }
  const plain = ['1', '2', '7', '12', 'a', 'b', 'c', 'new', "it's", 'Done', '2024-01-31', '12:30:00', '5']
  return { ordinary: fitting(plain), extreme: fitting(['A', 'né', 'NE', '', '🦄', 'x'.repeat(most), '{"a":1}', '-1']) }
}

function signed({ unsigned }: Kind, ordinary: readonly string[], extreme: readonly string[]): Pool {
  return { ordinary, extreme: unsigned ? extreme.filter((text) => !text.startsWith('-')) : extreme }
}

/** Decimal text with all digits of the scale and no zeros in front, such as MySQL fills up with. */
export function decimalText(text: string, scale: number): string {
  const [digits = '0', fraction = ''] = text.split('.')
  const whole = digits.replace(/^(-?)0+(?=\d)/, '$1')
  return scale === 0 ? whole : `${whole}.${fraction.slice(0, scale).padEnd(scale, '0')}`
}

/** As a statement binds it. */
export function toSql(kind: Kind, value: Value): SqlValue {
  if (value === null) return null
  if (isInteger(kind)) return BigInt(value)
  switch (kind.type) {
    case 'boolean':
      return value === '1'
    case 'float':
    case 'double':
      return Number(value)
    case 'datetime':
      return new Date(value)
    case 'blob':
      return Buffer.from(value, 'hex')
    default:
      return value
  }
}

/** What an engine gave back, in canonical text. */
export function fromSql(kind: Kind, stored: unknown): Value {
  if (stored === null || stored === undefined) return null
  if (isInteger(kind) || kind.type === 'boolean') return String(BigInt(stored as number | string | bigint))
  switch (kind.type) {
    case 'float':
    case 'double':
      return String(Number(stored))
    case 'decimal':
      return decimalText(String(stored), kind.scale ?? 0)
    case 'datetime':
      // A copy of a table on SQLite has no types that say that the text is a moment.
      return stored instanceof Date ? stored.toISOString() : String(stored).replace(' ', 'T').replace(' +00:00', 'Z')
    case 'blob':
      return Buffer.from(stored as Uint8Array).toString('hex')
    default:
      return String(stored)
  }
}
