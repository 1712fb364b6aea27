import type { TableDefinition } from '../contract/define-table.js'
import { rowFaults } from '../contract/validate-row.js'
import type { Fault } from '../errors.js'
import { isModuleName, MODULE_NAME_RULE, type ModuleVersionName } from '../names.js'
import type { Held, Planned, PlannedRow } from './planned.js'
import { referenceFaults } from './reference-faults.js'
import { modules, modulesDependencies, subscriptions, tenants } from './tables.js'
import { type CatalogRules, identityFaults } from './tenant-rules.js'
import { uniqueFaults } from './unique-faults.js'

const tableNames = ['tenants', 'modules', 'modules_dependencies', 'subscriptions'] as const

const uniqueColumns = [
  ['tenants', ['name']],
  ['tenants', ['user']],
  ['modules', ['name']],
  ['modules_dependencies', ['module_id', 'dependency_module_id', 'version']],
  ['subscriptions', ['tenant_id', 'module_id', 'version']],
] as const

/**
 * Everything that is wrong with rows that are to be written, in one list; empty if they may be. `held` are the rows of
 * the catalog that they could clash with or refer to: see `readHeld`. What is wrong in the catalog already is no fault
 * of a change, and a row that is there already and is left as it is changes nothing. Pure.
 */
export function validateCatalog(
  planned: Planned,
  held: Held,
  rules: CatalogRules,
  isProvided: (name: ModuleVersionName) => boolean,
): Fault[] {
  const shape = [
    ...planned.tenants.flatMap((row) => shapeFaults(tenants, row, identityFaults(row.row, row.path, rules))),
    ...planned.modules.flatMap((row) => shapeFaults(modules, row, moduleFaults(row))),
    ...planned.modules_dependencies.flatMap((row) => shapeFaults(modulesDependencies, row, versionFaults(row))),
    ...planned.subscriptions.flatMap((row) => shapeFaults(subscriptions, row, versionFaults(row))),
  ]
  // A row that is malformed is not asked further questions.
  const malformed = new Set(shape.map((fault) => fault.path.slice(0, fault.path.lastIndexOf('.'))))
  const sound = (rows: readonly PlannedRow[]) => rows.filter((row) => !malformed.has(row.path))
  const unique = uniqueColumns.flatMap(([table, columns]) => uniqueFaults(sound(planned[table]), held[table], columns))
  const ids = tableNames.flatMap((table) =>
    uniqueFaults(
      sound(planned[table]).filter(({ row }) => row.id !== undefined),
      [],
      ['id'],
    ),
  )
  return [...shape, ...ids, ...unique, ...referenceFaults(planned, held, sound, isProvided)]
}

/** The first fault of each column: rules of the catalog say more than those of the column's type. */
function shapeFaults(table: TableDefinition, { row, path }: PlannedRow, own: readonly Fault[]): Fault[] {
  const faults = new Map<string, Fault>()
  for (const fault of [...own, ...rowFaults(table.columns, row, path)]) {
    if (!faults.has(fault.path)) faults.set(fault.path, fault)
  }
  return [...faults.values()]
}

function moduleFaults({ row, path }: PlannedRow): Fault[] {
  if (typeof row.name === 'string' && isModuleName(row.name)) return []
  const message = `must be ${MODULE_NAME_RULE}`
  return [{ path: `${path}.name`, message }]
}

function versionFaults({ row, path }: PlannedRow): Fault[] {
  const { version = 1 } = row
  if (Number.isInteger(version) && (version as number) > 0) return []
  return [{ path: `${path}.version`, message: 'must be a major version: a positive integer' }]
}
