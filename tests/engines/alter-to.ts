import assert from 'node:assert/strict'
import type { SqlValue } from '../../kernel/contract/context.js'
import type { Columns, TableDeclaration } from '../../kernel/contract/define-table.js'
import type { TableSpec } from '../../kernel/contract/table-spec.js'
import type { Session } from '../../kernel/engines/contract.js'
import type { TableStatements } from '../../kernel/engines/ddl.js'
import type { LiveSchema } from '../../kernel/engines/live-schema.js'
import { type EngineFixture, spec } from './engine-fixture.js'
import { comparable, isChange, tableChange } from './table-change.js'

type Fixture = Pick<EngineFixture, 'engine' | 'database' | 'create'>

/** A table before and after, and what becomes of its rows. */
export interface AlterCase {
  readonly name: string
  readonly from: TableDeclaration<Columns>
  readonly rows: readonly Readonly<Record<string, SqlValue>>[]
  readonly to: TableDeclaration<Columns>
  /** As read back, in the order of `by`; only the columns that are named. */
  readonly result: readonly Readonly<Record<string, unknown>>[]
  readonly by?: string
}

/** How the server shows these tables, made anew. */
export function wantedSchema({ engine }: Fixture, tables: readonly TableSpec[]): Promise<LiveSchema> {
  return engine.scratch(async (session) => {
    await createAll(session, engine.ddl.createTable, tables)
    return engine.introspect(session)
  })
}

async function createAll(
  session: Session,
  createTable: (table: TableSpec) => string[],
  tables: readonly TableSpec[],
): Promise<void> {
  for (const table of tables) for (const sql of createTable(table)) await session.execute(sql)
}

/** Brings tables that are there to what is declared, and sees that nothing is left to do. Gives the statements. */
export async function alterTo(
  fixture: Fixture,
  tables: readonly TableSpec[],
  keeps: readonly string[] = [],
): Promise<string[]> {
  const { engine, database } = fixture
  const wanted = await wantedSchema(fixture, tables)
  const run: string[] = []
  const changes = (live: LiveSchema) =>
    tables
      .map((table) => tableChange(table, live, wanted, keeps))
      .filter((change) => isChange(change) || change.relinkedForeignKeys.length > 0)
  await database.session((session) =>
    engine.changeSchema(session, [], async (inner) => {
      const statements = changes(await engine.introspect(inner)).map((change) => engine.ddl.alterTable(change))
      for (const round of ['unlink', 'alter', 'link'] satisfies (keyof TableStatements)[]) {
        for (const sql of statements.flatMap((each) => each[round])) {
          run.push(sql)
          await inner.execute(sql)
        }
      }
    }),
  )
  const live = await database.session((session) => engine.introspect(session))
  assert.deepEqual(changes(live).filter(isChange), [], run.join(';\n'))
  if (keeps.length === 0) assert.deepEqual(comparable(live), comparable(wanted), run.join(';\n'))
  return run
}

/** A case of columns alone. */
export function columnCase(
  name: string,
  from: Columns,
  rows: AlterCase['rows'],
  to: Columns,
  result: AlterCase['result'],
): AlterCase {
  return { name, from: { columns: from }, rows, to: { columns: to }, result }
}

/** Makes the table `t` of the case, fills and alters it, and looks at the rows. */
export async function proveCase(fixture: Fixture, { from, rows, to, result, by = 'id' }: AlterCase): Promise<void> {
  const { database, engine } = fixture
  const { quote } = engine.ddl
  await fixture.create(spec('t', from))
  for (const row of rows) {
    const columns = Object.keys(row).map(quote).join(', ')
    const places = Object.keys(row)
      .map(() => '?')
      .join(', ')
    await database.run(`INSERT INTO t (${columns}) VALUES (${places})`, Object.values(row))
  }
  const statements = await alterTo(fixture, [spec('t', to)])
  const found = await database.select(`SELECT * FROM t ORDER BY ${quote(by)}`)
  const read = found.map((row, i) => Object.fromEntries(Object.keys(result[i] ?? row).map((key) => [key, row[key]])))
  assert.deepEqual(read, result, statements.join(';\n'))
}
