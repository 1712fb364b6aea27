import type { ModuleDefinition } from '../contract/define-module.js'
import { sameTable, type TableDefinition } from '../contract/define-table.js'
import type { ViewDefinition } from '../contract/define-view.js'
import type { Fault } from '../errors.js'
import { formatModuleVersion } from '../names.js'

type Declared = { readonly owner: string } & (
  | { readonly kind: 'table'; readonly declaration: TableDefinition }
  | { readonly kind: 'view'; readonly declaration: ViewDefinition }
)

/**
 * Tables and views that two module versions of one tenant declare differently: it has one database for both.
 * Declaring the same is fine. Names that differ by case alone are one name on some engines and systems.
 */
export function conflictFaults(modules: readonly ModuleDefinition[]): Fault[] {
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

/** Structural equality of two views: the same statement, giving the same columns, after the same tables. */
export function sameView(a: ViewDefinition, b: ViewDefinition): boolean {
  const source = ({ name, sql, columns, reads }: ViewDefinition) =>
    JSON.stringify([name, typeof sql === 'string' ? sql : [sql.mysql, sql.sqlite], Object.entries(columns), reads])
  return a === b || source(a) === source(b)
}

function declaredBy(module: ModuleDefinition): Declared[] {
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
