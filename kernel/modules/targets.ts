import type { ModuleDefinition } from '../contract/define-module.js'
import { sameTable } from '../contract/define-table.js'
import type { Relation } from '../contract/relations.js'
import { type Fault, messageOf } from '../errors.js'
import { formatModuleVersion } from '../names.js'
import type { Successors } from './cycles.js'
import { type Reach, reachesOf } from './reach.js'

/**
 * Foreign keys, relations, seeds and views of a closure that point to a table which neither their module nor one it
 * depends on declares. `modules` stand dependencies first.
 */
export function targetFaults(modules: readonly ModuleDefinition[], dependenciesOf: Successors): Fault[] {
  const reaches = reachesOf(modules, dependenciesOf)
  return modules.flatMap((module) => {
    const name = formatModuleVersion(module.name, module.version)
    const reach = reaches.get(name)
    return reach ? faultsOf(module, reach).map((message) => ({ path: name, message })) : []
  })
}

function faultsOf(module: ModuleDefinition, { tables, views }: Reach): string[] {
  const unknown = (table: string) => `${table}, which neither the module nor one it depends on declares`
  const faults: string[] = []
  for (const table of module.tables) {
    for (const [column, { references }] of Object.entries(table.columns)) {
      if (!references) continue
      const target = tables.get(references.table)
      const place = `the column ${table.name}.${column} refers to`
      if (!target) faults.push(`${place} ${unknown(references.table)}`)
      else if (!Object.hasOwn(target.columns, references.column)) {
        faults.push(`${place} ${references.table}.${references.column}, which is no column`)
      }
    }
    for (const [name, relation] of Object.entries(table.relations)) {
      for (const target of targetsOf(relation)) {
        if (typeof target === 'object') faults.push(`the relation ${table.name}.${name} fails: ${target.failure}`)
        else if (!tables.has(target)) faults.push(`the relation ${table.name}.${name} leads to ${unknown(target)}`)
      }
    }
  }
  for (const { table } of module.seeds) {
    const target = tables.get(table.name)
    if (!target) faults.push(`its seeds are for ${unknown(table.name)}`)
    else if (!sameTable(target, table)) faults.push(`its seeds are for another declaration of the table ${table.name}`)
  }
  for (const view of module.views) {
    for (const source of view.reads) {
      if (!tables.has(source) && !views.has(source)) faults.push(`the view ${view.name} reads ${unknown(source)}`)
    }
  }
  return faults
}

/** Relations name their tables by functions of the author. */
function targetsOf(relation: Relation): (string | { failure: string })[] {
  return [relation.target, ...(relation.through ? [relation.through] : [])].map((target) => {
    try {
      return target().name
    } catch (error) {
      return { failure: messageOf(error) }
    }
  })
}
