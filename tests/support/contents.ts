import type { Database, Engine } from '../../kernel/engines/contract.js'

/** Everything that a database holds, by table; a database that is not there holds nothing. */
export async function contentsOf(database: Database, engine: Engine): Promise<Record<string, unknown[]>> {
  try {
    return await database.session(async (session) => {
      const { tables } = await engine.introspect(session)
      const contents: Record<string, unknown[]> = {}
      for (const name of Object.keys(tables).sort()) {
        const rows = await session.select(`SELECT * FROM ${engine.ddl.quote(name)} ORDER BY id`)
        contents[name] = rows.map((row) => ({ ...row }))
      }
      return contents
    })
  } catch (error) {
    if (engine.isNotProvisioned(error)) return {}
    throw error
  }
}
