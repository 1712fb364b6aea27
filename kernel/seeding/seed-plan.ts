import type { MainSeed, SeedRow } from '../contract/define-seed.js'
import type { TableSpec } from '../contract/table-spec.js'

/** The seeds of one table, whichever modules they come from. Rows that others of the table refer to come first. */
export interface TableSeeds {
  readonly table: TableSpec
  readonly main: readonly MainSeed[]
  readonly temporary: readonly SeedRow[]
}

/** What seeding needs to know of a declaration. The tables that others refer to come first. */
export interface SeedPlan {
  readonly seeds: readonly TableSeeds[]
}

/** What was done to one table, in rows. */
export interface SeedReport {
  readonly table: string
  readonly inserted: number
  /** Set back to the declared values, whether they differed or not. */
  readonly updated: number
  readonly deleted: number
  /** Seeded rows left as they were. */
  readonly kept: number
  /** Main seeds that could not be written, for a row that is not the kernel's has their key: `id=3`. */
  readonly conflicts: readonly string[]
}

/** The key of a row as messages name it: `id=3`, `country=de, lang=en`. */
export function describeKey(table: TableSpec, row: SeedRow): string {
  return table.primaryKey.map((column) => `${column}=${String(row[column])}`).join(', ')
}
