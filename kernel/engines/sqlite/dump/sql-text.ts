import type { DatabaseSyncInstance } from '@photostructure/sqlite'
import { quoted } from './open-file.js'

interface SchemaRow {
  readonly type: string
  readonly name: string
  readonly sql: string | null
}

/** The tables behind an index for full text are made by making that, and are not to be made before. */
const SHADOWS = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow'"

/**
 * The database as statements for `sqlite3`, in texts of about `size` characters: tables, then their rows, then indexes, views
 * and triggers. https://sqlite.org/cli.html#converting_an_entire_database_to_a_text_file
 */
export function* sqlText(database: DatabaseSyncInstance, size: number): Generator<string> {
  const schema = database
    .prepare("SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid")
    .all() as unknown as readonly SchemaRow[]
  const shadows = new Set((database.prepare(SHADOWS).all() as unknown as { name: string }[]).map(({ name }) => name))
  const made = schema.filter(({ name }) => !shadows.has(name))
  const tables = made.filter(({ type }) => type === 'table')
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number }
  let text = `PRAGMA foreign_keys = OFF;\nBEGIN;\nPRAGMA user_version = ${version};\n`
  for (const { sql } of tables) text += `${sql};\n`
  for (const statement of insertions(database, tables)) {
    text += statement
    if (text.length < size) continue
    yield text
    text = ''
  }
  // Views may read others that come later: they are looked at when they are used.
  for (const type of ['index', 'view', 'trigger']) {
    for (const { sql } of made.filter((each) => each.type === type && each.sql !== null)) text += `${sql};\n`
  }
  yield `${text}COMMIT;\n`
}

function* insertions(database: DatabaseSyncInstance, tables: readonly SchemaRow[]): Generator<string> {
  for (const { name } of tables) {
    const columns = (
      database.prepare('SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 0').all(name) as unknown as {
        name: string
      }[]
    ).map((column) => quoted(column.name))
    const into = `INSERT INTO ${quoted(name)} (${columns.join(', ')}) VALUES (`
    const values = columns.map(literal).join(" || ', ' || ")
    yield* rows(database, `SELECT ${values} AS text FROM ${quoted(name)}`, into)
  }
  if (database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'").get() === undefined) return
  yield 'DELETE FROM sqlite_sequence;\n'
  yield* rows(
    database,
    "SELECT quote(name) || ', ' || quote(seq) AS text FROM sqlite_sequence",
    'INSERT INTO sqlite_sequence (name, seq) VALUES (',
  )
}

/** A text that holds a NUL, which would end it, is written as its bytes. */
function literal(column: string): string {
  return `CASE WHEN typeof(${column}) = 'text' AND instr(CAST(${column} AS BLOB), x'00') THEN 'CAST(' || quote(CAST(${column} AS BLOB)) || ' AS TEXT)' ELSE quote(${column}) END`
}

function* rows(database: DatabaseSyncInstance, sql: string, into: string): Generator<string> {
  for (const row of database.prepare(sql).iterate() as unknown as Iterable<{ text: string }>) {
    yield `${into}${row.text});\n`
  }
}
