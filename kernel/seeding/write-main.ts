import type { MainSeed } from '../contract/define-seed.js'
import { M3Error } from '../errors.js'
import { bindRow, bindWholeRow } from './bind-value.js'
import { describeKey, type TableSeeds } from './seed-plan.js'
import type { Condition, SeedRows } from './seed-rows.js'

export interface MainSeeding {
  /** As if all main seeds were deleted and inserted again: see `seedMain`. */
  readonly force: boolean
  /** Treats every main seed as a forced one. */
  readonly forceMainSeeds: boolean
}

export interface Counts {
  inserted: number
  updated: number
  deleted: number
  kept: number
  conflicts: string[]
}

/** What another seed may still be about to change: it has the unique value, or is not there to be referred to. */
const PASSING = [
  'ER_DUP_ENTRY',
  'ER_NO_REFERENCED_ROW',
  'ER_NO_REFERENCED_ROW_2',
  'SQLITE_CONSTRAINT_UNIQUE',
  'SQLITE_CONSTRAINT_PRIMARYKEY',
  'SQLITE_CONSTRAINT_FOREIGNKEY',
]

/**
 * Writes the main seeds of one table. Those that the database refuses are tried again behind the others, which may let go
 * of what they need. `removable`, of `force` alone: for which rows it holds, those may be deleted and inserted anew where
 * two seeds hold what the other is to have.
 */
export async function writeMain(
  rows: SeedRows,
  { table, main }: Pick<TableSeeds, 'table' | 'main'>,
  how: MainSeeding,
  removable: Condition | undefined,
  counts: Counts,
): Promise<void> {
  const found = await rows.findAll(main.map(({ row }) => row))
  // Once only: what is tried again is looked for again.
  const known = new Map(main.map((seed, i) => [seed, found[i]]))
  const removed = new Set<MainSeed>()

  const write = async (seed: MainSeed): Promise<void> => {
    const key = describeKey(table, seed.row)
    const place = `${table.name}.main[${key}]`
    const stored = known.has(seed) ? known.get(seed) : await rows.find(seed.row)
    known.delete(seed)
    if (!stored) {
      await rows.insert(seed.row, true, place)
      if (removed.has(seed)) counts.updated++
      else counts.inserted++
    } else if (stored.owner !== 'main') {
      counts.conflicts.push(key)
    } else if (how.force || how.forceMainSeeds || seed.forced) {
      const values = how.force ? bindWholeRow(table, seed.row) : bindRow(table, seed.row)
      await rows.update(seed.row, values, place)
      counts.updated++
    } else {
      counts.kept++
    }
  }

  const remove = async (seed: MainSeed): Promise<void> => {
    const stored = removable && (await rows.find(seed.row))
    if (stored && (await rows.delete(true, removable, stored.key)) > 0) removed.add(seed)
  }

  let left = main
  while (left.length > 0) {
    const refused: { readonly seed: MainSeed; readonly error: unknown }[] = []
    for (const seed of left) {
      try {
        await write(seed)
      } catch (error) {
        if (!isPassing(error)) throw error
        refused.push({ seed, error })
      }
    }
    const [first] = refused
    if (first && refused.length === left.length) {
      const before = removed.size
      for (const { seed } of refused) await remove(seed)
      if (removed.size === before) throw first.error
    }
    left = refused.map(({ seed }) => seed)
  }
}

/** A statement that failed so has changed nothing, and its transaction goes on. */
function isPassing(error: unknown): boolean {
  const { code } = ((error as M3Error).cause ?? {}) as { readonly code?: unknown }
  return error instanceof M3Error && error.code === 'SEED_REFUSED' && PASSING.includes(String(code))
}
