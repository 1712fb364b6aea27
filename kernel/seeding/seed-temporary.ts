import type { Engine, Session } from '../engines/contract.js'
import type { Ddl } from '../engines/ddl.js'
import { unreferenced } from './incoming-references.js'
import { refuseFaultySeeds } from './seed-faults.js'
import type { SeedPlan, SeedReport } from './seed-plan.js'
import { SeedRows } from './seed-rows.js'

/**
 * Inserts the temporary seeds once more. Each table's in one transaction, those that others refer to first.
 * Throws SEED_REFUSED, with nothing written, if any row is not valid.
 */
export async function seedTemporary(session: Session, ddl: Ddl, plan: SeedPlan): Promise<SeedReport[]> {
  refuseFaultySeeds(plan.seeds, 'temporary')
  const reports: SeedReport[] = []
  for (const { table, temporary } of plan.seeds) {
    if (temporary.length === 0) continue
    const rows = new SeedRows(session, ddl, table)
    await session.transaction(async () => {
      for (const [i, row] of temporary.entries()) await rows.insert(row, false, `${table.name}.temporary[${i}]`)
    })
    reports.push({ table: table.name, inserted: temporary.length, updated: 0, deleted: 0, kept: 0, conflicts: [] })
  }
  return reports
}

/**
 * Deletes the temporary seeds, however often they were inserted. One that a row of the user's refers to stays, for the
 * foreign key would take that row along, empty its column or refuse: `kept` counts them.
 */
export async function deseed(
  session: Session,
  engine: Pick<Engine, 'ddl' | 'introspect'>,
  plan: SeedPlan,
): Promise<SeedReport[]> {
  const reports: SeedReport[] = []
  const live = await engine.introspect(session)
  for (const { table } of plan.seeds.toReversed()) {
    const rows = new SeedRows(session, engine.ddl, table)
    const condition = unreferenced(engine.ddl, table, live)
    const report = await session.transaction(async () => {
      let deleted = 0
      // Again and again where a table refers to itself: each round takes the leaves.
      for (let round = 1; round > 0; deleted += round) round = await rows.delete(false, condition)
      return { deleted, kept: (await rows.marked(false)).length }
    })
    reports.push({ table: table.name, inserted: 0, updated: 0, ...report, conflicts: [] })
  }
  return reports
}
