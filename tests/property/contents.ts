import { viewSql } from '../../kernel/contract/define-view.js'
import type { Engine, Session } from '../../kernel/engines/contract.js'
import type { LiveSchema, LiveTable } from '../../kernel/engines/live-schema.js'
import type { DeclaredSchema } from '../../kernel/migrations/declared/declared-schema.js'
import { fromSql, toSql } from './values.js'
import type { Row, Rows, Table, World } from './world.js'

export async function insertRows(session: Session, engine: Engine, world: World, rows: Rows): Promise<void> {
  const { quote } = engine.ddl
  for (const table of world.tables) {
    const names = table.columns.map(({ name }) => quote(name)).join(', ')
    const places = table.columns.map(() => '?').join(', ')
    for (const row of rows.get(table.id) ?? []) {
      await session.run(
        `INSERT INTO ${quote(table.name)} (${names}) VALUES (${places})`,
        table.columns.map(({ id, kind }) => toSql(kind, row.get(id) ?? null)),
      )
    }
  }
}

/** The rows of a table under its name or another, such as that of a copy. */
export async function readRows(session: Session, engine: Engine, table: Table, name = table.name): Promise<Row[]> {
  const stored = await session.select(`SELECT * FROM ${engine.ddl.quote(name)}`)
  return stored.map((found) => new Map(table.columns.map(({ id, kind, name }) => [id, fromSql(kind, found[name])])))
}

/** What the session's database would hold if it were made as it is declared now. */
export async function makeFromScratch(session: Session, engine: Engine, declared: DeclaredSchema): Promise<void> {
  const there = new Set<string>()
  const late: string[] = []
  for (const table of declared.tables) {
    there.add(table.name)
    const without = new Set(
      Object.entries(table.columns).flatMap(([column, { references }]) =>
        references && !there.has(references.table) ? [column] : [],
      ),
    )
    for (const statement of engine.ddl.createTable(table, without)) await session.execute(statement)
    late.push(...engine.ddl.addForeignKeys(table, without))
  }
  for (const statement of late) await session.execute(statement)
  for (const view of declared.views) {
    for (const statement of engine.ddl.createView(view.name, viewSql(view, engine.kind))) {
      await session.execute(statement)
    }
  }
}

/** A schema so that two are deeply equal exactly if they are the same: no order but that of keys, no names of keys. */
export function comparable(schema: LiveSchema): unknown {
  return {
    tables: sortedEntries(schema.tables).map(([name, table]) => [name, comparableTable(table)]),
    views: sortedEntries(schema.views).map(([name, { definition }]) => [
      name,
      schema.qualifier === '' ? definition : definition.replaceAll(schema.qualifier, '@'),
    ]),
  }
}

function comparableTable({ stored: _, ...table }: LiveTable): unknown {
  return {
    ...table,
    columns: table.columns.toSorted((a, b) => compare(a.name, b.name)),
    indexes: table.indexes.map(({ name: _, ...index }) => JSON.stringify(index)).sort(),
    foreignKeys: table.foreignKeys.map(({ name: _, ...key }) => JSON.stringify(key)).sort(),
  }
}

function sortedEntries<T>(record: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(record).sort(([a], [b]) => compare(a, b))
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** The names of the kernel's own tables, and of anything left behind. */
export async function kernelTables(session: Session, engine: Engine): Promise<string[]> {
  const sql =
    engine.kind === 'sqlite'
      ? `SELECT name FROM sqlite_master WHERE name LIKE 'm3saas!_%' ESCAPE '!' AND type IN ('table', 'view')`
      : `SELECT TABLE_NAME AS name FROM information_schema.TABLES
          WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME LIKE 'm3saas!_%' ESCAPE '!'`
  return (await session.select<{ name: string }>(sql)).map(({ name }) => name).sort()
}
