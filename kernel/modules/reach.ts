import type { ModuleDefinition } from '../contract/define-module.js'
import type { TableDefinition } from '../contract/define-table.js'
import type { ViewDefinition } from '../contract/define-view.js'
import { formatModuleVersion, type ModuleVersionName } from '../names.js'

/** What a module may name: what it declares itself and what is declared by all that it depends on, however far down. */
export interface Reach {
  readonly tables: ReadonlyMap<string, TableDefinition>
  readonly views: ReadonlyMap<string, ViewDefinition>
}

/** The reach of each module of a closure. `modules` stand dependencies first. Pure. */
export function reachesOf(
  modules: readonly ModuleDefinition[],
  dependenciesOf: (name: ModuleVersionName) => Iterable<ModuleVersionName>,
): Map<ModuleVersionName, Reach> {
  const reaches = new Map<ModuleVersionName, Reach>()
  for (const module of modules) {
    const name = formatModuleVersion(module.name, module.version)
    const below = [...dependenciesOf(name)].flatMap((to) => reaches.get(to) ?? [])
    reaches.set(name, {
      tables: new Map([
        ...below.flatMap(({ tables }) => [...tables]),
        ...module.tables.map((table) => [table.name, table] as const),
      ]),
      views: new Map([
        ...below.flatMap(({ views }) => [...views]),
        ...module.views.map((view) => [view.name, view] as const),
      ]),
    })
  }
  return reaches
}
