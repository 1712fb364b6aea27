import { type DefaultValue, now } from '../../kernel/contract/columns.js'
import type { EngineKind } from '../../kernel/engines/engine-kind.js'
import { convert } from './conversion-model.js'
import { sameUnder, sameValue } from './equality.js'
import { decimalText } from './values.js'
import {
  type Column,
  columnOf,
  type Row,
  type Rows,
  type Table,
  tableOf,
  uniquesOf,
  type Value,
  type World,
} from './world.js'

/** A value that is there, whatever it is. */
export const SOME: unique symbol = Symbol('some value')
export type Expected = ReadonlyMap<number, Value | typeof SOME>

/** Why a migration is, or may be, refused. */
export interface Reason {
  readonly table: Table
  readonly columns: readonly Column[]
  readonly why: string
  /** False: the kernel may refuse it, or may not. */
  readonly certain: boolean
}

export interface Outcome {
  readonly reasons: readonly Reason[]
  /** What each table of the world is to hold if it is not refused. */
  readonly rows: ReadonlyMap<number, readonly Expected[]>
}

/** What the migration of a database with these rows is to come to. */
export function expectOutcome(engine: EngineKind, before: World, after: World, rows: Rows): Outcome {
  const reasons: Reason[] = []
  const expected = new Map<number, readonly Expected[]>()
  for (const table of after.tables) {
    const former = tableOf(before, table.id)
    const held = (former && rows.get(former.id)) ?? []
    const refuse = (columns: readonly Column[], why: string, certain: boolean) =>
      reasons.push({ table, columns, why, certain })
    expected.set(
      table.id,
      held.map((row) => migrated(engine, former, table, row, refuse)),
    )
  }
  for (const table of after.tables) {
    const held = expected.get(table.id) ?? []
    for (const columns of uniquesOf(table)) reasons.push(...duplicates(engine, table, columns, held))
    for (const column of table.columns) reasons.push(...orphans(engine, after, table, column, expected))
  }
  return { reasons, rows: expected }
}

type Refuse = (columns: readonly Column[], why: string, certain: boolean) => void

function migrated(engine: EngineKind, former: Table | undefined, table: Table, row: Row, refuse: Refuse): Expected {
  const cell = (column: Column): Value | typeof SOME => {
    const source = columnOf(former, column.id)
    const value = row.get(column.id) ?? null
    if (source && value !== null) {
      const conversion = convert(engine, source.kind, column.kind, value)
      if (conversion.as === 'misfit') refuse([column], `${value} does not fit`, true)
      else if (conversion.as !== 'kept') refuse([column], `${value} may not be converted`, false)
      return 'value' in conversion ? conversion.value : SOME
    }
    if (source && column.nullable) return null
    if (column.autoIncrement) return SOME
    const missing = defaultValue(column)
    if (missing === null && !column.nullable) refuse([column], 'has no value for the rows there are', true)
    return missing
  }
  return new Map(table.columns.map((column) => [column.id, cell(column)]))
}

/** The default as canonical text. */
function defaultValue({ kind, default: value }: Column): Value | typeof SOME {
  if (value === now) return SOME
  if (value === undefined || value === null) return null
  if (typeof value === 'boolean') return value ? '1' : '0'
  return kind.type === 'decimal' ? decimalText(String(value), kind.scale ?? 0) : textOf(value)
}

const textOf = (value: Exclude<DefaultValue, null | typeof now>) => String(value)

function duplicates(engine: EngineKind, table: Table, columns: readonly number[], rows: readonly Expected[]): Reason[] {
  const named = columns.flatMap((id) => columnOf(table, id) ?? [])
  if (named.some(({ autoIncrement }) => autoIncrement)) return []
  const reason = (certain: boolean): Reason => ({ table, columns: named, why: 'holds duplicates', certain })
  const isOpen = rows.some((row) => columns.some((id) => row.get(id) === SOME))
  const known = rows.filter((row) => columns.every((id) => typeof row.get(id) === 'string')) as Row[]
  const clash = known.some((row, i) => known.slice(0, i).some((other) => sameUnder(engine, table, columns, row, other)))
  return clash ? [reason(true)] : isOpen ? [reason(false)] : []
}

function orphans(
  engine: EngineKind,
  world: World,
  table: Table,
  column: Column,
  rows: ReadonlyMap<number, readonly Expected[]>,
): Reason[] {
  const { reference } = column
  if (!reference) return []
  const parents = (rows.get(reference.table) ?? []).map((row) => row.get(reference.column) ?? null)
  const reason = (certain: boolean): Reason => ({ table, columns: [column], why: 'has orphans', certain })
  for (const row of rows.get(table.id) ?? []) {
    const value = row.get(column.id) ?? null
    if (value === null) continue
    if (value === SOME || parents.includes(SOME)) return [reason(false)]
    const kind = columnOf(tableOf(world, reference.table), reference.column)?.kind ?? column.kind
    if (!parents.some((parent) => typeof parent === 'string' && sameValue(engine, kind, value, parent))) {
      return [reason(true)]
    }
  }
  return []
}
