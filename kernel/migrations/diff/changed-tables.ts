import type { Ddl, TableChange } from '../../engines/ddl.js'
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
}

export function changeSteps(ddl: Pick<Ddl, 'alterTable'>, changes: readonly TableChange[]): ChangeSteps {
  const unlinks: MigrationStep[] = []
  const alters: MigrationStep[] = []
  const links: MigrationStep[] = []
  const touched = new Set<string>()
  for (const change of givingFirst(changes)) {
    const { name } = change.table
    const { unlink, alter, link } = ddl.alterTable(change)
    const add = (round: MigrationStep[], step: Omit<MigrationStep, 'table'>) => {
      if (step.sql.length === 0) return
      round.push({ table: name, ...step })
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
  return { unlinks, alters, links, touched: [...touched] }
}

/** Tables that give up an index first: another one may take over its name. */
function givingFirst(changes: readonly TableChange[]): TableChange[] {
  const [giving, others] = [true, false].map((gives) =>
    changes.filter(({ droppedIndexes }) => droppedIndexes.length > 0 === gives),
  )
  return [...(giving ?? []), ...(others ?? [])]
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
