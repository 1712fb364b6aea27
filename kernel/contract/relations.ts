import type { Fault } from '../errors.js'
import type { ColumnSpec, NamedTable } from './columns.js'

/**
 * A relation to another table. Its target is given by a function, so that two tables may relate to each other.
 * `foreignKey` is a column of this table for `belongsTo`, of the other table for `hasOne` and `hasMany`,
 * and of the table between for `belongsToMany` (where `otherKey` names the column that points to the target).
 */
export interface Relation {
  readonly kind: 'hasOne' | 'hasMany' | 'belongsTo' | 'belongsToMany'
  readonly target: () => NamedTable
  readonly foreignKey: string
  readonly through?: () => NamedTable
  readonly otherKey?: string
}

export const belongsTo = (target: () => NamedTable, foreignKey: string): Relation => ({
  kind: 'belongsTo',
  target,
  foreignKey,
})

export const hasOne = (target: () => NamedTable, foreignKey: string): Relation => ({
  kind: 'hasOne',
  target,
  foreignKey,
})

export const hasMany = (target: () => NamedTable, foreignKey: string): Relation => ({
  kind: 'hasMany',
  target,
  foreignKey,
})

export const belongsToMany = (
  target: () => NamedTable,
  between: { through: () => NamedTable; foreignKey: string; otherKey: string },
): Relation => ({ kind: 'belongsToMany', target, ...between })

/** What can be said before the other table is known. */
export function relationFaults(
  columns: Readonly<Record<string, ColumnSpec>>,
  relations: Readonly<Record<string, Relation>>,
): Fault[] {
  const faults: Fault[] = []
  for (const [name, relation] of Object.entries(relations)) {
    const path = `relations.${name}`
    if (Object.hasOwn(columns, name)) faults.push({ path, message: 'has the name of a column' })
    if (typeof relation?.target !== 'function')
      faults.push({ path, message: 'its target must be a function: () => table' })
    if (relation?.kind === 'belongsTo' && !Object.hasOwn(columns, relation.foreignKey)) {
      faults.push({ path, message: `its foreign key is no column of this table: ${relation.foreignKey}` })
    }
  }
  return faults
}
