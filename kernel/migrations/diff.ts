import { type ColumnSpec, now } from '../contract/columns.js'
import { viewSql } from '../contract/define-view.js'
import type { TableSpec } from '../contract/table-spec.js'
import type { EngineKind } from '../engines/contract.js'
import type { Ddl } from '../engines/ddl.js'
import type { LiveSchema } from '../engines/live-schema.js'
import type { Fault } from '../errors.js'
import type { DeclaredSchema } from './declared-schema.js'

export type StepKind = 'createTable' | 'addColumn' | 'dropView' | 'createView'

/** One change of one table or view, `table` its name. `sql` runs statement by statement. */
export interface MigrationStep {
  readonly kind: StepKind
  readonly table: string
  readonly sql: readonly string[]
  readonly destructive: boolean
}

export interface MigrationPlan {
  /** In the order to run them. */
  readonly steps: readonly MigrationStep[]
  /** Why the plan must not be run. */
  readonly refusals: readonly Fault[]
}

/**
 * What brings a database to what is declared: views dropped, missing tables created, missing columns added where that
 * needs no value for the rows there are, views made anew. What nobody declares is left alone. Pure but for `ddl`, which
 * may throw MODULE_INVALID for a table that the engine cannot hold.
 */
export function planMigration(
  declared: Pick<DeclaredSchema, 'tables' | 'views'>,
  live: LiveSchema,
  engine: { readonly kind: EngineKind; readonly ddl: Ddl },
): MigrationPlan {
  const { ddl, kind } = engine
  const same = (name: string) => nameIn(live, name)
  const liveTables = new Map(Object.entries(live.tables).map(([name, table]) => [same(name), table]))
  const liveViews = new Set(Object.keys(live.views).map(same))
  const steps: MigrationStep[] = []
  const refusals: Fault[] = []
  for (const { name } of declared.views.toReversed()) {
    if (liveTables.has(same(name))) refusals.push({ path: name, message: 'is declared as a view, but is a table' })
    if (liveViews.has(same(name))) steps.push(step('dropView', name, [ddl.dropView(name)]))
  }
  for (const table of declared.tables) {
    const found = liveTables.get(same(table.name))
    if (liveViews.has(same(table.name))) {
      refusals.push({ path: table.name, message: 'is declared as a table, but is a view' })
    } else if (!found) {
      steps.push(step('createTable', table.name, ddl.createTable(table)))
    } else {
      const missing = missingColumns(
        table,
        found.columns.map((column) => column.name),
      )
      const addable = missing.filter((column) => isAddable(table, column))
      for (const column of addable)
        steps.push(step('addColumn', table.name, [`ALTER TABLE ${ddl.quote(table.name)} ADD COLUMN ${column}`]))
      const refused = missing.filter((column) => !addable.includes(column))
      if (refused.length > 0) refusals.push({ path: table.name, message: missingText(refused) })
    }
  }
  for (const view of declared.views) {
    steps.push(step('createView', view.name, ddl.createView(view.name, viewSql(view, kind))))
  }
  return { steps, refusals }
}

function step(kind: StepKind, table: string, sql: readonly string[]): MigrationStep {
  return { kind, table, sql, destructive: false }
}

/** Column names do not differ by case alone on any engine. */
function missingColumns(table: TableSpec, live: readonly string[]): string[] {
  const there = new Set(live.map(lowerCase))
  return Object.keys(table.columns).filter((column) => !there.has(lowerCase(column)))
}

/** The rows there are need no value of their own, and both engines can add it without touching them. */
function isAddable(table: TableSpec, column: string): boolean {
  const spec = table.columns[column] as ColumnSpec
  if (spec.primary || spec.autoIncrement || spec.references || spec.renamedFrom !== undefined) return false
  if (table.indexes.some((index) => index.columns.includes(column))) return false
  // SQLite adds no column whose default is not constant.
  if (spec.default === now) return false
  return spec.nullable || (spec.default !== undefined && spec.default !== null)
}

function missingText(columns: readonly string[]): string {
  const names = columns.length === 1 ? `the column ${columns[0]}` : `the columns ${columns.join(', ')}`
  return `is there, but lacks ${names}: this version creates tables; changing them needs a hand-written migration`
}

function lowerCase(name: string): string {
  return name.toLowerCase()
}

/** A name of a table or view in the form in which the names of this database are compared. */
export function nameIn(live: Pick<LiveSchema, 'foldsNames'>, name: string): string {
  return live.foldsNames ? lowerCase(name) : name
}
