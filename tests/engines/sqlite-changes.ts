import type { TableSpec } from '../../kernel/contract/table-spec.js'
import type { Engine, Session } from '../../kernel/engines/contract.js'
import type { TableChange } from '../../kernel/engines/ddl.js'
import type { LiveForeignKey, LiveIndex, LiveTable } from '../../kernel/engines/live-schema.js'

/** What a scratch database shows of the tables. */
export function declaredLive(
  engine: Engine,
  tables: readonly TableSpec[],
): Promise<Readonly<Record<string, LiveTable>>> {
  return engine.scratch(async (session) => {
    for (const table of tables) {
      for (const statement of engine.ddl.createTable(table)) await session.execute(statement)
    }
    return (await engine.introspect(session)).tables
  })
}

/** What brings `live` to `wanted`. Only what `before`, the last declaration, brought is dropped. */
export function tableChange(table: TableSpec, live: LiveTable, before: LiveTable, wanted: LiveTable): TableChange {
  const gone = <T>(there: readonly T[], were: readonly T[], are: readonly T[], identity: (each: T) => string) =>
    there.filter((each) => {
      const same = (other: T) => identity(other) === identity(each)
      return were.some(same) && !are.some(same)
    })
  const missing = <T>(there: readonly T[], are: readonly T[], identity: (each: T) => string) =>
    are.filter((each) => !there.some((other) => identity(other) === identity(each)))
  const columnName = (column: { name: string }) => column.name
  return {
    table,
    live,
    wanted,
    addedColumns: missing(live.columns, wanted.columns, columnName).map(columnName),
    modifiedColumns: live.columns.flatMap((from) => {
      const to = wanted.columns.find(({ name }) => name === from.name)
      return to && to.definition !== from.definition ? [{ from, to }] : []
    }),
    droppedColumns: gone(live.columns, before.columns, wanted.columns, columnName).map(columnName),
    primaryKey: live.primaryKey.join() !== wanted.primaryKey.join(),
    addedIndexes: missing(live.indexes, wanted.indexes, indexIdentity),
    droppedIndexes: gone(live.indexes, before.indexes, wanted.indexes, indexIdentity),
    addedForeignKeys: missing(live.foreignKeys, wanted.foreignKeys, foreignKeyIdentity),
    droppedForeignKeys: gone(live.foreignKeys, before.foreignKeys, wanted.foreignKeys, foreignKeyIdentity),
    relinkedForeignKeys: [],
    options: false,
  }
}

function indexIdentity({ columns, unique, special }: LiveIndex): string {
  return JSON.stringify([columns, unique, special])
}

function foreignKeyIdentity({ name: _name, ...key }: LiveForeignKey): string {
  return JSON.stringify(key)
}

/** Changes the tables of both lists that are named alike. Gives the statements. */
export async function alterTables(
  engine: Engine,
  session: Session,
  from: readonly TableSpec[],
  to: readonly TableSpec[],
  staying: readonly string[] = [],
): Promise<string[]> {
  const before = await declaredLive(engine, from)
  const wanted = await declaredLive(engine, to)
  const live = await engine.introspect(session)
  const changes = to.flatMap((table) => {
    const [is, was, becomes] = [live.tables[table.name], before[table.name], wanted[table.name]]
    return is && was && becomes ? [engine.ddl.alterTable(tableChange(table, is, was, becomes))] : []
  })
  const statements = (['unlink', 'alter', 'link'] as const).flatMap((round) =>
    changes.flatMap((change) => change[round]),
  )
  await engine.changeSchema(session, staying, async (inner) => {
    for (const statement of statements) await inner.execute(statement)
  })
  return statements
}

/** As far as tables are compared: without order, the names of indexes, and what is made by hand. */
export function comparable(table: LiveTable | undefined) {
  const sorted = (texts: readonly string[]) => [...texts].sort()
  return {
    columns: sorted((table?.columns ?? []).map((column) => `${column.name}: ${JSON.stringify(column, withBigint)}`)),
    primaryKey: table?.primaryKey,
    indexes: sorted((table?.indexes ?? []).map(indexIdentity)),
    foreignKeys: sorted((table?.foreignKeys ?? []).map(foreignKeyIdentity)),
    extras: sorted(table?.extras ?? []),
  }
}

function withBigint(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}
