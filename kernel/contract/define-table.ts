import { type Fault, M3Error } from '../errors.js'
import { isDatabaseIdentifier } from '../names.js'
import { canonicalText } from './canonical-text.js'
import type { Column, ColumnSpec } from './columns.js'
import { type TableSchemas, tableSchemas } from './json-schema.js'
import { type Relation, relationFaults } from './relations.js'
import { columnFaults, indexFaults } from './verify-columns.js'

// biome-ignore lint/suspicious/noExplicitAny: a column of any value, where only its spec matters
export type AnyColumn = Column<any, any, boolean, boolean>
export type Columns = Readonly<Record<string, AnyColumn>>

export interface IndexSpec {
  readonly columns: readonly string[]
  readonly unique: boolean
}

const TABLE = Symbol.for('m3saas.table')

/** A table as declared. The type parameter carries its columns; at run time it is plain frozen data. */
export interface TableDefinition<C extends Columns = Columns> {
  readonly name: string
  /** In order, the implicit `id` first where the table declares no primary key. */
  readonly columns: Readonly<Record<string, ColumnSpec>>
  readonly primaryKey: readonly string[]
  readonly indexes: readonly IndexSpec[]
  readonly relations: Readonly<Record<string, Relation>>
  /** The name the table had before; a migration renames it instead of dropping and creating. */
  readonly renamedFrom?: string
  /** JSON Schemas of a row, of many, of an insert and of an update, for routes. */
  readonly schema: TableSchemas
  readonly __columns?: C
}

type OptionalKeys<C extends Columns> = {
  [K in keyof C]: C[K] extends { readonly __types: { optional: true } } ? K : never
}[keyof C]
type HasPrimaryKey<C extends Columns> = true extends C[keyof C]['__types']['primary'] ? true : false
/** A table has an id of its own unless it declares a primary key. */
type ImplicitId<C extends Columns, Id> = HasPrimaryKey<C> extends true ? unknown : Id
type Flatten<T> = { -readonly [K in keyof T]: T[K] }

type ColumnsOf<T> = T extends TableDefinition<infer C> ? C : never

/** The row type of a table: `Row<typeof notesTable>`. */
export type Row<T extends TableDefinition> = Flatten<
  ImplicitId<ColumnsOf<T>, { id: number }> & { [K in keyof ColumnsOf<T>]: ColumnsOf<T>[K]['__types']['value'] }
>

/** What an insert takes: columns that are nullable or have a default may be left out. */
export type Insert<T extends TableDefinition> = Flatten<
  ImplicitId<ColumnsOf<T>, { id?: number }> & {
    [K in Exclude<keyof ColumnsOf<T>, OptionalKeys<ColumnsOf<T>>>]: ColumnsOf<T>[K]['__types']['input']
  } & { [K in OptionalKeys<ColumnsOf<T>>]?: ColumnsOf<T>[K]['__types']['input'] }
>

type ColumnName<C extends Columns> = (keyof C & string) | 'id'

export interface TableDeclaration<C extends Columns> {
  readonly columns: C
  /** Each a list of columns, or `{ columns, unique: true }`. */
  readonly indexes?: readonly (ColumnName<C>[] | { columns: ColumnName<C>[]; unique?: boolean })[]
  readonly relations?: Readonly<Record<string, Relation>>
  /** The name the table had before; a migration renames it instead of dropping and creating. */
  readonly renamedFrom?: string
}

const IMPLICIT_ID: ColumnSpec = Object.freeze({
  type: 'int',
  nullable: false,
  unsigned: true,
  zerofill: false,
  autoIncrement: true,
  primary: true,
  unique: false,
  index: false,
})

/**
 * Declares a table: the Sequelize model, the migration, the row type and the JSON Schemas all come from it.
 * Throws MODULE_INVALID with every fault of the declaration.
 */
export function defineTable<const C extends Columns>(
  name: string,
  declaration: TableDeclaration<C>,
): TableDefinition<C> {
  const faults: Fault[] = []
  if (typeof name !== 'string' || !isDatabaseIdentifier(name)) {
    faults.push({ path: 'name', message: 'must be a letter, then letters, digits or _, at most 64' })
  }
  const renamedFrom = declaration?.renamedFrom
  if (renamedFrom !== undefined) {
    if (typeof renamedFrom !== 'string' || !isDatabaseIdentifier(renamedFrom)) {
      faults.push({ path: 'renamedFrom', message: 'must be the former name of the table' })
    } else if (renamedFrom === name) {
      faults.push({
        path: 'renamedFrom',
        message: 'is the name that the table has: name the former one, or leave it out',
      })
    }
  }
  const declared: Record<string, ColumnSpec> = {}
  for (const [column, value] of Object.entries(declaration?.columns ?? {})) {
    const spec = (value as AnyColumn | undefined)?.spec
    if (!spec) faults.push({ path: `columns.${column}`, message: 'is not a column: use varchar(255), int(), …' })
    else declared[column] = Object.freeze({ ...spec })
  }
  if (Object.keys(declared).length === 0 && faults.length === 0) {
    faults.push({ path: 'columns', message: 'must name at least one column' })
  }
  const keyed = Object.entries(declared).filter(([, spec]) => spec.primary)
  const hasId = Object.hasOwn(declared, 'id')
  const columns = keyed.length > 0 || hasId ? declared : { id: IMPLICIT_ID, ...declared }
  if (keyed.length === 0 && hasId) {
    faults.push({ path: 'columns.id', message: 'must be .primary(), or be left out: a table has an id of its own' })
  }
  const indexes: IndexSpec[] = (declaration?.indexes ?? []).map((index) => {
    const spec = 'columns' in index ? index : { columns: index }
    return Object.freeze({
      columns: Object.freeze([...spec.columns]),
      unique: ('unique' in spec && spec.unique) || false,
    })
  })
  for (const [i, index] of indexes.entries()) {
    if (index.columns.length === 0) faults.push({ path: `indexes[${i}]`, message: 'names no column' })
  }
  const relations = declaration?.relations ?? {}
  faults.push(...columnFaults(columns), ...indexFaults(columns, indexes), ...relationFaults(columns, relations))
  if (faults.length > 0) {
    throw new M3Error('MODULE_INVALID', `The table ${JSON.stringify(name)} is not declared well`, { faults })
  }
  const primaryKey = Object.keys(columns).filter((column) => columns[column]?.primary)
  return Object.freeze({
    [TABLE]: true,
    name,
    columns: Object.freeze(columns),
    primaryKey: Object.freeze(primaryKey),
    indexes: Object.freeze(indexes),
    relations: Object.freeze({ ...relations }),
    ...(renamedFrom === undefined ? {} : { renamedFrom }),
    schema: tableSchemas(columns),
  })
}

export function isTable(value: unknown): value is TableDefinition {
  return typeof value === 'object' && value !== null && TABLE in value
}

/** Structural equality of two declarations, relations apart: what the database would hold is the same. */
export function sameTable(a: TableDefinition, b: TableDefinition): boolean {
  const text = ({ name, columns, primaryKey, indexes, renamedFrom }: TableDefinition) =>
    canonicalText({ name, columns: Object.entries(columns), primaryKey, indexes, renamedFrom })
  return a === b || text(a) === text(b)
}
