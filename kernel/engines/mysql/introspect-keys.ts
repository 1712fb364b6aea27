import type { LiveForeignKey, LiveIndex } from '../live-schema.js'
import { groupBy } from './group-by.js'

/** A row of information_schema.STATISTICS: one part of one index. */
export interface IndexRow {
  readonly owner: string
  readonly name: string
  /** 0 or 1, as a number or as text. */
  readonly repeats: number | string
  /** NULL for an expression, which only MySQL indexes. */
  readonly field: string | null
  readonly prefix: number | string | null
  readonly type: string
  /** `D` for descending. */
  readonly sorting: string | null
}

export const INDEXES_SQL = `
  SELECT TABLE_NAME AS owner, INDEX_NAME AS name, NON_UNIQUE AS repeats, COLUMN_NAME AS field, SUB_PART AS prefix,
    INDEX_TYPE AS type, COLLATION AS sorting
  FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() ORDER BY SEQ_IN_INDEX`

/** A row of information_schema.KEY_COLUMN_USAGE that refers to something. */
export interface ReferenceRow {
  readonly owner: string
  readonly name: string
  readonly field: string
  /** NULL for a table of the same database. */
  readonly place: string | null
  readonly target: string
  readonly key: string
}

export const REFERENCES_SQL = `
  SELECT TABLE_NAME AS owner, CONSTRAINT_NAME AS name, COLUMN_NAME AS field,
    NULLIF(REFERENCED_TABLE_SCHEMA, DATABASE()) AS place, REFERENCED_TABLE_NAME AS target, REFERENCED_COLUMN_NAME AS \`key\`
  FROM information_schema.KEY_COLUMN_USAGE
  WHERE TABLE_SCHEMA = DATABASE() AND REFERENCED_TABLE_NAME IS NOT NULL ORDER BY ORDINAL_POSITION`

/** A row of information_schema.REFERENTIAL_CONSTRAINTS. A join of the two in the server takes ten times as long. */
export interface ActionRow {
  readonly owner: string
  readonly name: string
  readonly onDelete: string
  readonly onUpdate: string
}

export const ACTIONS_SQL = `
  SELECT TABLE_NAME AS owner, CONSTRAINT_NAME AS name, DELETE_RULE AS onDelete, UPDATE_RULE AS onUpdate
  FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = DATABASE()`

export interface LiveKeys {
  readonly primaryKey: readonly string[]
  readonly indexes: readonly LiveIndex[]
}

/** Of one table. */
export function liveKeys(rows: readonly IndexRow[]): LiveKeys {
  const named = groupBy(rows, (row) => row.name)
  const primaryKey = (named.get('PRIMARY') ?? []).flatMap(({ field }) => field ?? [])
  named.delete('PRIMARY')
  return { primaryKey, indexes: [...named].map(([name, parts]) => liveIndex(name, parts)).sort(byName) }
}

function liveIndex(name: string, parts: readonly IndexRow[]): LiveIndex {
  const { type = 'BTREE', repeats } = parts[0] ?? {}
  const special = [
    ...(type === 'BTREE' ? [] : [type]),
    ...parts.flatMap(({ field, prefix, sorting }) => [
      ...(field === null ? ['an expression'] : []),
      ...(prefix === null ? [] : [`${prefix} of ${field}`]),
      ...(sorting === 'D' ? [`${field} descending`] : []),
    ]),
  ]
  return {
    name,
    columns: parts.flatMap(({ field }) => field ?? []),
    unique: Number(repeats) === 0,
    special: special.join(', '),
  }
}

/** Of one table; `actions` are the whole database's. */
export function liveForeignKeys(
  rows: readonly ReferenceRow[],
  actions: ReadonlyMap<string, ActionRow>,
): LiveForeignKey[] {
  const keys = [...groupBy(rows, (row) => row.name)].flatMap(([name, parts]): LiveForeignKey[] => {
    const [first] = parts
    if (!first) return []
    const rules = actions.get(actionKey(first))
    const link = {
      name,
      columns: parts.map(({ field }) => field),
      table: first.place === null ? first.target : `${first.place}.${first.target}`,
      targets: parts.map(({ key }) => key),
      onDelete: rules?.onDelete ?? '',
      onUpdate: rules?.onUpdate ?? '',
    }
    return [link]
  })
  return keys.sort(byName)
}

/** By table and name: newer MariaDB has names of foreign keys that are a table's own. */
export function actionKey({ owner, name }: { readonly owner: string; readonly name: string }): string {
  return JSON.stringify([owner, name])
}

/** The servers give no order of their own. */
export function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1
}
