import type { TableSpec } from '../../contract/table-spec.js'
import type { Ddl } from '../../engines/ddl.js'
import type { LiveForeignKey, LiveSchema, LiveTable } from '../../engines/live-schema.js'
import { find, lower, nameIn } from './names.js'

export interface Rename {
  readonly from: string
  readonly to: string
}

/** What has to be renamed, in order: tables first, then columns, whose tables are named by their new names. */
export interface Renames {
  readonly tables: readonly Rename[]
  readonly columns: readonly (Rename & { readonly table: string })[]
}

/** As much of a record as tells what tables and columns were called before. */
export type RecordedNames = Readonly<
  Record<string, { readonly renamedFrom?: string; readonly renamedColumns?: Readonly<Record<string, string>> }>
>

/**
 * A table or column is renamed if nothing has its name yet, and what had its former one does not need it any more: it is
 * not declared under that name, or is about to be renamed itself. A name that is written in other letters, where that
 * makes another name, or another column in results, is a former one too, and so is one that was given instead of the name
 * by code that was rolled back since.
 */
export function findRenames(tables: readonly TableSpec[], live: LiveSchema, recorded: RecordedNames = {}): Renames {
  const later = Object.entries(recorded).flatMap(([name, { renamedFrom }]) =>
    renamedFrom === undefined ? [] : [[name, renamedFrom] as const],
  )
  const renamedTables = renamesAmong(
    tables.map(({ name, renamedFrom }) => declaredName(name, renamedFrom, later, (each) => nameIn(live, each))),
    Object.keys(live.tables),
    (name) => nameIn(live, name),
    // Names that this database takes for one are one.
    !live.foldsNames,
  )
  const named = renamed(live, { tables: renamedTables, columns: [] })
  const columns = tables.flatMap((table) => {
    const found = find(named, named.tables, table.name)
    if (!found) return []
    const former = formerTableName(live, { tables: renamedTables, columns: [] }, found.name)
    const before = (find(live, recorded, former) ?? find(live, recorded, found.name))?.value.renamedColumns ?? {}
    const declared = Object.entries(table.columns).map(([name, { renamedFrom }]) =>
      declaredName(name, renamedFrom, Object.entries(before), lower),
    )
    const there = found.value.columns.map(({ name }) => name)
    return renamesAmong(declared, there, lower, true).map((rename) => ({ table: found.name, ...rename }))
  })
  return { tables: renamedTables, columns }
}

interface Declared {
  readonly name: string
  /** The likelier first. */
  readonly formers: readonly string[]
}

/** `later`: names by which something went last, each with the one before it. */
function declaredName(
  name: string,
  renamedFrom: string | undefined,
  later: readonly (readonly [name: string, former: string])[],
  same: (name: string) => string,
): Declared {
  const undone = later.flatMap(([each, former]) => (same(former) === same(name) ? [each] : []))
  return { name, formers: [...(renamedFrom === undefined ? [] : [renamedFrom]), ...undone] }
}

function renamesAmong(
  declared: readonly Declared[],
  there: readonly string[],
  same: (name: string) => string,
  byCase: boolean,
): Rename[] {
  const live = new Map(there.map((name) => [same(name), name]))
  const wanted = new Map(declared.map((each) => [same(each.name), each]))
  const renames: Rename[] = []
  /** Whether the live one of this name is to have another, or none. */
  const isLeaving = (name: string, behind: readonly string[]): boolean => {
    const own = wanted.get(name)
    if (!own) return true
    if (behind.includes(name)) return false
    return own.formers
      .map(same)
      .some((former) => former !== name && live.has(former) && isLeaving(former, [...behind, name]))
  }
  const formerOf = ({ name, formers }: Declared): string | undefined => {
    if (live.has(same(name))) return undefined
    const given = formers.flatMap((former) => live.get(same(former)) ?? [])
    const leaving = given.find((each) => isLeaving(same(each), [same(name)]))
    if (leaving !== undefined) return leaving
    const variant = byCase ? [...live.values()].find((each) => lower(each) === lower(name)) : undefined
    return variant !== undefined && isLeaving(same(variant), [same(name)]) ? variant : undefined
  }
  for (let found = true; found; ) {
    found = false
    for (const each of declared) {
      const from = formerOf(each)
      if (from === undefined) continue
      renames.push({ from, to: each.name })
      live.delete(same(from))
      live.set(same(each.name), each.name)
      found = true
    }
  }
  // A column keeps its name in other letters: no name is free or taken by it.
  for (const { name } of byCase ? declared : []) {
    const current = live.get(same(name))
    if (current !== undefined && current !== name) renames.push({ from: current, to: name })
  }
  return renames
}

type NamingDdl = Pick<Ddl, 'renamedForeignKey'>

const KEEPING_NAMES: NamingDdl = { renamedForeignKey: (name) => name }

/** The database as it is after the renames. */
export function renamed(live: LiveSchema, renames: Renames, ddl: NamingDdl = KEEPING_NAMES): LiveSchema {
  if (renames.tables.length === 0 && renames.columns.length === 0) return live
  const tableName = (name: string) => newTableName(live, renames, name)
  const columnName = (table: string, name: string) => newColumnName(live, renames, table, name)
  const foreignKey = (former: string, key: LiveForeignKey): LiveForeignKey => {
    const [owner, target] = [tableName(former), tableName(key.table)]
    return {
      ...key,
      name: owner === former ? key.name : ddl.renamedForeignKey(key.name, former, owner),
      table: target,
      columns: key.columns.map((name) => columnName(owner, name)),
      targets: key.targets.map((name) => columnName(target, name)),
    }
  }
  const tables = Object.entries(live.tables).map(([former, table]): [string, LiveTable] => {
    const name = tableName(former)
    const column = (each: string) => columnName(name, each)
    return [
      name,
      {
        ...table,
        columns: table.columns.map((each) => ({ ...each, name: column(each.name) })),
        primaryKey: table.primaryKey.map(column),
        indexes: table.indexes.map((index) => ({ ...index, columns: index.columns.map(column) })),
        foreignKeys: table.foreignKeys.map((key) => foreignKey(former, key)),
      },
    ]
  })
  return { ...live, tables: Object.fromEntries(tables) }
}

type Folding = Pick<LiveSchema, 'foldsNames'>

export function newTableName(live: Folding, { tables }: Renames, former: string): string {
  return tables.find(({ from }) => nameIn(live, from) === nameIn(live, former))?.to ?? former
}

export function formerTableName(live: Folding, { tables }: Renames, name: string): string {
  return tables.find(({ to }) => nameIn(live, to) === nameIn(live, name))?.from ?? name
}

/** `table` by its new name. */
export function newColumnName(live: Folding, { columns }: Renames, table: string, former: string): string {
  const own = columns.filter((each) => nameIn(live, each.table) === nameIn(live, table))
  return own.find(({ from }) => lower(from) === lower(former))?.to ?? former
}

/** `table` by its new name. */
export function formerColumnName(live: Folding, { columns }: Renames, table: string, name: string): string {
  const own = columns.filter((each) => nameIn(live, each.table) === nameIn(live, table))
  return own.find(({ to }) => lower(to) === lower(name))?.from ?? name
}
