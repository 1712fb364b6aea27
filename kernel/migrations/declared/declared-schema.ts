import type { CustomLengths } from '../../config/config.js'
import type { MigrationDefinition } from '../../contract/define-migration.js'
import { sameTable, type TableDefinition } from '../../contract/define-table.js'
import type { ViewDefinition } from '../../contract/define-view.js'
import { resolveTable, type TableSpec } from '../../contract/table-spec.js'
import { type Fault, M3Error } from '../../errors.js'
import { conflictFaults } from '../../modules/conflicts.js'
import type { ModuleVersionName } from '../../names.js'
import type { SeedPlan, TableSeeds } from '../../seeding/seed-plan.js'
import { fingerprintOf } from './fingerprint.js'
import { mergeSeeds } from './merge-seeds.js'
import { referenceOrder } from './reference-order.js'
import { nameOf, type SchemaModule } from './schema-module.js'
import { tableFaults } from './table-faults.js'

/** A hand-written migration under the name that the database remembers: `notes@v1/split-title`. */
export interface WrittenMigration extends MigrationDefinition {
  readonly module: ModuleVersionName
}

/** All that a set of modules wants of one database: plain data, but for the functions of hand-written migrations. */
export interface DeclaredSchema extends SeedPlan {
  /** Each name once, tables that others refer to first, as far as they form no circle; seeded ones with `main_seed`. */
  readonly tables: readonly TableSpec[]
  /** Views that others read first. */
  readonly views: readonly ViewDefinition[]
  /** Of seeded tables only, in the order of `tables`. */
  readonly seeds: readonly TableSeeds[]
  readonly migrations: readonly WrittenMigration[]
  /** All that are loaded, those without tables included. */
  readonly modules: readonly ModuleVersionName[]
  /** Who declares a table or a view, by its name in lower case. */
  readonly owners: ReadonlyMap<string, readonly ModuleVersionName[]>
  /** Equal exactly if all of this is, functions and temporary seeds apart: 64 hexadecimal digits. */
  readonly fingerprint: string
}

/**
 * Unites what modules declare, dependencies first. What two of them declare alike counts once. Throws MODULE_INVALID
 * with every fault: a name declared in two ways, a foreign key that points nowhere, a circle of views.
 */
export function declareSchema(modules: readonly SchemaModule[], lengths: CustomLengths): DeclaredSchema {
  const faults = conflictFaults(modules)
  const tables = byName(modules.flatMap((module) => module.tables))
  const views = byName(modules.flatMap((module) => module.views))
  const merged = mergeSeeds(modules, faults)
  const specs = [...tables.values()].map((table) => resolveTable(table, lengths, merged.has(table.name)))
  faults.push(...tableFaults(specs), ...strayFaults(modules, tables, views))
  const { ordered } = inOrder(specs, referencedBy)
  const { ordered: orderedViews, circle } = inOrder([...views.values()], (view) => view.reads)
  if (circle) faults.push({ path: circle[0] ?? '', message: `stands in a circle of views: ${circle.join(' → ')}` })
  if (faults.length > 0) {
    const names = modules.map(nameOf).join(', ')
    throw new M3Error('MODULE_INVALID', `What ${names} declare does not make one database`, { faults })
  }
  const seeds = ordered.flatMap((table) => {
    const rows = merged.get(table.name)
    return rows ? [{ table, ...rows }] : []
  })
  const migrations = modules.flatMap(written)
  const owners = ownersOf(modules)
  const declared = { tables: ordered, views: orderedViews, seeds, migrations, owners, modules: modules.map(nameOf) }
  return Object.freeze({ ...declared, fingerprint: fingerprintOf(declared) })
}

/** The first of each name, in lower case: names that differ by case alone are one on some engines. */
function byName<T extends { readonly name: string }>(declarations: readonly T[]): Map<string, T> {
  const united = new Map<string, T>()
  for (const each of declarations) {
    const name = each.name.toLowerCase()
    if (!united.has(name)) united.set(name, each)
  }
  return united
}

/** Seeds and views that name a table or view of no module. */
function strayFaults(
  modules: readonly SchemaModule[],
  tables: ReadonlyMap<string, TableDefinition>,
  views: ReadonlyMap<string, ViewDefinition>,
): Fault[] {
  const faults: Fault[] = []
  for (const module of modules) {
    const name = nameOf(module)
    for (const { table } of module.seeds) {
      const declared = tables.get(table.name.toLowerCase())
      if (!declared) faults.push({ path: table.name, message: `${name} seeds this table, but no module lists it` })
      else if (!sameTable(declared, table)) {
        faults.push({ path: table.name, message: `${name} seeds this table as it is not declared` })
      }
    }
    for (const view of module.views) {
      for (const read of view.reads) {
        if (tables.has(read.toLowerCase()) || views.has(read.toLowerCase())) continue
        faults.push({ path: view.name, message: `${name} has this view read ${read}, but no module lists that` })
      }
    }
  }
  return faults
}

function inOrder<T extends { readonly name: string }>(
  declarations: readonly T[],
  refersTo: (declaration: T) => readonly string[],
): { readonly ordered: T[]; readonly circle: readonly string[] | undefined } {
  const named = new Map(declarations.map((each) => [each.name, each]))
  const { order, circle } = referenceOrder([...named.keys()], (name) => {
    const declaration = named.get(name)
    return declaration === undefined ? [] : refersTo(declaration)
  })
  return { ordered: order.flatMap((name) => named.get(name) ?? []), circle }
}

function ownersOf(modules: readonly SchemaModule[]): Map<string, ModuleVersionName[]> {
  const owners = new Map<string, ModuleVersionName[]>()
  for (const module of modules) {
    for (const { name } of [...module.tables, ...module.views]) {
      owners.set(name.toLowerCase(), [...(owners.get(name.toLowerCase()) ?? []), nameOf(module)])
    }
  }
  return owners
}

function referencedBy(table: TableSpec): string[] {
  return Object.values(table.columns).flatMap(({ references }) => (references ? [references.table] : []))
}

function written(module: SchemaModule): WrittenMigration[] {
  const name = nameOf(module)
  return module.migrations.map((migration) => ({ ...migration, module: name, name: `${name}/${migration.name}` }))
}
