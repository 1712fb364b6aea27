import type { LiveForeignKey, LiveIndex, LiveSchema, LiveTable } from '../../engines/live-schema.js'

/** A database's schema as far as changes of it by hand are told. Plain data, ready for JSON. */
export interface SchemaOutline {
  readonly qualifier: string
  readonly tables: Readonly<Record<string, TableOutline>>
  /** Their definitions. */
  readonly views: Readonly<Record<string, string>>
}

/** Stands for the database's own name in what is kept, so that databases migrated alike have the same record. No name has a `*`. */
export const OWN_QUALIFIER = '`*`'

export interface TableOutline {
  /** Definitions by name. */
  readonly columns: readonly (readonly [name: string, definition: string])[]
  readonly primaryKey: readonly string[]
  readonly indexes: readonly Omit<LiveIndex, 'name'>[]
  readonly foreignKeys: readonly Omit<LiveForeignKey, 'name'>[]
  readonly options: string
  readonly extras: readonly string[]
}

export function outlineOf(live: Pick<LiveSchema, 'qualifier' | 'tables' | 'views'>): SchemaOutline {
  const tables = Object.entries(live.tables).map(([name, table]) => [name, tableOutline(table)])
  const views = Object.entries(live.views).map(([name, { definition }]) => [name, definition])
  return { qualifier: live.qualifier, tables: Object.fromEntries(tables), views: Object.fromEntries(views) }
}

function tableOutline(table: LiveTable): TableOutline {
  return {
    columns: table.columns.map(({ name, definition }) => [name, definition]),
    primaryKey: table.primaryKey,
    indexes: table.indexes.map(({ unique, columns, special }) => ({ unique, columns, special })),
    foreignKeys: table.foreignKeys.map(({ name: _name, ...key }) => key),
    options: table.options,
    extras: table.extras,
  }
}

/** A view's definition as another database of the same server would have it. */
export function requalified(definition: string, from: string, to: string): string {
  return from === '' ? definition : definition.replaceAll(from, to)
}
