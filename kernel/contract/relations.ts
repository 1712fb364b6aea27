import type { Fault } from '../errors.js'
import { isDatabaseIdentifier } from '../names.js'
import type { ColumnSpec, NamedTable } from './columns.js'

/**
 * A relation to another table. `foreignKey` is a column of this table for `belongsTo`, of the other table for `hasOne`
 * and `hasMany`, and of the table between for `belongsToMany` (where `otherKey` names the column that points to the
 * target).
 */
export interface Relation {
  readonly kind: 'hasOne' | 'hasMany' | 'belongsTo' | 'belongsToMany'
  readonly target: () => NamedTable
  readonly foreignKey: string
  readonly through?: () => NamedTable
  readonly otherKey?: string
}

/**
 * A table by its declaration; by a function that gives it, where it is declared further down; by its name, where two
 * tables relate to each other (TypeScript cannot infer the types of both at once) or one to itself.
 */
export type TableReference = NamedTable | (() => NamedTable) | string

export const belongsTo = (target: TableReference, foreignKey: string) => relation('belongsTo', target, foreignKey)

export const hasOne = (target: TableReference, foreignKey: string) => relation('hasOne', target, foreignKey)

export const hasMany = (target: TableReference, foreignKey: string) => relation('hasMany', target, foreignKey)

export const belongsToMany = (
  target: TableReference,
  between: { through: TableReference; foreignKey: string; otherKey: string },
): Relation => ({
  ...relation('belongsToMany', target, between.foreignKey),
  through: resolver(between.through),
  otherKey: between.otherKey,
})

function relation(kind: Relation['kind'], target: TableReference, foreignKey: string): Relation {
  return { kind, target: resolver(target), foreignKey }
}

function resolver(table: TableReference): () => NamedTable {
  if (typeof table === 'function') return table as () => NamedTable
  const named = typeof table === 'string' ? Object.freeze({ name: table }) : table
  return () => named
}

/** What can be said before the other table is known. */
export function relationFaults(
  columns: Readonly<Record<string, ColumnSpec>>,
  relations: Readonly<Record<string, Relation>>,
): Fault[] {
  const faults: Fault[] = []
  for (const [name, relation] of Object.entries(relations)) {
    const fault = (message: string) => faults.push({ path: `relations.${name}`, message })
    if (!isDatabaseIdentifier(name)) fault('its name must be a letter, then letters, digits or _, at most 64')
    if (Object.hasOwn(columns, name)) fault('has the name of a column')
    if (typeof relation?.target !== 'function') {
      fault('must be made by belongsTo, hasOne, hasMany or belongsToMany')
    } else if (relation.kind === 'belongsTo' && !Object.hasOwn(columns, relation.foreignKey)) {
      fault(`its foreign key is no column of this table: ${relation.foreignKey}`)
    }
  }
  return faults
}
