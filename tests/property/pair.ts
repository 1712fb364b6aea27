import fc from 'fast-check'
import type { ColumnSpec } from '../../kernel/contract/columns.js'
import type { DeclaredSchema } from '../../kernel/migrations/declared/declared-schema.js'
import { buildWorld, Numbers } from './build-world.js'
import { declareWorld } from './declare-world.js'
import { editWorld } from './edit-world.js'
import { anyEdit, type Edit } from './edits.js'
import { fillRows } from './fill-rows.js'
import { type WorldRecipe, worldRecipe } from './recipes.js'
import type { Rows, World } from './world.js'

/** What a database is declared to hold, the rows it holds, and what it is declared to hold then. */
export class Pair {
  readonly before: World
  readonly after: World
  readonly rows: Rows

  constructor(
    recipe: WorldRecipe,
    readonly edits: readonly Edit[],
  ) {
    const numbers = new Numbers()
    this.before = buildWorld(recipe, numbers)
    this.after = editWorld(this.before, edits, numbers)
    this.rows = fillRows(this.before, recipe.tables)
  }

  get declaredBefore(): DeclaredSchema {
    return declareWorld(this.before)
  }

  get declaredAfter(): DeclaredSchema {
    return declareWorld(this.after, this.before)
  }

  /** As a reader of a counterexample wants it. */
  [fc.toStringMethod](): string {
    const rows = this.before.tables.map((table) => {
      const lines = (this.rows.get(table.id) ?? []).map((row) =>
        table.columns.map(({ id, name }) => `${name}=${JSON.stringify(row.get(id) ?? null)}`).join(' '),
      )
      return `${table.name}:${lines.map((line) => `\n    ${line}`).join('') || ' none'}`
    })
    const edits = this.edits.map(({ op }) => op).join(', ')
    return [
      ...['', 'before', describeSchema(this.declaredBefore), 'rows', ...rows.map((row) => `  ${row}`)],
      ...[`after ${edits}`, describeSchema(this.declaredAfter)],
    ].join('\n')
  }
}

export const anyPair: fc.Arbitrary<Pair> = fc
  .tuple(worldRecipe, fc.array(anyEdit, { maxLength: 8 }))
  .map(([recipe, edits]) => new Pair(recipe, edits))

function describeSchema({ tables, views }: DeclaredSchema): string {
  const lines = tables.flatMap(({ name, columns, primaryKey, indexes, ...more }) => [
    `  ${name}${'renamedFrom' in more && more.renamedFrom ? ` (was ${more.renamedFrom})` : ''}, key ${primaryKey.join('+')}`,
    ...Object.entries(columns).map(([column, spec]) => `    ${column} ${describeColumn(spec)}`),
    ...indexes.map((index) => `    ${index.unique ? 'unique' : 'index'} ${index.columns.join('+')}`),
  ])
  const shown = views.map(({ name, sql }) => `  ${name}: ${typeof sql === 'string' ? sql : sql.sqlite}`)
  return [...lines, ...shown].join('\n')
}

function describeColumn(spec: ColumnSpec): string {
  const { type, length, precision, scale, values, references, renamedFrom } = spec
  const size =
    values?.map((value) => JSON.stringify(value)) ?? [length, precision, scale].filter((n) => n !== undefined)
  return [
    `${type}${size.length > 0 ? `(${size.join(',')})` : ''}`,
    spec.zerofill ? 'zerofill' : spec.unsigned ? 'unsigned' : '',
    spec.nullable ? 'nullable' : '',
    spec.autoIncrement ? 'numbered' : '',
    'default' in spec ? `default ${typeof spec.default === 'symbol' ? 'now' : JSON.stringify(spec.default)}` : '',
    references
      ? `→ ${references.table}.${references.column} (delete: ${references.onDelete}, update: ${references.onUpdate})`
      : '',
    renamedFrom ? `(was ${renamedFrom})` : '',
  ]
    .filter((word) => word !== '')
    .join(' ')
}
