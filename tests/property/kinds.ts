import fc from 'fast-check'
import type { ColumnType } from '../../kernel/contract/columns.js'
import { integerRange } from '../../kernel/contract/integer-ranges.js'
import type { Kind } from './world.js'

const INTEGERS = ['int', 'tinyint', 'smallint', 'mediumint', 'bigint'] as const
const WITHOUT_INDEX: readonly ColumnType[] = ['text', 'json', 'blob']
const TEXTS: readonly ColumnType[] = ['varchar', 'email', 'password', 'phone', 'ip', 'link']

const WORDS = ['a', 'b', 'new', "it's", 'Done', '12', 'né']

const numberOf = (type: ColumnType, more: Partial<Kind> = {}) =>
  fc
    .constantFrom<Partial<Kind>>({}, {}, { unsigned: true }, { unsigned: true, zerofill: true })
    .map((signs): Kind => ({ type, ...more, ...signs }))

/** Every column type with its attributes; shrinks towards a plain int. */
export const anyKind: fc.Arbitrary<Kind> = fc.oneof(
  { withCrossShrink: true },
  { weight: 6, arbitrary: fc.constantFrom(...INTEGERS).chain((type) => numberOf(type)) },
  {
    weight: 6,
    arbitrary: fc.constantFrom(1, 5, 10, 20, 50, 255).map((length): Kind => ({ type: 'varchar', length })),
  },
  { weight: 2, arbitrary: fc.constantFrom<ColumnType>('float', 'double').chain((type) => numberOf(type)) },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom([5, 0], [5, 2], [10, 2], [15, 5], [18, 0], [20, 4], [40, 3])
      .chain(([precision = 10, scale = 0]) => numberOf('decimal', { precision, scale })),
  },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom<ColumnType>('date', 'time', 'datetime', 'text', 'json', 'boolean', 'blob')
      .map((type): Kind => ({ type })),
  },
  {
    weight: 3,
    arbitrary: fc
      .uniqueArray(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 5 })
      .map((values): Kind => ({ type: 'enum', values })),
  },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom<ColumnType>('id', 'email', 'password', 'phone', 'ip', 'link')
      .map((type): Kind => ({ type, ...(type === 'id' ? { unsigned: true } : {}) })),
  },
)

/** The kind of an implicit `id`. */
export const ID_KIND: Kind = { type: 'int', unsigned: true }

export const isInteger = ({ type }: Kind): boolean => type === 'id' || (INTEGERS as readonly string[]).includes(type)
export const isText = ({ type }: Kind): boolean => TEXTS.includes(type)
export const isIndexable = ({ type }: Kind): boolean => !WITHOUT_INDEX.includes(type)

/** Lengths of `LENGTHS` in tests/support/schemas.ts. */
const CUSTOM: Readonly<Partial<Record<ColumnType, number>>> = {
  email: 255,
  password: 255,
  phone: 20,
  ip: 45,
  link: 511,
}

/** Characters that a text column holds at most; undefined for other kinds. */
export function lengthOf({ type, length }: Kind): number | undefined {
  return type === 'varchar' ? (length ?? 255) : CUSTOM[type]
}

/** Whether both engines let a column of the first kind refer to one of the second. */
export function canRefer(from: Kind, to: Kind): boolean {
  if (isInteger(from) && isInteger(to)) {
    const [one, other] = [rangeOf(from), rangeOf(to)]
    return one.least === other.least && one.most === other.most
  }
  return isText(from) && isText(to)
}

/** The whole numbers that an integer column or a boolean holds on both engines. */
export function rangeOf({ type, unsigned = false }: Kind): { least: bigint; most: bigint } {
  if (type === 'boolean') return { least: 0n, most: 1n }
  const nothing = {
    nullable: false,
    zerofill: false,
    autoIncrement: false,
    primary: false,
    unique: false,
    index: false,
  }
  const range = integerRange({ type, unsigned, ...nothing })
  if (!range) throw new Error(`${type} holds no whole numbers`)
  return range
}
