import fc from 'fast-check'
import type { ReferenceAction } from '../../kernel/contract/columns.js'
import { anyKind } from './kinds.js'
import type { Kind } from './world.js'

/**
 * What a pair of worlds is cooked from: choices as plain numbers, taken modulo what there is to choose from. Any recipe
 * gives a sound pair, so that fast-check may shrink every choice by itself.
 */
export interface ColumnRecipe {
  readonly name: number
  readonly kind: Kind
  readonly nullable: boolean
  /** Of the values that a row might hold. */
  readonly default: number | null
  readonly unique: boolean
  readonly index: boolean
  readonly reference: ReferenceRecipe | null
}

export interface ReferenceRecipe {
  readonly table: number
  readonly column: number
  readonly onDelete: ReferenceAction
  readonly onUpdate: ReferenceAction
}

export interface TableRecipe {
  readonly name: number
  readonly key: KeyRecipe
  readonly columns: readonly ColumnRecipe[]
  readonly indexes: readonly IndexRecipe[]
  /** The cells of each row. */
  readonly rows: readonly (readonly number[])[]
}

/** `numbered`: an auto-increment column of another name. */
export type KeyRecipe = 'implicit' | 'numbered' | 'natural' | 'composite'

export interface IndexRecipe {
  readonly columns: readonly number[]
  readonly unique: boolean
}

export interface ViewRecipe {
  readonly name: number
  readonly source: number
  readonly columns: readonly number[]
  readonly filter: number | null
}

export interface WorldRecipe {
  readonly tables: readonly TableRecipe[]
  readonly views: readonly ViewRecipe[]
}

const pick = fc.nat(60)
const chance = (of: number) => fc.nat(of - 1).map((drawn) => of > 1 && drawn === of - 1)
/** Present `of` times in ten; shrinks to null. */
const maybe = <T>(arbitrary: fc.Arbitrary<T>, of: number) =>
  fc.oneof({ weight: 10 - of, arbitrary: fc.constant(null) }, { weight: of, arbitrary })

const reference = fc.record<ReferenceRecipe>({
  table: pick,
  column: pick,
  onDelete: fc.constantFrom<ReferenceAction>('restrict', 'cascade', 'set null', 'no action'),
  onUpdate: fc.constantFrom<ReferenceAction>('restrict', 'cascade', 'set null', 'no action'),
})

export const columnRecipe = fc.record<ColumnRecipe>({
  name: pick,
  kind: anyKind,
  nullable: fc.boolean(),
  default: maybe(pick, 4),
  unique: chance(7),
  index: chance(6),
  reference: maybe(reference, 4),
})

export const indexRecipe = fc.record<IndexRecipe>({
  columns: fc.array(pick, { minLength: 1, maxLength: 3 }),
  unique: chance(4),
})

export const keyRecipe = fc.constantFrom<KeyRecipe>(
  'implicit',
  'implicit',
  'implicit',
  'numbered',
  'natural',
  'composite',
)

export const tableRecipe = fc.record<TableRecipe>({
  name: pick,
  key: keyRecipe,
  columns: fc.array(columnRecipe, { minLength: 1, maxLength: 6 }),
  indexes: fc.array(indexRecipe, { maxLength: 2 }),
  rows: fc.array(fc.array(fc.nat(999), { minLength: 7, maxLength: 7 }), { maxLength: 6, size: 'max' }),
})

export const viewRecipe = fc.record<ViewRecipe>({
  name: pick,
  source: pick,
  columns: fc.array(pick, { minLength: 1, maxLength: 4 }),
  filter: maybe(pick, 3),
})

export const worldRecipe = fc.record<WorldRecipe>({
  tables: fc.array(tableRecipe, { minLength: 1, maxLength: 4 }),
  views: fc.array(viewRecipe, { maxLength: 3 }),
})
