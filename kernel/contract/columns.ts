/** The column types of the product. The last six are stored as integers or text and carry a validator of their own. */
export type ColumnType =
  | 'int'
  | 'tinyint'
  | 'smallint'
  | 'mediumint'
  | 'bigint'
  | 'float'
  | 'double'
  | 'decimal'
  | 'date'
  | 'time'
  | 'datetime'
  | 'varchar'
  | 'text'
  | 'json'
  | 'boolean'
  | 'enum'
  | 'blob'
  | CustomType

/** Custom types: their lengths come from `tenants.customLengths` of the configuration. */
export type CustomType = 'id' | 'email' | 'password' | 'phone' | 'ip' | 'link'

export const CUSTOM_TYPES: readonly CustomType[] = ['id', 'email', 'password', 'phone', 'ip', 'link']

/** A table by its declaration, as far as another declaration needs it. */
export interface NamedTable {
  readonly name: string
}

/** What happens to a row when the row it refers to is deleted or its key changes. */
export type ReferenceAction = 'restrict' | 'cascade' | 'set null' | 'no action'

export interface ReferenceSpec {
  readonly table: string
  readonly column: string
  readonly onDelete: ReferenceAction
  readonly onUpdate: ReferenceAction
}

/** The default `CURRENT_TIMESTAMP` of a datetime column. */
export const now: unique symbol = Symbol.for('m3saas.now')

export type DefaultValue = string | number | boolean | null | typeof now

/** A column as declared: plain data. `length` of a custom type is undefined until the configuration is known. */
export interface ColumnSpec {
  readonly type: ColumnType
  readonly length?: number
  readonly precision?: number
  readonly scale?: number
  readonly values?: readonly string[]
  readonly nullable: boolean
  readonly default?: DefaultValue
  readonly unsigned: boolean
  readonly zerofill: boolean
  readonly autoIncrement: boolean
  readonly primary: boolean
  readonly unique: boolean
  readonly index: boolean
  readonly references?: ReferenceSpec
  readonly renamedFrom?: string
}

/**
 * A column being declared. Each call returns a new column, so one may be shared between tables.
 * `Value` is what a row holds, `Input` what an insert takes, `Optional` whether an insert may leave it out,
 * `Primary` whether it is part of the primary key.
 */
export class Column<Value, Input = Value, Optional extends boolean = false, Primary extends boolean = false> {
  declare readonly __types: { value: Value; input: Input; optional: Optional; primary: Primary }

  constructor(readonly spec: ColumnSpec) {}

  /** Allows NULL; without it every column is NOT NULL. */
  nullable(): Column<Value | null, Input | null, true, Primary> {
    return new Column({ ...this.spec, nullable: true })
  }

  /** The value of rows that leave the column out. `now` on a datetime is CURRENT_TIMESTAMP. */
  default(value: Exclude<Input, Date | Uint8Array> | typeof now): Column<Value, Input, true, Primary> {
    return new Column({ ...this.spec, default: value as DefaultValue })
  }

  /** No negative numbers. On SQLite a check constraint stands in for it. */
  unsigned(): Column<Value, Input, Optional, Primary> {
    return new Column({ ...this.spec, unsigned: true })
  }

  /** MySQL's ZEROFILL, which implies unsigned: https://dev.mysql.com/doc/refman/8.0/en/numeric-type-attributes.html */
  zerofill(): Column<Value, Input, Optional, Primary> {
    return new Column({ ...this.spec, zerofill: true, unsigned: true })
  }

  /** Part of the primary key, in the order of declaration. A table with one gets no `id` of its own. */
  primary(): Column<Value, Input, Optional, true> {
    return new Column({ ...this.spec, primary: true })
  }

  /** Numbered by the database. Only one integer column of a table, its primary key. */
  autoIncrement(): Column<Value, Input, true, Primary> {
    return new Column({ ...this.spec, autoIncrement: true })
  }

  unique(): Column<Value, Input, Optional, Primary> {
    return new Column({ ...this.spec, unique: true })
  }

