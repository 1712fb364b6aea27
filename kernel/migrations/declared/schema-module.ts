import type { ModuleDefinition } from '../../contract/define-module.js'
import { formatModuleVersion, type ModuleVersionName } from '../../names.js'

/** A module as far as it says what a database holds. The catalog comes as one too. */
export type SchemaModule = Pick<ModuleDefinition, 'name' | 'version' | 'tables' | 'views' | 'seeds' | 'migrations'>

export function nameOf(module: SchemaModule): ModuleVersionName {
  return formatModuleVersion(module.name, module.version)
}
