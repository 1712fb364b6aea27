import type { Session } from '../contract.js'
import type { LiveColumn, LiveSchema } from '../live-schema.js'

/** SQLite's own and the kernel's own are left out. `hidden` is 1 for the columns of virtual tables that none declares. */
const QUERY = `
  SELECT m.type AS kind, m.name AS name, c.name AS column_name
  FROM sqlite_master AS m LEFT JOIN pragma_table_xinfo(CASE m.type WHEN 'table' THEN m.name END) AS c ON c.hidden <> 1
  WHERE m.type IN ('table', 'view')
    AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND m.name NOT LIKE 'm3saas\\_%' ESCAPE '\\'
  ORDER BY m.type, m.name, c.cid`

interface Found {
  readonly kind: 'table' | 'view'
  readonly name: string
  readonly column_name: string | null
}

export async function introspect(session: Session): Promise<LiveSchema> {
  const found = await session.select<Found>(QUERY)
  const columnsOf = new Map<string, string[]>()
  for (const { kind, name, column_name } of found) {
    if (kind !== 'table') continue
    const columns = columnsOf.get(name) ?? []
    columnsOf.set(name, columns)
    if (column_name !== null) columns.push(column_name)
  }
  return {
    foldsNames: true,
    qualifier: '',
    tables: Object.fromEntries(
      [...columnsOf].map(([name, names]) => [name, { ...NO_TABLE, columns: names.map(column) }]),
    ),
    views: Object.fromEntries(
      found.filter(({ kind }) => kind === 'view').map(({ name }) => [name, { definition: '' }]),
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
