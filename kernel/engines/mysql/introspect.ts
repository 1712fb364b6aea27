import type { Session } from '../contract.js'
import type { LiveSchema, LiveTable, LiveView } from '../live-schema.js'
import { groupBy } from './group-by.js'
import { quote } from './identifiers.js'
import { COLUMNS_SQL, type ColumnRow, liveColumn } from './introspect-columns.js'
import {
  type CheckRow,
  extraTexts,
  jsonColumns,
  readChecks,
  TRIGGERS_SQL,
  type TriggerRow,
} from './introspect-extras.js'
import {
  ACTIONS_SQL,
  type ActionRow,
  actionKey,
  byName,
  INDEXES_SQL,
  type IndexRow,
  liveForeignKeys,
  liveKeys,
  REFERENCES_SQL,
  type ReferenceRow,
} from './introspect-keys.js'

/** A table or a view, or without a name the server itself. */
interface ObjectRow {
  readonly name: string | null
  readonly type: string
  readonly storage: string | null
  readonly collation: string | null
  readonly folded: string | number | null
  readonly version: string | null
  readonly place: string | null
}

/** The server itself with its tables and views. Columns have names of their own: MySQL 8 gives capitals otherwise. */
const OBJECTS_SQL = `
  SELECT NULL AS name, NULL AS type, NULL AS storage, NULL AS collation,
    @@lower_case_table_names AS folded, VERSION() AS version, DATABASE() AS place
  UNION ALL
  SELECT TABLE_NAME, TABLE_TYPE, ENGINE, TABLE_COLLATION, NULL, NULL, NULL
  FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()`

const VIEWS_SQL = `
  SELECT TABLE_NAME AS name, VIEW_DEFINITION AS definition
  FROM information_schema.VIEWS WHERE TABLE_SCHEMA = DATABASE()`

const TABLE_TYPES = ['BASE TABLE', 'SYSTEM VERSIONED']

/** All rows about the tables of a database. */
interface Rows {
  readonly columns: readonly ColumnRow[]
  readonly indexes: readonly IndexRow[]
  readonly references: readonly ReferenceRow[]
  readonly actions: readonly ActionRow[]
  readonly checks: readonly CheckRow[]
  readonly triggers: readonly TriggerRow[]
}

/**
 * What the session's database holds: one query a table of information_schema, put together here, since each costs a
 * fraction of a millisecond and a join of two of them several. What cannot be there is not asked for.
 */
export async function introspectMysql(session: Session): Promise<LiveSchema> {
  const objects = await session.ask<ObjectRow>(OBJECTS_SQL)
  const server = objects.find(({ name }) => name === null)
  const mariaDb = server?.version?.includes('MariaDB') === true
  const own = objects.filter(isOwn).sort(byName)
  const tables = own.filter(({ type }) => TABLE_TYPES.includes(type))
  const hasViews = own.some(({ type }) => type === 'VIEW')
  return {
    // 0 where the server's files tell names by case: nearly everywhere.
    foldsNames: Number(server?.folded) !== 0,
    qualifier: quote(server?.place ?? ''),
    tables: tables.length === 0 ? {} : liveTables(tables, await readRows(session, mariaDb), mariaDb),
    views: hasViews ? await readViews(session) : {},
  }
}

async function readRows(session: Session, mariaDb: boolean): Promise<Rows> {
  const columns = await session.ask<ColumnRow>(COLUMNS_SQL)
  const indexes = await session.ask<IndexRow>(INDEXES_SQL)
  const actions = await session.ask<ActionRow>(ACTIONS_SQL)
  return {
    columns,
    indexes,
    actions,
    references: actions.length === 0 ? [] : await session.ask<ReferenceRow>(REFERENCES_SQL),
    checks: await readChecks(session, mariaDb),
    triggers: await session.ask<TriggerRow>(TRIGGERS_SQL),
  }
}

function liveTables(
  tables: readonly (ObjectRow & { readonly name: string })[],
  rows: Rows,
  mariaDb: boolean,
): Record<string, LiveTable> {
  const ofOwner = <T extends { readonly owner: string }>(all: readonly T[]) => {
    const groups = groupBy(all, ({ owner }) => owner)
    return (name: string): readonly T[] => groups.get(name) ?? []
  }
  const columnsOf = ofOwner(rows.columns)
  const indexesOf = ofOwner(rows.indexes)
  const referencesOf = ofOwner(rows.references)
  const checksOf = ofOwner(rows.checks)
  const triggersOf = ofOwner(rows.triggers)
  const actions = new Map(rows.actions.map((row) => [actionKey(row), row]))
  const entries = tables.map(({ name, type, storage, collation }): [string, LiveTable] => {
    const columns = columnsOf(name)
    const json = jsonColumns(checksOf(name))
    const names = columns.map((column) => column.name)
    const extras = extraTexts(names, checksOf(name), triggersOf(name))
    return [
      name,
      {
        columns: columns.map((column) => liveColumn(column, mariaDb, json.has(column.name))),
        ...liveKeys(indexesOf(name)),
        foreignKeys: liveForeignKeys(referencesOf(name), actions),
        options: `${storage} ${collation}`,
        extras: type === 'SYSTEM VERSIONED' ? [...extras, 'system versioning'] : extras,
      },
    ]
  })
  return Object.fromEntries(entries)
}

async function readViews(session: Session): Promise<Record<string, LiveView>> {
  const rows = await session.ask<{ name: string; definition: string }>(VIEWS_SQL)
  const own = rows.filter(isOwn).sort(byName)
  return Object.fromEntries(own.map(({ name, definition }) => [name, { definition }]))
}

/** The kernel's own are left out. */
function isOwn<T extends { readonly name: string | null }>(row: T): row is T & { readonly name: string } {
  return row.name !== null && !/^m3saas_/i.test(row.name)
}