  index(): Column<Value, Input, Optional, Primary> {
    return new Column({ ...this.spec, index: true })
  }

  /** A foreign key. The table is named by its declaration or, for itself and for circles, by its name. */
  references(
    table: NamedTable | string,
    options: { column?: string; onDelete?: ReferenceAction; onUpdate?: ReferenceAction } = {},
  ): Column<Value, Input, Optional, Primary> {
    const references: ReferenceSpec = Object.freeze({
      table: typeof table === 'string' ? table : table.name,
      column: options.column ?? 'id',
      onDelete: options.onDelete ?? 'restrict',
      onUpdate: options.onUpdate ?? 'restrict',
    })
    return new Column({ ...this.spec, references })
  }

  /** The name the column had before; a migration renames it instead of dropping and adding. */
  renamedFrom(name: string): Column<Value, Input, Optional, Primary> {
    return new Column({ ...this.spec, renamedFrom: name })
  }
}

function column<Value, Input = Value>(type: ColumnType, more: Partial<ColumnSpec> = {}): Column<Value, Input> {
  return new Column({
    type,
    nullable: false,
    unsigned: false,
    zerofill: false,
    autoIncrement: false,
    primary: false,
    unique: false,
    index: false,
    ...more,
  })
}

/** −2³¹ … 2³¹−1, or 0 … 2³²−1 unsigned. */
export const int = () => column<number>('int')
/** −128 … 127, or 0 … 255 unsigned. */
export const tinyint = () => column<number>('tinyint')
/** −32,768 … 32,767, or 0 … 65,535 unsigned. */
export const smallint = () => column<number>('smallint')
/** −8,388,608 … 8,388,607, or 0 … 16,777,215 unsigned. */
export const mediumint = () => column<number>('mediumint')
/** −2⁶³ … 2⁶³−1, or 0 … 2⁶⁴−1 unsigned (2⁶³−1 on SQLite). Rows hold decimal text, for a JavaScript number ends at 2⁵³. */
export const bigint = () => column<string, string | number | bigint>('bigint')
/** Single precision on MySQL, double on SQLite. */
export const float = () => column<number>('float')
export const double = () => column<number>('double')
/** Exact decimal; rows hold decimal text. `precision` digits in all (65 at most), `scale` of them behind the point. */
export const decimal = (precision = 10, scale = 0) => column<string, string | number>('decimal', { precision, scale })
/** A calendar date, `YYYY-MM-DD`. */
export const date = () => column<string>('date')
/** A time of day or a duration, `HH:MM:SS`. */
export const time = () => column<string>('time')
/** A moment in UTC, to the millisecond. Rows hold a Date; JSON shows ISO 8601, and what comes in names its zone. */
export const datetime = () => column<Date, Date | string>('datetime')
/** Text of `length` characters at most (1 … 16,383, the limit of a MySQL row in utf8mb4). */
export const varchar = (length = 255) => column<string>('varchar', { length })
/** Text of 65,535 bytes at most on MySQL. */
export const text = () => column<string>('text')
/** Any JSON value. */
export const json = <Value = unknown>() => column<Value>('json')
export const boolean = () => column<boolean>('boolean')
/** One of the given words. */
export const enumeration = <const Values extends readonly string[]>(...values: Values) =>
  column<Values[number]>('enum', { values: Object.freeze([...values]) })
/** Bytes, 65,535 at most. JSON has no bytes: the column is left out of the JSON Schemas, a route of its own serves it. */
export const blob = () => column<Uint8Array>('blob')
/** The id of a row, for columns that refer to one: an unsigned integer. */
export const id = () => column<number>('id', { unsigned: true })
/** An e-mail address. */
export const email = () => column<string>('email')
/** A hashed password. It is left out of the JSON Schema of a row, so that a response never carries it. */
export const password = () => column<string>('password')
/** A telephone number: digits, spaces, `+ - ( ) . / # *`, no letters. */
export const phone = () => column<string>('phone')
/** An IPv4 or IPv6 address. */
export const ip = () => column<string>('ip')
/** An absolute http or https URL. */
export const link = () => column<string>('link')
