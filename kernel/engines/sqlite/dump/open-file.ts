import { existsSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import type { DatabaseSyncInstance } from '@photostructure/sqlite'
import { missing, translate } from '../sqlite-errors.js'
import { addValueFunctions } from '../value-functions.js'

/** Opens a file that is there, for work of the kernel alone. Throws DATABASE_UNAVAILABLE. */
export async function openFile(file: string, database: string): Promise<DatabaseSyncInstance> {
  if (!existsSync(file)) throw missing(database)
  const { DatabaseSync } = await import('@photostructure/sqlite')
  const url = pathToFileURL(file)
  url.searchParams.set('mode', 'rw')
  try {
    const opened = new DatabaseSync(url, { timeout: 0, defensive: true, enableForeignKeyConstraints: false })
    addValueFunctions(opened)
    return opened
  } catch (error) {
    throw translate(error, database, '').error
  }
}

/** `SQLite 3.51.0`. */
export function sqliteVersion(database: DatabaseSyncInstance): string {
  const { version } = database.prepare('SELECT sqlite_version() AS version').get() as { version: string }
  return `SQLite ${version}`
}

/** An identifier in a statement. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** In bytes. */
export function pageSizeOf(database: DatabaseSyncInstance): number {
  return (database.prepare('PRAGMA page_size').get() as { page_size: number }).page_size
}
