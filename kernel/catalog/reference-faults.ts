import type { SeedRow } from '../contract/define-seed.js'
import type { Fault } from '../errors.js'
import type { ModuleVersionName } from '../names.js'
import { dependencyFaults, type NamedDependency } from './dependency-faults.js'
import { type Held, type Planned, type PlannedRow, writtenRows } from './planned.js'

/**
 * Written rows that refer to a tenant or a module that there is not, or to a version that nobody provides, and the
 * cycles that they close. `sound` keeps the rows that are well formed: only these are asked.
 */
export function referenceFaults(
  planned: Planned,
  held: Held,
  sound: (rows: readonly PlannedRow[]) => readonly PlannedRow[],
  isProvided: (name: ModuleVersionName) => boolean,
): Fault[] {
  const faults: Fault[] = []
  const tenantIds = idsOf(planned.tenants, held.tenants)
  const moduleIds = idsOf(planned.modules, held.modules)
  const names = moduleNames(planned, held, sound)
  const check = (ids: ReadonlySet<unknown>, kind: string, { path, row }: PlannedRow, column: string) => {
    if (ids.has(row[column])) return
    faults.push({ path: `${path}.${column}`, message: `there is no ${kind} with the id ${row[column]}` })
  }
  const checkVersion = ({ path }: PlannedRow, target: ModuleVersionName, neededBy?: string) => {
    if (isProvided(target)) return
    const needed = neededBy === undefined ? '' : `, which ${neededBy} would depend on`
    faults.push({ path: `${path}.version`, message: `no plugin and no package provides ${target}${needed}` })
  }

  const subscribed = writtenRows(planned.subscriptions, held.subscriptions)
  for (const each of sound(planned.subscriptions)) {
    if (!subscribed.has(each)) continue
    check(tenantIds, 'tenant', each, 'tenant_id')
    check(moduleIds, 'module', each, 'module_id')
    const target = targetOf(each.row, names.get(each.row.module_id))
    if (target) checkVersion(each, target)
  }

  const depending = writtenRows(planned.modules_dependencies, held.modules_dependencies)
  const written: NamedDependency[] = []
  for (const each of sound(planned.modules_dependencies)) {
    if (!depending.has(each)) continue
    check(moduleIds, 'module', each, 'module_id')
    check(moduleIds, 'module', each, 'dependency_module_id')
    const module = names.get(each.row.module_id)
    const target = targetOf(each.row, names.get(each.row.dependency_module_id))
    if (target) checkVersion(each, target, module)
    if (module !== undefined && target) written.push({ path: each.path, module, target })
  }
  const overwritten = new Set([...depending].map(({ row }) => row.id))
  const kept = held.modules_dependencies.flatMap(({ id, row }) => {
    const module = names.get(row.module_id)
    const target = targetOf(row, names.get(row.dependency_module_id))
    return overwritten.has(id) || module === undefined || !target ? [] : [{ path: '', module, target }]
  })
  return [...faults, ...dependencyFaults(written, kept)]
}

function idsOf(planned: readonly PlannedRow[], held: readonly { readonly id: number }[]): ReadonlySet<unknown> {
  return new Set([...held.map(({ id }) => id), ...planned.map(({ row }) => row.id)])
}

/** The names that modules have once the rows are written, by id; a malformed one is left out. */
function moduleNames(
  planned: Planned,
  held: Held,
  sound: (rows: readonly PlannedRow[]) => readonly PlannedRow[],
): ReadonlyMap<unknown, string> {
  const written = writtenRows(planned.modules, held.modules)
  return new Map<unknown, string>([
    ...held.modules.map(({ id, row }) => [id, String(row.name)] as const),
    ...sound(planned.modules)
      .filter((each) => written.has(each))
      .map(({ row }) => [row.id, String(row.name)] as const),
  ])
}

function targetOf(row: SeedRow, name: string | undefined): ModuleVersionName | undefined {
  return name === undefined ? undefined : `${name}@v${Number(row.version ?? 1)}`
}
