import type { SqliteDatabaseConnection } from '../../contract.js'
import type { DumpFrame, LoadReport } from '../../dump.js'

export async function loadSqliteDump(
  _connection: SqliteDatabaseConnection,
  _frames: AsyncIterable<DumpFrame>,
): Promise<LoadReport> {
  throw new Error('not built yet')
}
