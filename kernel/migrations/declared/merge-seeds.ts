import { canonicalText } from '../../contract/canonical-text.js'
import type { MainSeed, SeedDefinition, SeedRow } from '../../contract/define-seed.js'
import type { TableDefinition } from '../../contract/define-table.js'
import type { Fault } from '../../errors.js'
import { referenceOrder } from './reference-order.js'
import { nameOf, type SchemaModule } from './schema-module.js'

export interface MergedSeeds {
  readonly main: readonly MainSeed[]
  readonly temporary: readonly SeedRow[]
}

/**
 * The seeds of all modules by table name. Two versions of a module may bring the same ones: those count once. One key
 * with two rows is a fault.
 */
export function mergeSeeds(modules: readonly SchemaModule[], faults: Fault[]): Map<string, MergedSeeds> {
  const merged = new Map<string, MergedSeeds>()
  const sources = modules.flatMap((module) => module.seeds.map((seed) => ({ seed, module: nameOf(module) })))
  for (const name of new Set(sources.map(({ seed }) => seed.table.name))) {
    const own = sources.filter(({ seed }) => seed.table.name === name)
    const [first] = own
    if (!first) continue
    const main = new Map<string, { seed: MainSeed; module: string }>()
    for (const { seed, module } of own) {
      for (const each of seed.main) {
        const key = canonicalText(first.seed.table.primaryKey.map((column) => each.row[column]))
        const other = main.get(key)
        if (!other) main.set(key, { seed: each, module })
        else if (canonicalText(other.seed) !== canonicalText(each)) {
          faults.push({ path: name, message: `${other.module} and ${module} declare the main seed ${key} differently` })
        }
      }
    }
    const temporary = distinct(own.map(({ seed }) => seed)).flatMap((seed) => seed.temporary)
    const ordered = parentsFirst(
      [...main.values()].map(({ seed }) => seed),
      first.seed.table,
      (seed) => seed.row,
    )
    merged.set(name, { main: ordered, temporary: parentsFirst(temporary, first.seed.table, (row) => row) })
  }
  return merged
}

/** By content, whole definitions: one that lists a temporary row twice means it. */
function distinct(seeds: readonly SeedDefinition[]): SeedDefinition[] {
  return [...new Map(seeds.map((seed) => [canonicalText(seed.temporary), seed])).values()]
}

/** Rows of a table that refers to itself, such as a tree, behind the rows they refer to. */
function parentsFirst<T>(items: readonly T[], table: TableDefinition, rowOf: (item: T) => SeedRow): readonly T[] {
  const links = Object.entries(table.columns).flatMap(([column, { references }]) =>
    references?.table === table.name ? [{ column, to: references.column }] : [],
  )
  if (links.length === 0) return items
  const { order } = referenceOrder(
    items.map((_item, i) => String(i)),
    (name) => {
      const item = items[Number(name)]
      if (item === undefined) return []
      const wanted = links.flatMap(({ column, to }) => {
        const value = rowOf(item)[column]
        return items.flatMap((other, i) => (value !== undefined && rowOf(other)[to] === value ? [String(i)] : []))
      })
      return wanted
    },
  )
  return order.flatMap((name) => items[Number(name)] ?? [])
}
