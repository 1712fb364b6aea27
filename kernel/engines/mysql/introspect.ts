import type { Session } from '../contract.js'
import type { LiveColumn, LiveSchema } from '../live-schema.js'

// An underscore is a wildcard of LIKE: `m3saasx` is a table like any other.
const NOT_THE_KERNELS = "NOT LIKE 'm3saas!_%' ESCAPE '!'"

/** What the session's database holds. MySQL 8 gives the columns of information_schema in capitals unless they are named. */
export async function introspectMysql(session: Session): Promise<LiveSchema> {
  // The setting is 0 where the server's files tell names by case: nearly everywhere.
  const objects = await session.select<{ name: string; type: string; folded: number }>(
    `SELECT TABLE_NAME AS name, TABLE_TYPE AS type, @@lower_case_table_names AS folded FROM information_schema.TABLES
      WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME ${NOT_THE_KERNELS} ORDER BY TABLE_NAME`,
  )
  const columns = await session.select<{ owner: string; name: string }>(
    `SELECT TABLE_NAME AS owner, COLUMN_NAME AS name FROM information_schema.COLUMNS
      WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME ${NOT_THE_KERNELS} ORDER BY TABLE_NAME, ORDINAL_POSITION`,
  )
  const tables = objects.filter((object) => object.type === 'BASE TABLE')
  const columnsOf = new Map<string, string[]>(tables.map(({ name }) => [name, []]))
  for (const { owner, name } of columns) columnsOf.get(owner)?.push(name)
  return {
    foldsNames: objects.some(({ folded }) => Number(folded) !== 0),
    qualifier: '',
    tables: Object.fromEntries(
      [...columnsOf].map(([name, names]) => [name, { ...NO_TABLE, columns: names.map(column) }]),
    ),
    views: Object.fromEntries(
      objects.filter(({ type }) => type === 'VIEW').map(({ name }) => [name, { definition: '' }]),
    ),
  }
}

const NO_TABLE = { primaryKey: [], indexes: [], foreignKeys: [], options: '', extras: [] }

function column(name: string): LiveColumn {
  const domain = { kind: 'other', type: '' } as const
  return {
    name,
    type: '',
    definition: '',
    domain,
    nullable: true,
    hasDefault: false,
    autoIncrement: false,
    generated: false,
  }
}
