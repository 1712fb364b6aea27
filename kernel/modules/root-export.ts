import { isModule, type ModuleDefinition } from '../contract/define-module.js'
import { M3Error } from '../errors.js'
import { formatModuleVersion } from '../names.js'
import type { ModuleSource } from './discover.js'

/**
 * The one module that a root file exports, under whatever name; the same under two names counts once.
 * Throws MODULE_INVALID if there is none, if there are several, or if it is not the module of its folders. Pure.
 */
export function moduleOf(
  exported: Readonly<Record<string, unknown>>,
  source: Pick<ModuleSource, 'name'>,
): ModuleDefinition {
  const [definition, ...others] = [...new Set(Object.values(exported).filter(isModule))]
  if (!definition)
    throw new M3Error('MODULE_INVALID', 'its root file exports no module: export one made by defineModule')
  if (others.length > 0) {
    const names = [definition, ...others].map(({ name, version }) => formatModuleVersion(name, version))
    throw new M3Error('MODULE_INVALID', `its root file exports several modules, ${names.join(', ')}: export one`)
  }
  const name = formatModuleVersion(definition.name, definition.version)
  if (name !== source.name) {
    throw new M3Error('MODULE_INVALID', `it calls itself ${name}, but its folder makes it ${source.name}`)
  }
  return definition
}
