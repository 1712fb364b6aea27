import type { MysqlDatabaseConnection } from '../../contract.js'
import type { Dump, DumpFrame, DumpOptions } from '../../dump.js'
import { type MysqlConnection, openMysql } from '../connection.js'
import { DumpObjects } from './objects.js'
import { sqlFrames } from './sql-text.js'
import { tableRows } from './table-rows.js'

/** How long the server waits for a reader that is busy, in seconds. */
const PATIENCE_SECONDS = 3600

/**
 * A dump of one database as its user sees it, of one moment: the snapshot of a transaction. The schema must not change
 * meanwhile, which the lock of migrations is for.
 */
export async function openMysqlDump(connection: MysqlDatabaseConnection, options: DumpOptions): Promise<Dump> {
  const { database, login, collation, timeout } = connection
  const open = await openMysql({ ...login, database }, { collation, timeout })
  try {
    return await begin(open, options)
  } catch (error) {
    await open.close()
    throw error
  }
}

async function begin(connection: MysqlConnection, { format, withheld }: DumpOptions): Promise<Dump> {
  await connection
    .execute(
      `SET SESSION net_write_timeout = ${PATIENCE_SECONDS}, sql_quote_show_create = 1, transaction_isolation = 'REPEATABLE-READ'`,
    )
    .catch(() =>
      // MariaDB knew it by another name until 11.1.
      connection.execute(
        `SET SESSION net_write_timeout = ${PATIENCE_SECONDS}, sql_quote_show_create = 1, tx_isolation = 'REPEATABLE-READ'`,
      ),
    )
  await connection.execute('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY')
  const objects = await DumpObjects.list(connection)
  const [facts] = await connection.query<{ version: string; packet: unknown }>(
    'SELECT VERSION() AS version, @@max_allowed_packet AS packet',
  )
  const version = facts?.version ?? ''
  const rows: Record<string, number> = {}
  const { warnings } = objects
  async function* frames(): AsyncGenerator<DumpFrame> {
    const tables = await objects.tables(withheld)
    for (const { name, sql, inSnapshot } of tables) {
      if (!inSnapshot)
        warnings.push(`the table ${name} takes no part in transactions: its rows may be of another moment`)
      yield { head: { kind: 'table', name, units: 0 }, body: Buffer.from(sql) }
      rows[name] = 0
    }
    for (const { name, sql, next } of await objects.sequences()) {
      yield { head: { kind: 'sequence', name, next, units: 0 }, body: Buffer.from(sql) }
    }
    for (const table of tables) {
      yield* tableRows(connection, table, Number(facts?.packet), (number) => {
        rows[table.name] = (rows[table.name] ?? 0) + number
      })
    }
    for (const { sql, ...definition } of await objects.definitions()) {
      yield { head: { kind: 'definition', definition, units: 0 }, body: Buffer.from(sql) }
    }
  }
  return {
    engine: 'mysql',
    version: /mariadb/i.test(version) ? `MariaDB ${version.split('-')[0]}` : `MySQL ${version}`,
    total: objects.estimate,
    frames: format === 'sql' ? sqlFrames(frames()) : frames(),
    rows,
    warnings,
    close: () => connection.close(),
  }
}
