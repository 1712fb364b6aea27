import type { FastifyBaseLogger } from 'fastify'
import type { CustomLengths } from '../config/config.js'
import type { ModuleContext, Mqtt, UsableModule } from '../contract/context.js'
import type { ModuleDefinition } from '../contract/define-module.js'
import type { Database } from '../engines/contract.js'
import { M3Error } from '../errors.js'
import { type Reach, reachesOf } from '../modules/reach.js'
import { formatModuleVersion, type ModuleVersionName, type TenantId } from '../names.js'
import type { TenantRuntime } from './contract.js'
import { Models } from './models.js'
import { sqlOn } from './sql.js'

export interface TenantParts {
  readonly id: TenantId
  readonly name: string
  readonly modules: readonly ModuleDefinition[]
  /** What each module may `use`: what it declares itself and what the catalog adds. */
  readonly dependencies: ReadonlyMap<ModuleVersionName, ReadonlySet<ModuleVersionName>>
  readonly database: Database
  readonly lengths: CustomLengths
  readonly mqtt: Mqtt
}

/** One tenant's modules over its own database. */
export class Tenant implements TenantRuntime {
  readonly id: TenantId
  readonly name: string
  readonly modules: readonly ModuleDefinition[]
  readonly #dependencies: TenantParts['dependencies']
  /** What the contexts of all its modules have in common. */
  readonly #shared: Omit<ModuleContext, 'table' | 'view' | 'use' | 'log'>
  readonly #models: Models
  readonly #exports = new Map<ModuleVersionName, unknown>()
  #reaches: ReadonlyMap<ModuleVersionName, Reach> | undefined

  constructor(parts: TenantParts) {
    this.id = parts.id
    this.name = parts.name
    this.modules = parts.modules
    this.#dependencies = parts.dependencies
    const { database } = parts
    this.#models = new Models(
      parts.database,
      parts.lengths,
      new Map(parts.modules.flatMap((module) => module.tables.map((table) => [table.name, table]))),
      new Map(parts.modules.flatMap((module) => module.views.map((view) => [view.name, view]))),
    )
    this.#shared = {
      tenant: Object.freeze({ id: this.id, name: this.name }),
      sql: sqlOn(database),
      transaction: (fn) => database.transaction(fn),
      mqtt: parts.mqtt,
    }
  }

  contextOf(module: ModuleDefinition, log: FastifyBaseLogger): ModuleContext {
    const name = formatModuleVersion(module.name, module.version)
    return Object.freeze<ModuleContext>({
      ...this.#shared,
      table: (table) => {
        this.#refuseOutside(name, 'table', table.name)
        return this.#models.table(table)
      },
      view: (view) => {
        this.#refuseOutside(name, 'view', view.name)
        return this.#models.view(view)
      },
      use: (used) => this.#use(name, used),
      log,
    })
  }

  async prepareExports(module: ModuleDefinition, context: ModuleContext): Promise<void> {
    const name = formatModuleVersion(module.name, module.version)
    this.#exports.set(name, await module.exports?.(context))
  }

  /** A model is found by its name alone: a declaration that looks like another module's must not open its tables. */
  #refuseOutside(user: ModuleVersionName, kind: 'table' | 'view', name: string): void {
    this.#reaches ??= reachesOf(this.modules, (module) => this.#dependencies.get(module) ?? [])
    if (this.#reaches.get(user)?.[`${kind}s`].has(name)) return
    const owners = this.modules
      .filter((module) => module[`${kind}s`].some((declared) => declared.name === name))
      .map((module) => formatModuleVersion(module.name, module.version))
    const remedy = owners.length > 0 ? `add ${owners.join(' or ')} to dependsOn` : `add it to ${kind}s`
    const message = `${user} uses the ${kind} ${name}, which neither it nor a module it depends on declares: ${remedy}`
    throw new M3Error('MODULE_INVALID', message)
  }

  #use<Exports>(user: ModuleVersionName, used: UsableModule<Exports>): Exports {
    const name = formatModuleVersion(used.name, used.version)
    if (!this.#dependencies.get(user)?.has(name)) {
      throw new M3Error('MODULE_INVALID', `${user} uses ${name} without depending on it: add it to dependsOn`)
    }
    if (!this.#exports.has(name)) throw new M3Error('MODULE_INVALID', `${user} uses ${name} before it is there`)
    return this.#exports.get(name) as Exports
  }
}
