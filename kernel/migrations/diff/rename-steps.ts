import type { Ddl } from '../../engines/ddl.js'
import type { Renames } from './renames.js'
import type { MigrationStep } from './step.js'

export function renameSteps(ddl: Pick<Ddl, 'renameTable' | 'renameColumn'>, renames: Renames): MigrationStep[] {
  return [
    ...renames.tables.map(({ from, to }): MigrationStep => {
      const changes = [`renames the table ${from} to ${to}`]
      return { kind: 'renameTable', table: to, sql: ddl.renameTable(from, to), destructive: false, changes }
    }),
    ...renames.columns.map(({ table, from, to }): MigrationStep => {
      const changes = [`renames the column ${from} to ${to}`]
      return { kind: 'renameColumn', table, sql: ddl.renameColumn(table, from, to), destructive: false, changes }
    }),
  ]
}
