import {
  buildColumn,
  buildIndex,
  freeColumnName,
  freeTableName,
  type Numbers,
  withDefault,
  withReference,
  withTable,
  withView,
} from './build-world.js'
import type { Edit } from './edits.js'
import { alongReferences, resized } from './retyping.js'
import { soundWorld } from './sound-world.js'
import { type Column, shownBy, type Table, tableOf, type View, type World } from './world.js'

/**
 * The world after the edits. A name that a table or column had before is given to no other one: whether that would be
 * the former one, changed, nobody could say.
 */
export function editWorld(before: World, edits: readonly Edit[], numbers: Numbers): World {
  const taken = [...before.tables, ...before.views].map(({ name }) => name)
  return edits.reduce((world, edit) => soundWorld(edited(world, edit, before, taken, numbers)), before)
}

function edited(world: World, edit: Edit, before: World, taken: readonly string[], numbers: Numbers): World {
  switch (edit.op) {
    case 'addTable':
      return world.tables.length < 5 ? withTable(world, edit.recipe, numbers, taken) : world
    case 'addView':
      return world.views.length < 4 ? withView(world, edit.recipe, numbers, taken) : world
    case 'dropView':
    case 'changeView': {
      const view = world.views[edit.view % world.views.length]
      if (!view) return world
      const views = world.views.flatMap((each) => {
        if (each.id !== view.id) return [each]
        return edit.op === 'dropView' ? [] : [changedView(world, view, edit)]
      })
      return { ...world, views }
    }
    default: {
      const table = world.tables[edit.table % world.tables.length]
      return table ? editedTable(world, table, edit, before, taken, numbers) : world
    }
  }
}

type TableEdit = Exclude<Edit, { op: 'addTable' | 'addView' | 'dropView' | 'changeView' }>

function editedTable(
  world: World,
  table: Table,
  edit: TableEdit,
  before: World,
  taken: readonly string[],
  numbers: Numbers,
): World {
  const becomes = (change: Partial<Table>): World => ({
    ...world,
    tables: world.tables.map((each) => (each.id === table.id ? { ...table, ...change } : each)),
  })
  const former = tableOf(before, table.id)?.columns.map(({ name }) => name) ?? []
  const freeColumn = (n: number) => freeColumnName(n, [...table.columns.map(({ name }) => name), ...former])
  switch (edit.op) {
    case 'dropTable':
      return { ...world, tables: world.tables.filter((each) => each.id !== table.id) }
    case 'renameTable': {
      const others = [...world.tables, ...world.views].map(({ name }) => name)
      return becomes({ name: freeTableName(edit.name, [...others, ...taken]) })
    }
    case 'addColumn': {
      const column = buildColumn(edit.recipe, freeColumn(edit.recipe.name), numbers)
      const { reference } = edit.recipe
      const at = edit.at % (table.columns.length + 1)
      return becomes({
        columns: table.columns.toSpliced(at, 0, reference ? withReference(world, column, reference) : column),
      })
    }
    case 'addIndex':
      return becomes({ indexes: [...table.indexes, buildIndex(table.columns, edit.recipe)] })
    case 'dropIndex':
      return becomes({ indexes: table.indexes.filter((_index, i) => i !== edit.index % table.indexes.length) })
    case 'changeKey':
      return becomes({ columns: rekeyed(table, edit, freeColumn, numbers) })
    default:
      return editedColumn(world, table, edit, freeColumn)
  }
}

type ColumnEdit = Extract<Edit, { column: number; table: number }>

function editedColumn(
  world: World,
  table: Table,
  edit: Exclude<ColumnEdit, { op: 'changeKey' }>,
  freeName: (n: number) => string,
): World {
  const declared = table.columns.filter(({ implicit }) => !implicit)
  const column = declared[edit.column % declared.length]
  if (!column) return world
  const becomes = (change: (column: Column) => Column | undefined): World => ({
    ...world,
    tables: world.tables.map((each) => ({
      ...each,
      columns: each.columns.flatMap((own) => (own.id === column.id ? (change(own) ?? []) : own)),
    })),
  })
  switch (edit.op) {
    case 'dropColumn':
      return declared.length > 1 ? becomes(() => undefined) : world
    case 'renameColumn':
      return becomes((own) => ({ ...own, name: freeName(edit.name) }))
    case 'toggleUnique':
      return becomes((own) => ({ ...own, unique: !own.unique }))
    case 'toggleIndex':
      return becomes((own) => ({ ...own, index: !own.index }))
    case 'toggleNullable':
      return becomes((own) => ({ ...own, nullable: !own.nullable }))
    case 'setDefault':
      return becomes((own) => withDefault(own, edit.value))
    case 'actions': {
      const { onDelete, onUpdate } = edit
      return becomes((own) => (own.reference ? { ...own, reference: { ...own.reference, onDelete, onUpdate } } : own))
    }
    case 'refer': {
      const { reference: _former, ...rest } = column
      return becomes(() => (edit.to ? withReference(world, rest, edit.to) : rest))
    }
    case 'retype':
    case 'resize': {
      const kind = edit.op === 'retype' ? edit.kind : resized(column.kind, edit.by)
      return alongReferences(world, column, kind, edit.along)
    }
  }
}

/** Another primary key: of columns that are there, one that is numbered, or the implicit one. */
function rekeyed(
  table: Table,
  edit: Extract<Edit, { op: 'changeKey' }>,
  freeName: (n: number) => string,
  numbers: Numbers,
): Column[] {
  const plain = table.columns
    .filter(({ implicit }) => !implicit)
    .map((column) => ({ ...column, primary: false, autoIncrement: false }))
  const of = { implicit: 0, numbered: 0, natural: 1, composite: 2 }[edit.key]
  const keyed = plain.map((column, i) =>
    (i - (edit.column % plain.length) + plain.length) % plain.length < of ? { ...column, primary: true } : column,
  )
  if (edit.key !== 'numbered') return keyed
  const flags = { nullable: false, unique: false, index: false, primary: true, autoIncrement: true, implicit: false }
  return [{ id: numbers.next(), name: freeName(3), kind: { type: 'int' }, ...flags }, ...keyed]
}

function changedView(world: World, view: View, edit: Extract<Edit, { op: 'changeView' }>): View {
  const shown = shownBy(world, view.source)
  const of = (pick: number) => shown[pick % shown.length] as number
  const { filter: _former, ...rest } = view
  const columns = view.columns.includes(of(edit.column))
    ? view.columns.filter((id) => id !== of(edit.column))
    : [...view.columns, of(edit.column)]
  return {
    ...rest,
    columns: columns.length > 0 ? columns : view.columns,
    ...(edit.filter === null ? {} : { filter: of(edit.filter) }),
  }
}
