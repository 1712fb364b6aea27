import { Column as ColumnDeclaration } from '../../kernel/contract/columns.js'
import { type AnyColumn, defineTable, type TableDefinition } from '../../kernel/contract/define-table.js'
import { defineView, type ViewDefinition } from '../../kernel/contract/define-view.js'
import type { DeclaredSchema } from '../../kernel/migrations/declared/declared-schema.js'
import { declare } from '../support/schemas.js'
import { baseOf, type Column, columnOf, type Table, tableOf, type View, type World } from './world.js'

/** What a module declares to have the world, its renames told from what it was before. */
export function declareWorld(world: World, before?: World): DeclaredSchema {
  const tables = world.tables.map((table) => declareTable(world, table, before && tableOf(before, table.id)))
  const views: ViewDefinition[] = []
  for (const view of world.views) views.push(declareView(world, view, [...tables, ...views]))
  return declare({ tables, views })
}

function declareTable(world: World, table: Table, former: Table | undefined): TableDefinition {
  const nameOf = (id: number) => columnOf(table, id)?.name ?? ''
  const columns = Object.fromEntries(
    table.columns
      .filter(({ implicit }) => !implicit)
      .map((column) => [column.name, declareColumn(world, column, columnOf(former, column.id))]),
  )
  const indexes = table.indexes.map((index) => ({ columns: index.columns.map(nameOf), unique: index.unique }))
  const renamed = former && former.name !== table.name ? { renamedFrom: former.name } : {}
  return defineTable(table.name, { columns, indexes, ...renamed })
}

/** Made of the plain data that the functions of a declaration would give. */
function declareColumn(world: World, column: Column, former: Column | undefined): AnyColumn {
  const { kind, nullable, unique, index, primary, autoIncrement, reference } = column
  const target = reference && tableOf(world, reference.table)
  const to = reference && columnOf(target, reference.column)
  return new ColumnDeclaration({
    ...{ unsigned: false, zerofill: false, ...kind, nullable, unique, index, primary, autoIncrement },
    ...('default' in column ? { default: column.default } : {}),
    ...(reference && target && to ? { references: { ...reference, table: target.name, column: to.name } } : {}),
    ...(former && former.name !== column.name ? { renamedFrom: former.name } : {}),
  })
}

function declareView(
  world: World,
  view: View,
  declared: readonly (TableDefinition | ViewDefinition)[],
): ViewDefinition {
  const source = [...world.tables, ...world.views].find(({ id }) => id === view.source)
  const base = baseOf(world, view.source)
  const shown = view.columns.flatMap((id) => columnOf(base, id) ?? [])
  const filter = columnOf(base, view.filter ?? 0)
  const select = (quote: string) => {
    const quoted = (name: string) => `${quote}${name}${quote}`
    const where = filter ? ` WHERE ${quoted(filter.name)} IS NOT NULL` : ''
    return `SELECT ${shown.map(({ name }) => quoted(name)).join(', ')} FROM ${quoted(source?.name ?? '')}${where}`
  }
  const plain = shown.map(({ name, kind, nullable }) => {
    const flags = { unique: false, index: false, primary: false, autoIncrement: false, implicit: false }
    return [name, declareColumn(world, { id: 0, name, kind, nullable, ...flags }, undefined)] as const
  })
  return defineView(view.name, {
    sql: { mysql: select('`'), sqlite: select('"') },
    columns: Object.fromEntries(plain),
    reads: declared.filter(({ name }) => name === source?.name),
  })
}
