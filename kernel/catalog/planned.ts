import type { SeedRow } from '../contract/define-seed.js'
import type { CatalogSeeds } from './seeds.js'

/** A row that is to be written to the catalog. Nothing of it is validated yet. */
export interface PlannedRow {
  /** Its place as the user knows it: `seeds/tenants.seed.ts: main[3]`. */
  readonly path: string
  readonly row: SeedRow
  /** It is written even if the catalog holds a seed of its id. */
  readonly forced: boolean
}

export interface Planned {
  readonly tenants: readonly PlannedRow[]
  readonly modules: readonly PlannedRow[]
  readonly modules_dependencies: readonly PlannedRow[]
  readonly subscriptions: readonly PlannedRow[]
}

/** A row that the catalog holds. */
export interface HeldRow {
  readonly id: number
  /** Somebody added it: no seed ever overwrites it. */
  readonly own: boolean
  readonly row: SeedRow
}

/** As many rows of the catalog as validating a change takes. */
export type Held = { readonly [Table in keyof Planned]: readonly HeldRow[] }

export const NOTHING_PLANNED: Planned = { tenants: [], modules: [], modules_dependencies: [], subscriptions: [] }
export const NOTHING_HELD: Held = { tenants: [], modules: [], modules_dependencies: [], subscriptions: [] }

/** The rows of seeds. `force` writes all main seeds anew; temporary ones take part only if they are asked for. */
export function plannedRows(
  { seeds }: CatalogSeeds,
  options: { readonly force?: boolean; readonly temporary?: boolean } = {},
): Planned {
  const planned: Record<string, PlannedRow[]> = {}
  for (const { place, definition } of seeds) {
    const main = definition.main.map(({ row, forced }, i) => ({
      path: `${place}: main[${i}]`,
      row,
      forced: forced || (options.force ?? false),
    }))
    const temporary = definition.temporary.map((row, i) => ({
      path: `${place}: temporary[${i}]`,
      row,
      forced: false,
    }))
    planned[definition.table.name] = options.temporary ? [...main, ...temporary] : main
  }
  return { ...NOTHING_PLANNED, ...planned }
}

/** The rows that change the catalog: one whose id is there already is left as it is unless it is forced. */
export function writtenRows(planned: readonly PlannedRow[], held: readonly HeldRow[]): ReadonlySet<PlannedRow> {
  const there = new Map<unknown, HeldRow>(held.map((row) => [row.id, row]))
  return new Set(
    planned.filter(({ row, forced }) => {
      const other = there.get(row.id)
      return !other || (forced && !other.own)
    }),
  )
}
