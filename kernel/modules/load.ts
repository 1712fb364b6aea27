import { isModule, type ModuleDefinition } from '../contract/define-module.js'
import { type Fault, M3Error } from '../errors.js'
import { formatModuleVersion, type ModuleVersionName } from '../names.js'
import { conflictFaults } from './conflicts.js'
import { importCronFile, type ModuleCronjobs } from './cron-file.js'
import type { Discovery } from './discover.js'
import {
  type CatalogDependencies,
  compareModuleVersions,
  orderModules,
  uniteDependencies,
  unsoundModules,
} from './graph.js'
import { importFile, LateImport, reasonOf } from './import-file.js'
import { moduleOf } from './root-export.js'
import { targetFaults } from './targets.js'

export interface ModuleStatus {
  readonly name: ModuleVersionName
  readonly origin: string
  /** `provided`: there, and nothing has needed it yet. */
  readonly state: 'provided' | 'loaded' | 'unavailable'
  /** Why it is unavailable. For the log and ops: it may hold paths of the machine. */
  readonly reason?: string
  /** Cron jobs that are left out, and why: `path` is the job, or empty if its cron file is at fault as a whole. */
  readonly cronFaults?: readonly Fault[]
}

export interface ModuleGraph {
  readonly order: readonly { readonly name: ModuleVersionName; readonly dependsOn: readonly ModuleVersionName[] }[]
  readonly faults: readonly Fault[]
}

/** What a tenant is made of. */
export interface ModuleClosure {
  /** Dependencies first, each once. */
  readonly modules: readonly ModuleDefinition[]
  /** What each of them depends on directly: what it declares itself and what the catalog adds. */
  readonly dependencies: ReadonlyMap<ModuleVersionName, ReadonlySet<ModuleVersionName>>
}

export interface ModuleStoreOptions {
  /** How long a file may take to be imported. */
  readonly importSeconds?: number
  /** Told once of each cron job that is left out of a version, when that is loaded. */
  readonly onCronFault?: (module: ModuleVersionName, fault: Fault) => void
}

/** The module versions of this process. Each is imported once, when a tenant first needs it. */
export class ModuleStore {
  readonly #discovery: Discovery
  readonly #importSeconds: number
  readonly #onCronFault: (module: ModuleVersionName, fault: Fault) => void
  readonly #loading = new Map<ModuleVersionName, Promise<ModuleDefinition>>()
  readonly #loaded = new Map<ModuleVersionName, ModuleDefinition>()
  readonly #broken = new Map<ModuleVersionName, string>()
  readonly #cronjobs = new Map<ModuleVersionName, ModuleCronjobs>()

  constructor(discovery: Discovery, options: ModuleStoreOptions = {}) {
    this.#discovery = discovery
    this.#importSeconds = options.importSeconds ?? 10
    this.#onCronFault = options.onCronFault ?? (() => {})
  }

  /** Whether a plugin or a package has it, be it able to load or not. */
  isProvided = (name: ModuleVersionName): boolean => this.#discovery.origins.has(name)

  /** What it declares to depend on itself: known once it is loaded, nothing before. */
  declaredDependencies = (name: ModuleVersionName): readonly ModuleVersionName[] =>
    this.#loaded.get(name)?.dependsOn ?? []

  /**
   * Imports it once, however many ask. Throws MODULE_INVALID with the reason, the same each time; but one that took too
   * long is waited for again, since its import goes on.
   */
  load(name: ModuleVersionName): Promise<ModuleDefinition> {
    const under = this.#loading.get(name)
    if (under) return under
    const loading = this.#load(name)
    this.#loading.set(name, loading)
    return loading
  }

  /** The cron jobs of a version, once that is loaded; undefined before, and if it has no cron file. */
  cronjobs(name: ModuleVersionName): ModuleCronjobs | undefined {
    return this.#loaded.has(name) ? this.#cronjobs.get(name) : undefined
  }

  /**
   * What a tenant that subscribes to `wanted` is made of, dependencies first: the catalog's dependencies united with
   * those that the modules declare. The catalog's are ordered before anything is imported. Throws TENANT_UNAVAILABLE;
   * its faults say what is missing and who needs it, which cycle there is, which module is broken and why, which clash.
   */
  async closure(wanted: readonly ModuleVersionName[], catalog: CatalogDependencies): Promise<ModuleClosure> {
    const { modules, faults } = await this.#examine(wanted, catalog)
    if (faults.length > 0) {
      throw new M3Error('TENANT_UNAVAILABLE', 'The modules of this tenant cannot be served', { faults })
    }
    const dependenciesOf = uniteDependencies(catalog, this.declaredDependencies)
    const names = modules.map(({ name, version }) => formatModuleVersion(name, version))
    return { modules, dependencies: new Map(names.map((name) => [name, new Set(dependenciesOf(name))])) }
  }

