/** Rows of SQLite's schema table. */
export interface FoundObject {
  readonly kind: 'table' | 'view' | 'index' | 'trigger'
  readonly name: string
  readonly of_table: string
  readonly sql: string | null
}

/** Rows of `pragma_table_xinfo`. */
export interface FoundColumn {
  readonly of_table: string
  readonly name: string
  readonly type: string
  readonly not_null: number
  /** From 1 on; 0 for a column that is no part of the primary key. */
  readonly key_place: number
  /** 2 and 3 are generated columns. */
  readonly hidden: number
}

/** Rows of `pragma_index_list` and `pragma_index_xinfo`: a part of an index, its name null for an expression. */
export interface FoundIndexPart {
  readonly of_table: string
  readonly name: string
  readonly is_unique: number
  readonly is_partial: number
  readonly column_name: string | null
  readonly is_descending: number
  readonly collation: string
}

/** Rows of `pragma_foreign_key_list`: a column, its target null for the primary key of the other table. */
export interface FoundForeignKey {
  readonly of_table: string
  readonly id: number
  readonly target_table: string
  readonly name: string
  readonly target: string | null
  readonly on_update: string
  readonly on_delete: string
}

/** What belongs to one table. */
export interface FoundParts {
  readonly columns: readonly FoundColumn[]
  readonly indexes: readonly FoundIndexPart[]
  readonly foreignKeys: readonly FoundForeignKey[]
  /** Its indexes and triggers. */
  readonly attached: readonly FoundObject[]
}
