import type { Ddl, TableChange, TableStatements } from '../../engines/ddl.js'
import { type Fault, M3Error } from '../../errors.js'
import { describeColumnsAndIndexes, describeLinked, describeUnlinked } from './change-text.js'
import { conversion } from './conversion.js'
import type { MigrationStep } from './step.js'

/** The steps of changed tables in three rounds, as engines want foreign keys let go of before and made after the rest. */
export interface ChangeSteps {
  readonly unlinks: readonly MigrationStep[]
  readonly alters: readonly MigrationStep[]
  readonly links: readonly MigrationStep[]
  /** Names of the tables that have any step. */
  readonly touched: readonly string[]
  /** What the engine cannot do without losing what was made by hand. */
  readonly refusals: readonly Fault[]
}

export function changeSteps(ddl: Pick<Ddl, 'alterTable'>, changes: readonly TableChange[]): ChangeSteps {
  const unlinks: MigrationStep[] = []
  const alters: MigrationStep[] = []
  const links: MigrationStep[] = []
  const touched = new Set<string>()
  const refusals: Fault[] = []
  for (const change of changes) {
    const { name } = change.table
    const statements = alterStatements(ddl, change)
    if ('refusals' in statements) {
      refusals.push(...statements.refusals)
      continue
    }
    const { unlink, alter, link } = statements
    const add = (round: MigrationStep[], { kind, ...step }: Omit<MigrationStep, 'table'>) => {
      if (step.sql.length === 0) return
      round.push({ kind, table: name, ...step })
      touched.add(name)
    }
    // An engine that changes foreign keys with the rest says nothing in the other rounds.
    const [before, after] = [describeUnlinked(change), describeLinked(change)]
    const inAlter = [...(unlink.length > 0 ? [] : before), ...(link.length > 0 ? [] : after)]
    add(unlinks, { kind: 'dropForeignKey', sql: unlink, destructive: false, changes: before })
    add(alters, {
      kind: 'alterTable',
      sql: alter,
      destructive: isDestructive(change),
      changes: [...describeColumnsAndIndexes(change), ...inAlter],
    })
    add(links, { kind: 'addForeignKey', sql: link, destructive: false, changes: after })
  }
  return { unlinks, alters, links, touched: [...touched], refusals }
}

/** MODULE_INVALID goes through: no database could hold the table. */
function alterStatements(
  ddl: Pick<Ddl, 'alterTable'>,
  change: TableChange,
): TableStatements | { readonly refusals: readonly Fault[] } {
  try {
    return ddl.alterTable(change)
  } catch (error) {
    if (!(error instanceof M3Error) || error.code !== 'MIGRATION_REFUSED') throw error
    return { refusals: [{ path: change.table.name, message: error.message }, ...error.faults] }
  }
}

/** Values go with a column, change as it narrows, or stand in for NULLs afterwards. */
function isDestructive({ droppedColumns, modifiedColumns }: TableChange): boolean {
  return (
    droppedColumns.length > 0 ||
    modifiedColumns.some(({ from, to }) => {
      const isFilled = from.nullable && !to.nullable && to.hasDefault
      return isFilled || ['narrowing', 'impossible'].includes(conversion(from.domain, to.domain))
    })
  )
}
