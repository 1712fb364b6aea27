import type { TableSpec } from '../../contract/table-spec.js'
import type { Ddl } from '../../engines/ddl.js'
import { lower } from './names.js'
import type { MigrationStep } from './step.js'

export interface CreateSteps {
  readonly creates: readonly MigrationStep[]
  /** The foreign keys that close a circle. */
  readonly links: readonly MigrationStep[]
}

/** New tables in their order; a foreign key to one that comes later waits until that is there. */
export function createSteps(
  ddl: Pick<Ddl, 'createTable' | 'addForeignKeys'>,
  tables: readonly TableSpec[],
): CreateSteps {
  const later = new Set(tables.map(({ name }) => lower(name)))
  const creates: MigrationStep[] = []
  const links: MigrationStep[] = []
  for (const table of tables) {
    later.delete(lower(table.name))
    const waiting = new Set(
      Object.entries(table.columns).flatMap(([column, { references }]) =>
        references && later.has(lower(references.table)) ? [column] : [],
      ),
    )
    const step = { table: table.name, destructive: false }
    creates.push({ kind: 'createTable', ...step, sql: ddl.createTable(table, waiting), changes: ['creates the table'] })
    const sql = waiting.size > 0 ? ddl.addForeignKeys(table, waiting) : []
    const changes = [...waiting].map((column) => `adds the foreign key of ${column}`)
    if (sql.length > 0) links.push({ kind: 'addForeignKey', ...step, sql, changes })
  }
  return { creates, links }
}
