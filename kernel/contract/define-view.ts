import { type Fault, M3Error } from '../errors.js'
import { isDatabaseIdentifier } from '../names.js'
import { canonicalText } from './canonical-text.js'
import type { ColumnSpec } from './columns.js'
import { type AnyColumn, type Columns, isTable, type TableDefinition } from './define-table.js'
import { type TableSchemas, tableSchemas } from './json-schema.js'
import { columnFaults } from './verify-columns.js'

const VIEW = Symbol.for('m3saas.view')

/** A read-only view as declared. `sql` is one SELECT, or one an engine where they must differ. */
export interface ViewDefinition<C extends Columns = Columns> {
  readonly name: string
  readonly sql: string | { readonly mysql: string; readonly sqlite: string }
  readonly columns: Readonly<Record<string, ColumnSpec>>
  /** The tables and views it reads: they are created before it. */
  readonly reads: readonly string[]
  readonly schema: Pick<TableSchemas, 'row' | 'rows'>
  readonly __columns?: C
}

/** The row type of a view: `ViewRow<typeof recentNotes>`. */
export type ViewRow<V extends ViewDefinition> =
  V extends ViewDefinition<infer C> ? { [K in keyof C]: C[K]['__types']['value'] } : never

export interface ViewDeclaration<C extends Columns> {
  readonly sql: string | { readonly mysql: string; readonly sqlite: string }
  readonly columns: C
  readonly reads: readonly (TableDefinition | ViewDefinition)[]
}

/** Declares a view. Throws MODULE_INVALID with every fault of the declaration. */
export function defineView<const C extends Columns>(name: string, declaration: ViewDeclaration<C>): ViewDefinition<C> {
  const faults: Fault[] = []
  if (typeof name !== 'string' || !isDatabaseIdentifier(name)) {
    faults.push({ path: 'name', message: 'must be a letter, then letters, digits or _, at most 64' })
  }
  const sql = declaration?.sql
  const statements = typeof sql === 'string' ? [sql] : [sql?.mysql, sql?.sqlite]
  if (!statements.every((statement) => /^\s*(select|with)\b/i.test(String(statement)))) {
    faults.push({ path: 'sql', message: 'must be a SELECT, or one an engine: { mysql, sqlite }' })
  }
  const columns: Record<string, ColumnSpec> = {}
  for (const [column, value] of Object.entries(declaration?.columns ?? {})) {
    const spec = (value as AnyColumn | undefined)?.spec
    if (spec) columns[column] = Object.freeze({ ...spec })
    else faults.push({ path: `columns.${column}`, message: 'is not a column: use varchar(255), int(), …' })
  }
  if (Object.keys(columns).length === 0) faults.push({ path: 'columns', message: 'must name the columns of the view' })
  faults.push(...columnFaults(columns))
  for (const [i, source] of (declaration?.reads ?? []).entries()) {
    if (!isTable(source) && !isView(source)) {
      faults.push({ path: `reads[${i}]`, message: 'must be made by defineTable or defineView' })
    }
  }
  if (faults.length > 0)
    throw new M3Error('MODULE_INVALID', `The view ${JSON.stringify(name)} is not declared well`, { faults })
  const { row, rows } = tableSchemas(columns)
  return Object.freeze({
    [VIEW]: true,
    name,
    sql: typeof sql === 'object' ? Object.freeze({ ...sql }) : sql,
    columns: Object.freeze(columns),
    reads: Object.freeze((declaration.reads ?? []).map((source) => source.name)),
    schema: Object.freeze({ row, rows }),
  })
}

export function isView(value: unknown): value is ViewDefinition {
  return typeof value === 'object' && value !== null && VIEW in value
}

/** The statement of a view for one engine. */
export function viewSql(view: ViewDefinition, engine: 'mysql' | 'sqlite'): string {
  return typeof view.sql === 'string' ? view.sql : view.sql[engine]
}

/** Structural equality of two declarations: the same statement, giving the same columns, after the same tables. */
export function sameView(a: ViewDefinition, b: ViewDefinition): boolean {
  const text = ({ name, sql, columns, reads }: ViewDefinition) =>
    canonicalText({ name, sql, columns: Object.entries(columns), reads })
  return a === b || text(a) === text(b)
}
