import type { ModuleDefinition } from '../contract/define-module.js'
import { sameTable, type TableDefinition } from '../contract/define-table.js'
import { sameView, type ViewDefinition } from '../contract/define-view.js'
import type { Fault } from '../errors.js'
import { formatModuleVersion } from '../names.js'

type Declaring = Pick<ModuleDefinition, 'name' | 'version' | 'tables' | 'views'>

type Declared = { readonly owner: string } & (
  | { readonly kind: 'table'; readonly declaration: TableDefinition }
  | { readonly kind: 'view'; readonly declaration: ViewDefinition }
)

/**
 * Tables and views that two module versions of one tenant declare differently: it has one database for both.
 * Declaring the same is fine. Names that differ by case alone are one name on some engines and systems.
 */
export function conflictFaults(modules: readonly Declaring[]): Fault[] {
  const first = new Map<string, Declared>()
  const faults: Fault[] = []
  for (const each of modules.flatMap(declaredBy)) {
    const key = each.declaration.name.toLowerCase()
    const other = first.get(key)
    if (!other) first.set(key, each)
    else if (!isSame(other, each)) faults.push({ path: each.owner, message: conflict(other, each) })
  }
  return faults
}

function declaredBy(module: Declaring): Declared[] {
  const owner = formatModuleVersion(module.name, module.version)
  return [
    ...module.tables.map((declaration): Declared => ({ owner, kind: 'table', declaration })),
    ...module.views.map((declaration): Declared => ({ owner, kind: 'view', declaration })),
  ]
}

function isSame(a: Declared, b: Declared): boolean {
  if (a.kind === 'table') return b.kind === 'table' && sameTable(a.declaration, b.declaration)
  return b.kind === 'view' && sameView(a.declaration, b.declaration)
}

function conflict(a: Declared, b: Declared): string {
  if (a.kind === b.kind && a.declaration.name === b.declaration.name && a.owner !== b.owner) {
    return `${a.owner} and ${b.owner} declare the ${a.kind} ${a.declaration.name} differently`
  }
  const both = `the ${a.kind} ${a.declaration.name} and the ${b.kind} ${b.declaration.name}`
  const owners = a.owner === b.owner ? `${a.owner} declares` : `${a.owner} and ${b.owner} declare`
  return `${owners} ${both}: a database holds one of that name`
}
