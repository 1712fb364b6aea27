import { createHash } from 'node:crypto'
import { canonicalText } from '../../contract/canonical-text.js'
import type { ViewDefinition } from '../../contract/define-view.js'
import type { TableSpec } from '../../contract/table-spec.js'
import type { SeedPlan } from '../../seeding/seed-plan.js'

/** To be raised when the kernel comes to make other tables of the same declaration: every database is then compared anew. */
const FORMAT = 2

/**
 * SHA-256 of what a migration brings about and writes down. The modules that are loaded are part of it, for the tables of
 * one that is not are kept. Temporary seeds are not, for no migration inserts them. The names of hand-written migrations
 * are: what a new one changes is compared with the declaration afterwards.
 */
export function fingerprintOf(declared: {
  readonly tables: readonly TableSpec[]
  readonly views: readonly ViewDefinition[]
  readonly seeds: SeedPlan['seeds']
  readonly migrations: readonly { readonly name: string }[]
  readonly modules: readonly string[]
  readonly owners: ReadonlyMap<string, readonly string[]>
}): string {
  const text = canonicalText({
    format: FORMAT,
    tables: declared.tables.map((table) => ({ ...table, columns: Object.entries(table.columns) })),
    views: declared.views.map(({ name, sql, reads }) => ({ name, sql, reads })),
    seeds: declared.seeds.map(({ table, main }) => ({ table: table.name, main })),
    migrations: declared.migrations.map(({ name }) => name),
    modules: declared.modules.toSorted(),
    owners: [...declared.owners].map(([name, modules]) => [name, modules.toSorted()]).sort(),
  })
  return createHash('sha256').update(text).digest('hex')
}
