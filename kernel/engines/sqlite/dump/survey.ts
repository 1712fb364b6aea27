import type { DatabaseSyncInstance } from '@photostructure/sqlite'
import { messageOf } from '../../../errors.js'
import { quoted } from './open-file.js'

/** Tables and views as people made them: the shadows of virtual tables and SQLite’s own are left out. */
export function namesOf(database: DatabaseSyncInstance, types: readonly string[]): readonly string[] {
  const rows = database
    .prepare(
      "SELECT name, type FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
    )
    .all() as unknown as readonly { name: string; type: string }[]
  return rows.filter(({ type }) => types.includes(type)).map(({ name }) => name)
}

/** Rows by table. A virtual table whose module this library has not is told of instead. */
export function countRows(database: DatabaseSyncInstance, warnings: string[]): Record<string, number> {
  const rows: Record<string, number> = {}
  for (const name of namesOf(database, ['table', 'virtual'])) {
    try {
      const counted = database.prepare(`SELECT COUNT(*) AS number FROM ${quoted(name)}`).get() as { number: number }
      rows[name] = counted.number
    } catch (error) {
      warnings.push(`the rows of ${name} cannot be counted: ${messageOf(error)}`)
    }
  }
  return rows
}

/** Views that cannot be read, as after a table that they read was dropped. */
export function unreadableViews(database: DatabaseSyncInstance): readonly string[] {
  return namesOf(database, ['view']).filter((name) => {
    try {
      database.prepare(`SELECT * FROM ${quoted(name)} LIMIT 0`).all()
      return false
    } catch {
      return true
    }
  })
}

/** What is wrong with the file as such; empty if it is sound. */
export function damages(database: DatabaseSyncInstance): readonly string[] {
  const rows = database.prepare('PRAGMA integrity_check(20)').all() as unknown as readonly Record<string, string>[]
  return rows.flatMap((row) => Object.values(row)).filter((text) => text !== 'ok')
}

/** Rows that refer to nothing, by table. */
export function orphans(
  database: DatabaseSyncInstance,
): readonly { readonly table: string; readonly number: number }[] {
  return database
    .prepare('SELECT "table" AS "table", COUNT(*) AS number FROM pragma_foreign_key_check GROUP BY 1 ORDER BY 1')
    .all() as unknown as readonly { table: string; number: number }[]
}
