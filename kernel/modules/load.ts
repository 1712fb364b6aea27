import type { ModuleDefinition } from '../contract/define-module.js'
import { type Fault, M3Error } from '../errors.js'
import type { ModuleVersionName } from '../names.js'
import { conflictFaults } from './conflicts.js'
import type { Discovery } from './discover.js'
import {
  type CatalogDependencies,
  compareModuleVersions,
  type GraphFault,
  orderModules,
  uniteDependencies,
} from './graph.js'
import { importFile, reasonOf } from './import-file.js'
import { moduleOf } from './root-export.js'
import { targetFaults } from './targets.js'

export interface ModuleStatus {
  readonly name: ModuleVersionName
  readonly origin: string
  /** `provided`: there, and nothing has needed it yet. */
  readonly state: 'provided' | 'loaded' | 'unavailable'
  /** Why it is unavailable. For the log and ops: it may hold paths of the machine. */
  readonly reason?: string
}

/** The module versions of this process. Each is imported once, when a tenant first needs it. */
export class ModuleStore {
  readonly #discovery: Discovery
  readonly #importSeconds: number
  readonly #loading = new Map<ModuleVersionName, Promise<ModuleDefinition>>()
  readonly #loaded = new Map<ModuleVersionName, ModuleDefinition>()
  readonly #broken = new Map<ModuleVersionName, string>()

  constructor(discovery: Discovery, options: { readonly importSeconds?: number } = {}) {
    this.#discovery = discovery
    this.#importSeconds = options.importSeconds ?? 10
  }

  /** Whether a plugin or a package has it, be it able to load or not. */
  isProvided = (name: ModuleVersionName): boolean => this.#discovery.origins.has(name)

  /** What it declares to depend on itself: known once it is loaded, nothing before. */
  declaredDependencies = (name: ModuleVersionName): readonly ModuleVersionName[] =>
    this.#loaded.get(name)?.dependsOn ?? []

  /** Imports it once, however many ask. Throws MODULE_INVALID with the reason, the same each time. */
  load(name: ModuleVersionName): Promise<ModuleDefinition> {
    const under = this.#loading.get(name)
    if (under) return under
    const loading = this.#load(name)
    this.#loading.set(name, loading)
    return loading
  }

  /**
   * What a tenant that subscribes to `wanted` is made of, dependencies first: the catalog's dependencies united with
   * those that the modules declare. The catalog's are ordered before anything is imported. Throws TENANT_UNAVAILABLE;
   * its faults say what is missing and who needs it, which cycle there is, which module is broken and why, which clash.
   */
  async closure(
    wanted: readonly ModuleVersionName[],
    catalog: CatalogDependencies,
  ): Promise<readonly ModuleDefinition[]> {
    const { modules, graph, broken } = await this.#explore(wanted, catalog)
    const faults: Fault[] = [...graph.map(({ path, message }) => ({ path, message })), ...broken]
    if (faults.length === 0) {
      const dependenciesOf = uniteDependencies(catalog, this.declaredDependencies)
      faults.push(...conflictFaults(modules), ...targetFaults(modules, dependenciesOf))
    }
    if (faults.length === 0) return modules
    throw new M3Error('TENANT_UNAVAILABLE', 'The modules of this tenant cannot be served', { faults })
  }

  /** The cycles and gaps of a closure, the declared dependencies included; a module that does not load has none. */
  async graphFaults(
    wanted: readonly ModuleVersionName[],
    catalog: CatalogDependencies,
  ): Promise<readonly GraphFault[]> {
    return (await this.#explore(wanted, catalog)).graph
  }

  /** Every version that was found, by name. */
  status(): ModuleStatus[] {
    return [...this.#discovery.origins]
      .sort(([a], [b]) => compareModuleVersions(a, b))
      .map(([name, origin]) => {
        const reason = this.#discovery.unavailable.get(name) ?? this.#broken.get(name)
        if (reason !== undefined) return { name, origin, state: 'unavailable', reason }
        return { name, origin, state: this.#loaded.has(name) ? 'loaded' : 'provided' }
      })
  }

  async #load(name: ModuleVersionName): Promise<ModuleDefinition> {
    const source = this.#discovery.sources.get(name)
    if (!source) {
      const reason = this.#discovery.unavailable.get(name) ?? `no plugin and no package provides ${name}`
      throw new M3Error('MODULE_INVALID', reason)
    }
    try {
      const definition = moduleOf(await importFile(source.file, this.#importSeconds), source)
      this.#loaded.set(name, definition)
      return definition
    } catch (error) {
      const reason = `${source.origin}: ${reasonOf(error)}`
      this.#broken.set(name, reason)
      throw new M3Error('MODULE_INVALID', reason, { cause: error })
    }
  }

  /** Each round imports what the round before has come to know of, until that is all. */
  async #explore(wanted: readonly ModuleVersionName[], catalog: CatalogDependencies) {
    const dependenciesOf = uniteDependencies(catalog, this.declaredDependencies)
    const broken = new Map<ModuleVersionName, Fault>()
    const modules = new Map<ModuleVersionName, ModuleDefinition>()
    for (;;) {
      const { order, faults } = orderModules(wanted, dependenciesOf, this.isProvided)
      const fresh = order.filter((name) => !modules.has(name) && !broken.has(name))
      if (fresh.length === 0) {
        return {
          modules: order.flatMap((name) => modules.get(name) ?? []),
          graph: faults,
          broken: [...broken.values()],
        }
      }
      await Promise.all(
        fresh.map(async (name) => {
          try {
            modules.set(name, await this.load(name))
          } catch (error) {
            broken.set(name, { path: name, message: reasonOf(error) })
          }
        }),
      )
    }
  }
}
