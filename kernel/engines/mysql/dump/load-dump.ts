import type { MysqlDatabaseConnection } from '../../contract.js'
import type { DumpFrame, LoadReport } from '../../dump.js'
import { type MysqlConnection, openMysql } from '../connection.js'
import { loading } from './load-failure.js'
import { Loader } from './loader.js'
import { lookAtTables } from './look-at-tables.js'
import { tryDefinitions } from './try-definitions.js'

/**
 * As a dump was made, and nothing checked that was not so already. Unique keys are: without that, MariaDB from 10.6 on
 * keeps what goes into an empty table aside until the commit and sorts it then, which took twice as long for 70 MB.
 */
const SETTINGS = `SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION', foreign_key_checks = 0,
  autocommit = 0, net_read_timeout = 3600, max_error_count = 65535`
/** MariaDB's alone. A check may be younger than a row, or have been off when that came. */
const NO_CHECKS = 'SET SESSION check_constraint_checks = 0'

/**
 * Loads the frames into the database of the connection, looks at it, and leaves nothing in it but tables: what reads them
 * is tried out and told of. Throws BACKUP_INVALID for what the server does not take, RESTORE_FAILED where it cannot.
 */
export async function loadMysqlDump(
  connection: MysqlDatabaseConnection,
  frames: AsyncIterable<DumpFrame>,
): Promise<LoadReport> {
  const { database, login, collation, timeout } = connection
  const open = await openMysql({ ...login, database }, { collation, timeout })
  try {
    const loader = new Loader(open, await prepare(open))
    await loader.load(frames)
    const { rows, warnings } = await loading('its tables', () => lookAtTables(open, loader.tables))
    const tried = await loading('its views and triggers', () => tryDefinitions(open, loader.definitions))
    return {
      rows,
      warnings: [...warnings, ...tried.warnings],
      faults: [...loader.faults, ...tried.faults],
      definitions: tried.definitions,
    }
  } finally {
    await open.close()
  }
}

/** Gives the length of the longest statement. */
async function prepare(connection: MysqlConnection): Promise<number> {
  await connection.execute(SETTINGS)
  const [facts] = await connection.query<{ version: string; packet: unknown }>(
    'SELECT VERSION() AS version, @@max_allowed_packet AS packet',
  )
  if (/mariadb/i.test(facts?.version ?? '')) await connection.execute(NO_CHECKS)
  return Number(facts?.packet)
}
