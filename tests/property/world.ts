import type { ColumnType, DefaultValue, ReferenceAction } from '../../kernel/contract/columns.js'

/**
 * A declared database as plain data. Tables, columns and views carry a number that edits leave as it is: what has the
 * same number before and after is the same thing, whatever it is called by then.
 */
export interface World {
  readonly tables: readonly Table[]
  readonly views: readonly View[]
}

export interface Table {
  readonly id: number
  readonly name: string
  /** The implicit `id` is among them. */
  readonly columns: readonly Column[]
  readonly indexes: readonly Index[]
}

/** The type of a column with its attributes. */
export interface Kind {
  readonly type: ColumnType
  readonly length?: number
  readonly precision?: number
  readonly scale?: number
  readonly values?: readonly string[]
  readonly unsigned?: boolean
  readonly zerofill?: boolean
}

export interface Column {
  readonly id: number
  readonly name: string
  readonly kind: Kind
  readonly nullable: boolean
  readonly default?: DefaultValue
  readonly unique: boolean
  readonly index: boolean
  readonly primary: boolean
  readonly autoIncrement: boolean
  /** The `id` that a table without a declared key has. */
  readonly implicit: boolean
  readonly reference?: Reference
}

/** By numbers. */
export interface Reference {
  readonly table: number
  readonly column: number
  readonly onDelete: ReferenceAction
  readonly onUpdate: ReferenceAction
}

export interface Index {
  readonly columns: readonly number[]
  readonly unique: boolean
}

export interface View {
  readonly id: number
  readonly name: string
  /** The number of the table or view it reads. */
  readonly source: number
  readonly columns: readonly number[]
  /** Only rows that have a value there. */
  readonly filter?: number
}

/** A value in canonical text: integers and decimals in digits, moments in ISO 8601, bytes in hexadecimal. */
export type Value = string | null
/** By the number of the column. */
export type Row = ReadonlyMap<number, Value>
/** By the number of the table. */
export type Rows = ReadonlyMap<number, readonly Row[]>

export const tableOf = (world: World, id: number): Table | undefined => world.tables.find((table) => table.id === id)

export const columnOf = (table: Table | undefined, id: number): Column | undefined =>
  table?.columns.find((column) => column.id === id)

export const keyOf = (table: Table): Column[] => table.columns.filter((column) => column.primary)

/** Every list of columns, by numbers, that no two rows may have alike: NULLs are never alike. */
export function uniquesOf(table: Table): (readonly number[])[] {
  return [
    keyOf(table).map(({ id }) => id),
    ...table.columns.filter(({ unique }) => unique).map(({ id }) => [id]),
    ...table.indexes.filter(({ unique }) => unique).map(({ columns }) => columns),
  ]
}

/** The columns of the table that a view comes down to, however many views are between. */
export function baseOf(world: World, source: number): Table | undefined {
  const view = world.views.find(({ id }) => id === source)
  return view ? baseOf(world, view.source) : tableOf(world, source)
}

/** The numbers of the columns that a table or view shows. */
export function shownBy(world: World, source: number): readonly number[] {
  const view = world.views.find(({ id }) => id === source)
  return view?.columns ?? tableOf(world, source)?.columns.map(({ id }) => id) ?? []
}
