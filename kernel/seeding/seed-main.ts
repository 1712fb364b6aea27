import type { Engine, Session } from '../engines/contract.js'
import type { Ddl } from '../engines/ddl.js'
import type { LiveSchema } from '../engines/live-schema.js'
import { unreferenced } from './incoming-references.js'
import { refuseFaultySeeds } from './seed-faults.js'
import type { SeedPlan, SeedReport, TableSeeds } from './seed-plan.js'
import { SeedRows, type StoredRow } from './seed-rows.js'
import { type Counts, type MainSeeding, writeMain } from './write-main.js'

/**
 * Inserts the main seeds that are missing and leaves those that are there, the forced ones set back to the values they
 * declare. A row of the user's, or a temporary seed, that has the key of a main seed is left alone and reported.
 *
 * `force` gives what deleting and inserting all main seeds would give, the columns they leave out at their defaults and
 * those no longer declared gone, but it updates in place: a delete would take the user's rows that refer to a seed along,
 * or empty their columns. For the same reason a main seed no longer declared stays while another row refers to it.
 *
 * Each table's seeds are one transaction, tables that others refer to first. Throws SEED_REFUSED, with nothing written,
 * if any row is not valid; with nothing of that table written, if the database refuses a row.
 */
export async function seedMain(
  session: Session,
  engine: Pick<Engine, 'ddl' | 'introspect'>,
  plan: SeedPlan,
  how: MainSeeding,
): Promise<SeedReport[]> {
  const { ddl } = engine
  refuseFaultySeeds(plan.seeds, 'main')
  const tables = plan.seeds.map((seeds) => {
    const counts: Counts = { inserted: 0, updated: 0, deleted: 0, kept: 0, conflicts: [] }
    return { seeds, rows: new SeedRows(session, ddl, seeds.table), counts }
  })
  // Only what deletes rows has to know who refers to them.
  const live = how.force ? await engine.introspect(session) : undefined
  const prune = async () => {
    if (!live) return
    for (const { seeds, rows, counts } of tables.toReversed()) {
      counts.deleted += await session.transaction(() => deleteUndeclared(rows, ddl, seeds, live))
    }
  }
  // First, for a seed that takes a unique value over; and last, for those that referred to one have let go of it.
  await prune()
  for (const { seeds, rows, counts } of tables) {
    const removable = live && unreferenced(ddl, seeds.table, live)
    await session.transaction(() => writeMain(rows, seeds, how, removable, counts))
  }
  await prune()
  if (how.force) {
    for (const { seeds, rows, counts } of tables) counts.kept += (await undeclared(rows, seeds)).length
  }
  return tables.map(({ seeds, counts }) => ({ table: seeds.table.name, ...counts }))
}

async function deleteUndeclared(rows: SeedRows, ddl: Ddl, seeds: TableSeeds, live: LiveSchema): Promise<number> {
  const condition = unreferenced(ddl, seeds.table, live)
  let left = await undeclared(rows, seeds)
  let deleted = 0
  // Again and again where a table refers to itself: each round takes the leaves.
  for (let round = 1; round > 0 && left.length > 0; deleted += round) {
    round = 0
    const still: StoredRow[] = []
    for (const row of left) {
      if ((await rows.delete(true, condition, row.key)) > 0) round++
      else still.push(row)
    }
    left = still
  }
  return deleted
}

/** The main seeds that the table holds and nobody declares any longer. */
async function undeclared(rows: SeedRows, { main }: TableSeeds): Promise<StoredRow[]> {
  const stored = await rows.marked(true)
  if (stored.length === 0) return []
  const found = await rows.findAll(main.map(({ row }) => row))
  const declared = new Set(found.flatMap((row) => (row ? [keyText(row)] : [])))
  return stored.filter((row) => !declared.has(keyText(row)))
}

/** Both sides come out of the database, so that equal keys are equal text. */
function keyText(row: StoredRow): string {
  return JSON.stringify(row.key.map((value) => (typeof value === 'bigint' ? String(value) : value)))
}
