/** What a database holds, in the server's own words, as far as the migrator compares it. Plain data. */
export interface LiveSchema {
  /** Names of tables and views that differ by case alone are one name there. */
  readonly foldsNames: boolean
  /**
   * How `LiveView.definition` names this database in front of a table: `` `shop` `` on MySQL, the empty string where
   * definitions do not name it. Put in place of another database's, it makes definitions comparable.
   */
  readonly qualifier: string
  /** The kernel's own (`m3saas_…`) are left out. */
  readonly tables: Readonly<Record<string, LiveTable>>
  readonly views: Readonly<Record<string, LiveView>>
}

export interface LiveTable {
  /** In order. */
  readonly columns: readonly LiveColumn[]
  /** Names of columns, in the order of the key; empty for none. */
  readonly primaryKey: readonly string[]
  /** Without the primary key's. */
  readonly indexes: readonly LiveIndex[]
  readonly foreignKeys: readonly LiveForeignKey[]
  /** Storage engine and collation as one text, equal if they are; empty where tables have none. */
  readonly options: string
  /**
   * What only hand-written migrations make, each as one text: check constraints of the table, triggers. It is kept as it
   * is, and told of when it changes.
   */
  readonly extras: readonly string[]
  /** For the engine that writes a table anew to change it. It plays no part in comparing tables; MySQL leaves it out. */
  readonly stored?: StoredTable
}

/** A piece of SQL in which a number is the place of a column of the table, so that it outlasts a change of its name. */
export type StoredText = readonly (string | number)[]

/** What has to be written again and stands in no declaration. Absent for what is no ordinary table. */
export interface StoredTable {
  /** The definition of each column but for its name, its keys and what it refers to. */
  readonly columns: readonly StoredText[]
  /** The check constraints of the table. */
  readonly checks: readonly StoredText[]
  /** What stands behind the name of the table in CREATE INDEX; none for those that CREATE TABLE made. */
  readonly indexes: readonly { readonly name: string; readonly text: StoredText }[]
  /** Foreign keys that are looked at when a transaction ends, by the places of their columns. */
  readonly deferred: readonly (readonly number[])[]
  /** What stands behind the primary key: `ON CONFLICT REPLACE`. */
  readonly primaryKey: string
  /** What stands behind the list of columns: `STRICT`, `WITHOUT ROWID`. */
  readonly options: string
  /** Whether the database has any trigger, which may name columns of this table. */
  readonly triggers: boolean
}

export interface LiveColumn {
  readonly name: string
  /** Type with sign, length, character set and collation: equal text, equal storage. */
  readonly type: string
  /** All that the column's definition says but for its name and its place: equal text, equal column. */
  readonly definition: string
  readonly domain: Domain
  readonly nullable: boolean
  readonly hasDefault: boolean
  readonly autoIncrement: boolean
  /** Computed from other columns; only hand-written migrations make such columns. */
  readonly generated: boolean
}

/** The values that a column can hold, told alike by both engines. NULL apart. */
export type Domain =
  /** A boolean is 0 … 1. */
  | { readonly kind: 'integer'; readonly least: bigint; readonly most: bigint }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number; readonly unsigned: boolean }
  | { readonly kind: 'float' | 'double'; readonly unsigned: boolean }
  | { readonly kind: 'date' | 'time' | 'datetime' | 'json' | 'blob' }
  /** `characters` at most; a TEXT column holds 65,535 bytes, so that every VARCHAR fits. */
  | { readonly kind: 'text'; readonly characters: number }
  | { readonly kind: 'enum'; readonly values: readonly string[] }
  /** A type that no declaration makes. */
  | { readonly kind: 'other'; readonly type: string }

export interface LiveIndex {
  readonly name: string
  readonly columns: readonly string[]
  readonly unique: boolean
  /** What a declared index never has, as text: a prefix, a kind such as FULLTEXT, a condition. Empty for an ordinary one. */
  readonly special: string
}

export interface LiveForeignKey {
  /** Empty where the engine does not name them. */
  readonly name: string
  readonly columns: readonly string[]
  readonly table: string
  readonly targets: readonly string[]
  /** As the server says it, in upper case: `RESTRICT`, `SET NULL`, … */
  readonly onDelete: string
  readonly onUpdate: string
}

export interface LiveView {
  /** The SELECT as the server keeps it. */
  readonly definition: string
}
