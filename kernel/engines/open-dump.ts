import type { DatabaseConnection } from './contract.js'
import type { Dump, DumpFrame, DumpOptions, LoadReport } from './dump.js'

/** Opens a dump by a connection alone, in a thread that has no engine. Throws DATABASE_UNAVAILABLE. */
export async function openDump(connection: DatabaseConnection, options: DumpOptions): Promise<Dump> {
  if (connection.kind === 'mysql') {
    const { openMysqlDump } = await import('./mysql/dump/open-dump.js')
    return openMysqlDump(connection, options)
  }
  const { openSqliteDump } = await import('./sqlite/dump/open-dump.js')
  return openSqliteDump(connection, options)
}

/**
 * Loads the frames of an archive into the empty database of a `Staging`, and checks it. Throws BACKUP_INVALID for frames
 * that are none of this engine’s or break its rules; what the frames’ source throws; DATABASE_UNAVAILABLE.
 */
export async function loadDump(connection: DatabaseConnection, frames: AsyncIterable<DumpFrame>): Promise<LoadReport> {
  if (connection.kind === 'mysql') {
    const { loadMysqlDump } = await import('./mysql/dump/load-dump.js')
    return loadMysqlDump(connection, frames)
  }
  const { loadSqliteDump } = await import('./sqlite/dump/load-dump.js')
  return loadSqliteDump(connection, frames)
}
