import type { DatabaseSyncInstance } from '@photostructure/sqlite'
import type { Withheld } from '../../dump.js'
import { quoted } from './open-file.js'
import { namesOf } from './survey.js'

/** Empties columns in a copy, so that nothing of them is left in its bytes. */
export function withhold(database: DatabaseSyncInstance, withheld: Withheld): void {
  const tables = namesOf(database, ['table']).filter((name) => Object.hasOwn(withheld, name.toLowerCase()))
  if (tables.length === 0) return
  database.exec('PRAGMA secure_delete = ON')
  for (const table of tables) {
    for (const column of withheld[table.toLowerCase()] ?? []) {
      database.exec(`UPDATE ${quoted(table)} SET ${quoted(column)} = ''`)
    }
  }
  database.exec('VACUUM')
}
