import type { MysqlDatabaseConnection } from '../../contract.js'
import type { DumpFrame, LoadReport } from '../../dump.js'

export async function loadMysqlDump(
  _connection: MysqlDatabaseConnection,
  _frames: AsyncIterable<DumpFrame>,
): Promise<LoadReport> {
  throw new Error('not built yet')
}
