import type { DatabaseSyncInstance } from '@photostructure/sqlite'

/** What a connection is opened with and a migration may change meanwhile. */
const FIRST = { foreign_keys: 1, legacy_alter_table: 0, recursive_triggers: 0 } as const

/** Whether the settings are what the next user of the connection expects. */
export function hasFirstSettings(database: DatabaseSyncInstance): boolean {
  return Object.entries(FIRST).every(([name, value]) => {
    const row = database.prepare(`PRAGMA ${name}`).get() as Readonly<Record<string, number>> | undefined
    return row?.[name] === value
  })
}