  /** What `closure` would refuse `wanted` for; empty if it would not. */
  async closureFaults(wanted: readonly ModuleVersionName[], catalog: CatalogDependencies): Promise<readonly Fault[]> {
    return (await this.#examine(wanted, catalog)).faults
  }

  /**
   * The graph of all module versions, each imported so that what it declares is known: those that can be served in
   * their order, and what is wrong with the others.
   */
  async graph(catalog: CatalogDependencies): Promise<ModuleGraph> {
    const all = [...this.#discovery.origins.keys()].sort(compareModuleVersions)
    const dependenciesOf = uniteDependencies(catalog, this.declaredDependencies)
    const tried = new Map<ModuleVersionName, ModuleDefinition | Fault>()
    for (;;) {
      const unsound = unsoundModules(all, dependenciesOf, this.isProvided)
      const sound = all.filter((name) => !unsound.has(name))
      const fresh = sound.filter((name) => !tried.has(name))
      for (const [name, result] of await this.#loadAll(fresh)) tried.set(name, result)
      if (fresh.length > 0) continue
      const graph = orderModules(all, dependenciesOf, this.isProvided).faults
      const { order } = orderModules(sound, dependenciesOf, this.isProvided)
      return {
        order: order.map((name) => ({
          name,
          dependsOn: [...new Set(dependenciesOf(name))].sort(compareModuleVersions),
        })),
        faults: [
          ...graph.map(({ path, message }) => ({ path, message })),
          ...[...tried.values()].flatMap((result) => (isModule(result) ? [] : result)),
        ],
      }
    }
  }

  /** Every version that was found, by name. */
  status(): ModuleStatus[] {
    return [...this.#discovery.origins]
      .sort(([a], [b]) => compareModuleVersions(a, b))
      .map(([name, origin]) => {
        const reason = this.#discovery.unavailable.get(name) ?? this.#broken.get(name)
        if (reason !== undefined) return { name, origin, state: 'unavailable', reason }
        const cronFaults = this.cronjobs(name)?.faults ?? []
        const state = this.#loaded.has(name) ? 'loaded' : 'provided'
        return { name, origin, state, ...(cronFaults.length > 0 ? { cronFaults } : {}) }
      })
  }

  async #load(name: ModuleVersionName): Promise<ModuleDefinition> {
    const source = this.#discovery.sources.get(name)
    if (!source) {
      const reason = this.#discovery.unavailable.get(name) ?? `no plugin and no package provides ${name}`
      throw new M3Error('MODULE_INVALID', reason)
    }
    try {
      const [exported, cronjobs] = await Promise.all([
        importFile(source.file, this.#importSeconds),
        source.cron && importCronFile(source.cron, this.#importSeconds, (late) => this.#keepCronjobs(name, late)),
      ])
      const definition = moduleOf(exported, source)
      this.#loaded.set(name, definition)
      if (cronjobs) this.#keepCronjobs(name, cronjobs)
      this.#broken.delete(name)
      return definition
    } catch (error) {
      const reason = `${source.origin}: ${reasonOf(error)}`
      this.#broken.set(name, reason)
      if (error instanceof LateImport) this.#loading.delete(name)
      throw new M3Error('MODULE_INVALID', reason, { cause: error })
    }
  }

  #keepCronjobs(name: ModuleVersionName, cronjobs: ModuleCronjobs): void {
    this.#cronjobs.set(name, cronjobs)
    for (const fault of cronjobs.faults) this.#onCronFault(name, fault)
  }

  async #examine(wanted: readonly ModuleVersionName[], catalog: CatalogDependencies) {
    const { modules, graph, broken } = await this.#explore(wanted, catalog)
    const faults: Fault[] = [...graph, ...broken]
    const dependenciesOf = uniteDependencies(catalog, this.declaredDependencies)
    if (faults.length === 0) faults.push(...conflictFaults(modules), ...targetFaults(modules, dependenciesOf))
    return { modules, faults }
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
          graph: faults.map(({ path, message }) => ({ path, message })),
          broken: [...broken.values()],
        }
      }
      for (const [name, result] of await this.#loadAll(fresh)) {
        if (isModule(result)) modules.set(name, result)
        else broken.set(name, result)
      }
    }
  }

  /** All at once; the results in the order of the names. */
  #loadAll(names: readonly ModuleVersionName[]): Promise<[ModuleVersionName, ModuleDefinition | Fault][]> {
    return Promise.all(
      names.map(async (name): Promise<[ModuleVersionName, ModuleDefinition | Fault]> => {
        try {
          return [name, await this.load(name)]
        } catch (error) {
          return [name, { path: name, message: reasonOf(error) }]
        }
      }),
    )
  }
}
