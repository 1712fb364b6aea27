import type { SqliteDatabaseConnection } from '../../contract.js'
import type { Dump, DumpOptions } from '../../dump.js'

export async function openSqliteDump(_connection: SqliteDatabaseConnection, _options: DumpOptions): Promise<Dump> {
  throw new Error('not built yet')
}
