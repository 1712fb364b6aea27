import type { MysqlDatabaseConnection } from '../../contract.js'
import type { Dump, DumpOptions } from '../../dump.js'

export async function openMysqlDump(_connection: MysqlDatabaseConnection, _options: DumpOptions): Promise<Dump> {
  throw new Error('not built yet')
}
