import fc from 'fast-check'
import type { ReferenceAction } from '../../kernel/contract/columns.js'
import { anyKind } from './kinds.js'
import {
  type ColumnRecipe,
  columnRecipe,
  type IndexRecipe,
  indexRecipe,
  type KeyRecipe,
  keyRecipe,
  type TableRecipe,
  tableRecipe,
  type ViewRecipe,
  viewRecipe,
} from './recipes.js'
import type { Kind } from './world.js'

/** One change of a declaration. `table`, `column`, … choose among what is there, modulo its number. */
export type Edit =
  | { readonly op: 'addColumn'; readonly table: number; readonly at: number; readonly recipe: ColumnRecipe }
  | {
      readonly op: 'dropColumn' | 'toggleUnique' | 'toggleIndex' | 'toggleNullable'
      readonly table: number
      readonly column: number
    }
  | { readonly op: 'renameColumn'; readonly table: number; readonly column: number; readonly name: number }
  /** `along`: the columns that refer to it, and that it refers to, change with it. */
  | {
      readonly op: 'retype'
      readonly table: number
      readonly column: number
      readonly kind: Kind
      readonly along: boolean
    }
  /** Within the family of the column: wider, narrower, signed or not. */
  | {
      readonly op: 'resize'
      readonly table: number
      readonly column: number
      readonly by: number
      readonly along: boolean
    }
  | { readonly op: 'setDefault'; readonly table: number; readonly column: number; readonly value: number | null }
  | { readonly op: 'addIndex'; readonly table: number; readonly recipe: IndexRecipe }
  | { readonly op: 'dropIndex'; readonly table: number; readonly index: number }
  | { readonly op: 'refer'; readonly table: number; readonly column: number; readonly to: ColumnRecipe['reference'] }
  | {
      readonly op: 'actions'
      readonly table: number
      readonly column: number
      readonly onDelete: ReferenceAction
      readonly onUpdate: ReferenceAction
    }
  | { readonly op: 'changeKey'; readonly table: number; readonly key: KeyRecipe; readonly column: number }
  | { readonly op: 'addTable'; readonly recipe: TableRecipe }
  | { readonly op: 'dropTable'; readonly table: number }
  | { readonly op: 'renameTable'; readonly table: number; readonly name: number }
  | { readonly op: 'addView'; readonly recipe: ViewRecipe }
  | { readonly op: 'dropView'; readonly view: number }
  | { readonly op: 'changeView'; readonly view: number; readonly column: number; readonly filter: number | null }

const pick = fc.nat(60)
const action = fc.constantFrom<ReferenceAction>('restrict', 'cascade', 'set null', 'no action')
const there = { table: pick, column: pick }

const op = <const O extends Edit['op']>(name: O) => fc.constant(name)
type EditOf<O extends Edit['op']> = Extract<Edit, { op: O }>

/** Weighed so that most pairs can be migrated: what rows often forbid is rare. */
export const anyEdit: fc.Arbitrary<Edit> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record<EditOf<'addColumn'>>({ op: op('addColumn'), table: pick, at: pick, recipe: columnRecipe }),
  },
  {
    weight: 9,
    arbitrary: fc.record({
      op: fc.constantFrom('dropColumn' as const, 'toggleIndex' as const, 'toggleNullable' as const),
      ...there,
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: op('toggleUnique'), ...there }) },
  { weight: 5, arbitrary: fc.record<EditOf<'renameColumn'>>({ op: op('renameColumn'), ...there, name: pick }) },
  {
    weight: 2,
    arbitrary: fc.record<EditOf<'retype'>>({ op: op('retype'), ...there, kind: anyKind, along: fc.boolean() }),
  },
  { weight: 6, arbitrary: fc.record<EditOf<'resize'>>({ op: op('resize'), ...there, by: pick, along: fc.boolean() }) },
  {
    weight: 4,
    arbitrary: fc.record<EditOf<'setDefault'>>({ op: op('setDefault'), ...there, value: fc.option(pick, { freq: 4 }) }),
  },
  { weight: 4, arbitrary: fc.record<EditOf<'addIndex'>>({ op: op('addIndex'), table: pick, recipe: indexRecipe }) },
  { weight: 4, arbitrary: fc.record<EditOf<'dropIndex'>>({ op: op('dropIndex'), table: pick, index: pick }) },
  {
    weight: 5,
    arbitrary: fc.record<EditOf<'refer'>>({
      op: op('refer'),
      ...there,
      to: fc.oneof(fc.constant(null), fc.record({ table: pick, column: pick, onDelete: action, onUpdate: action })),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record<EditOf<'actions'>>({ op: op('actions'), ...there, onDelete: action, onUpdate: action }),
  },
  { weight: 2, arbitrary: fc.record<EditOf<'changeKey'>>({ op: op('changeKey'), ...there, key: keyRecipe }) },
  { weight: 3, arbitrary: fc.record<EditOf<'addTable'>>({ op: op('addTable'), recipe: tableRecipe }) },
  { weight: 3, arbitrary: fc.record<EditOf<'dropTable'>>({ op: op('dropTable'), table: pick }) },
  { weight: 3, arbitrary: fc.record<EditOf<'renameTable'>>({ op: op('renameTable'), table: pick, name: pick }) },
  { weight: 3, arbitrary: fc.record<EditOf<'addView'>>({ op: op('addView'), recipe: viewRecipe }) },
  { weight: 2, arbitrary: fc.record<EditOf<'dropView'>>({ op: op('dropView'), view: pick }) },
  {
    weight: 4,
    arbitrary: fc.record<EditOf<'changeView'>>({
      op: op('changeView'),
      view: pick,
      column: pick,
      filter: fc.option(pick, { freq: 2 }),
    }),
  },
)
