import type { CustomLengths } from '../config/config.js'
import { boolean, type ColumnSpec, CUSTOM_TYPES, type CustomType } from './columns.js'
import type { IndexSpec, TableDefinition } from './define-table.js'

/** A table as a database is to hold it: custom lengths filled in, `main_seed` added where it is seeded. */
export interface TableSpec {
  readonly name: string
  readonly columns: Readonly<Record<string, ColumnSpec>>
  readonly primaryKey: readonly string[]
  /** Those of the declaration and those of `.unique()` and `.index()` on a column. */
  readonly indexes: readonly IndexSpec[]
  /** The name the table had before. */
  readonly renamedFrom?: string
}

/** True: a main seed; false: a temporary seed; NULL: a row of the user. */
export const MAIN_SEED_COLUMN = 'main_seed'

const MAIN_SEED = boolean().nullable().default(null).spec

/** Fills in what only the configuration and the module's seeds know. */
export function resolveTable(table: TableDefinition, lengths: CustomLengths, seeded: boolean): TableSpec {
  const columns: Record<string, ColumnSpec> = {}
  for (const [name, spec] of Object.entries(table.columns)) columns[name] = resolveColumn(spec, lengths)
  if (seeded) columns[MAIN_SEED_COLUMN] = MAIN_SEED
  const single = Object.entries(table.columns).flatMap(([name, spec]): IndexSpec[] => [
    ...(spec.unique ? [{ columns: [name], unique: true }] : []),
    ...(spec.index ? [{ columns: [name], unique: false }] : []),
  ])
  const indexes = [...single, ...table.indexes]
  const { name, primaryKey, renamedFrom } = table
  return { name, columns, primaryKey, indexes, ...(renamedFrom === undefined ? {} : { renamedFrom }) }
}

/** By the lengths, then by the column as declared: what is derived from a column is found again by identity. */
const resolved = new WeakMap<CustomLengths, WeakMap<ColumnSpec, ColumnSpec>>()

/** The column with the length of its custom type: the same object for the same column and lengths. */
export function resolveColumn(spec: ColumnSpec, lengths: CustomLengths): ColumnSpec {
  if (!isCustomType(spec.type) || spec.type === 'id') return spec
  const known = resolved.get(lengths) ?? new WeakMap<ColumnSpec, ColumnSpec>()
  resolved.set(lengths, known)
  const column = known.get(spec) ?? Object.freeze({ ...spec, length: lengths[spec.type] })
  known.set(spec, column)
  return column
}

function isCustomType(type: string): type is CustomType {
  return (CUSTOM_TYPES as readonly string[]).includes(type)
}
